"""Which parts of a URL are secrets: keys sit in passwords, paths, queries and host names."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable
from urllib.parse import parse_qsl, quote, unquote, urlsplit

SHORTEST = 6
"""Shorter parts are words like "api", not keys."""


def secret_parts(url: str, more: Iterable[str] = (), shortest: int = SHORTEST) -> tuple[str, ...]:
    """List what must not be shown, the longest first.

    The URL itself, its credentials (as HTTP sends them, too), long path parts, query values and
    long labels of its host, each as written, decoded and as URLs write it, once or twice. No list
    of spellings is complete: a stranger's words are kept from what is stored, this is for logs.
    more: further texts that are secrets as they are (values of headers). shortest: what is shorter
    is left out.
    """
    try:
        parts = urlsplit(url)
        found = [url, parts.username or "", parts.password or "", *parts.path.split("/")]
        found += [value for _, value in parse_qsl(parts.query)]
        found += [item.partition("=")[2] for item in parts.query.split("&")]
        found += _basic(parts.username or "", parts.password or "")
        found += [label for label in (parts.hostname or "").split(".") if len(label) >= 16]
    except ValueError:
        found = [url]
    found += [unquote(part) for part in found] + [*more]
    found += [quote(part, safe="") for part in found]
    found += [quote(part, safe="") for part in found]
    found += [b64encode(part.encode("utf-8", "replace")).decode().rstrip("=") for part in found]
    return tuple(sorted({f for f in found if len(f) >= shortest}, key=len, reverse=True))


def _basic(user: str, password: str) -> list[str]:
    """What stands behind "Basic" in the header of a request (RFC 7617)."""
    if not user and not password:
        return []
    pair = f"{unquote(user)}:{unquote(password)}".encode("utf-8", "replace")
    return [b64encode(pair).decode()]
