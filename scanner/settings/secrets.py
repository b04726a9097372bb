"""Which parts of a URL are secrets: keys sit in passwords, paths, queries and host names."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import parse_qsl, unquote, urlsplit

SHORTEST = 6
"""Shorter parts are words like "api", not keys."""


def secret_parts(url: str, more: Iterable[str] = (), shortest: int = SHORTEST) -> tuple[str, ...]:
    """List what must not be shown, the longest first.

    The URL itself, its credentials, long path parts, query values and long labels of its host.
    more: further texts that are secrets as they are (values of headers). shortest: what is shorter
    is left out.
    """
    try:
        parts = urlsplit(url)
        found = [url, parts.username or "", parts.password or "", *parts.path.split("/")]
        found += [value for _, value in parse_qsl(parts.query)]
        found += [label for label in (parts.hostname or "").split(".") if len(label) >= 16]
    except ValueError:
        found = [url]
    found += [unquote(part) for part in found] + [*more]
    return tuple(sorted({f for f in found if len(f) >= shortest}, key=len, reverse=True))
