"""Stands before every request: what is refused unseen, and the headers on every answer.

Only GET and HEAD, no bodies (but on the few addresses that take a form, and from a page of this
server), short addresses, known host names (a page of another site that makes a name point here is
refused), no other site's scripts, styles, frames or referrers.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import anyio

from scanner.web.trouble import Trouble, trouble_body

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

MOST_TARGET = 4096
"""Bytes of path and query together."""
MOST_HEADERS = 16_384
"""Bytes of all headers together."""
MOST_TAKEN_IN = 2**28
TAKEN_IN_SECONDS = 10.0
"""Of a body that is refused: bytes that are taken in all the same, none of them kept, and in what
time.
"""
LOCAL_NAMES = frozenset({"127.0.0.1", "localhost", "[::1]"})
PROBES = frozenset({"/healthz", "/readyz"})
"""Answered under any name: probes ask by a number that nobody knows beforehand."""

SECURITY_HEADERS = (
    (
        b"content-security-policy",
        b"default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
        b"base-uri 'none'; frame-ancestors 'none'",
    ),
    (b"x-content-type-options", b"nosniff"),
    # Nothing to other sites; "no-referrer" would have browsers hide the origin of our own forms.
    (b"referrer-policy", b"same-origin"),
    (b"x-frame-options", b"DENY"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
)


@dataclass(frozen=True, slots=True)
class Rules:
    """hosts: names under which pages are given, without port, lower case. origins: other sites
    whose scripts may read the API (CORS); none by default. forms: the addresses that take a form,
    each with the most bytes of one.
    """

    hosts: Collection[str] = LOCAL_NAMES
    origins: Collection[str] = ()
    forms: Mapping[str, int] = field(default_factory=dict)


class Guard:
    """ASGI middleware: refuses, answers HEAD, adds headers."""

    def __init__(self, app: ASGIApp, rules: Rules) -> None:
        self.app = app
        self._rules = rules

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, as ASGI has it."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return
        headers = _headers(scope["headers"])
        head_only = scope["method"] == "HEAD"
        extra = self._cors(scope["path"], headers)

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *SECURITY_HEADERS, *extra]
            elif head_only and message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        refused = self._refused(scope, headers)
        if refused is not None:
            sends = _has_body(headers) and b"expect" not in headers  # who expects an answer waits
            await _refuse(refused, scope["path"], guarded, receive if sends else None)
            return
        with suppress(Exception):  # told and answered with a 500 inside; raised again for servers
            method = "POST" if scope["method"] == "POST" else "GET"
            await self.app({**scope, "method": method}, receive, guarded)

    def _refused(self, scope: Scope, headers: dict[bytes, list[bytes]]) -> Trouble | None:
        most = self._rules.forms.get(scope["path"]) if scope["method"] == "POST" else None
        if scope["method"] not in ("GET", "HEAD") and most is None:
            return Trouble(405, "This server only reads: use GET or HEAD.")
        if len(scope.get("raw_path") or b"") + len(scope["query_string"]) > MOST_TARGET:
            return Trouble(414, f"The address is longer than {MOST_TARGET} bytes.")
        if sum(len(name) + len(value) for name, value in scope["headers"]) > MOST_HEADERS:
            return Trouble(431, f"The request's headers are longer than {MOST_HEADERS} bytes.")
        if most is None and _has_body(headers):
            return Trouble(413, "Requests to this server must not have a body.")
        if scope["path"] not in PROBES and not self._known_host(headers.get(b"host", [])):
            return Trouble(
                421,
                "This server does not answer under that name. If it is yours, start it with "
                "--allow-host NAME.",
            )
        return None if most is None else _form_refused(headers, most)

    def _known_host(self, given: list[bytes]) -> bool:
        if len(given) != 1:
            return False
        name = given[0].decode("latin-1").lower()
        host, colon, port = name.rpartition(":")
        if colon and port.isascii() and port.isdigit() and not host.endswith(":"):
            name = host
        return name in self._rules.hosts

    def _cors(self, path: str, headers: dict[bytes, list[bytes]]) -> list[tuple[bytes, bytes]]:
        if not self._rules.origins or not path.startswith("/api/"):
            return []
        vary = (b"vary", b"Origin")
        origins = headers.get(b"origin", [])
        if len(origins) != 1 or origins[0].decode("latin-1") not in self._rules.origins:
            return [vary]
        return [vary, (b"access-control-allow-origin", origins[0])]


def _headers(pairs: Iterable[tuple[bytes, bytes]]) -> dict[bytes, list[bytes]]:
    found: dict[bytes, list[bytes]] = {}
    for name, value in pairs:
        found.setdefault(name.lower(), []).append(value)
    return found


def _has_body(headers: dict[bytes, list[bytes]]) -> bool:
    return b"transfer-encoding" in headers or any(
        length.strip() != b"0" for length in headers.get(b"content-length", [])
    )


def _form_refused(headers: dict[bytes, list[bytes]], most: int) -> Trouble | None:
    """A form is taken from a page of this very server only, and not unless it says its length."""
    lengths = headers.get(b"content-length", [])
    if b"transfer-encoding" in headers or len(lengths) != 1 or not lengths[0].isdigit():
        return Trouble(411, "A form must state its length.")
    if len(lengths[0]) > 12 or int(lengths[0]) > most:
        return Trouble(
            413, f"Forms here have at most {most:,} bytes; the command line has no limit."
        )
    origins = headers.get(b"origin", [])
    ours = len(origins) == 1 and origins[0].partition(b"://")[2] == headers[b"host"][0]
    if not ours or headers.get(b"sec-fetch-site", [b"same-origin"]) != [b"same-origin"]:
        return Trouble(403, "This server accepts forms only from its own pages.")
    return None


async def _taken_in(receive: Receive) -> None:
    """Take in what is sent of a body that is refused, unlooked at.

    A connection that is closed on bytes nobody read is reset, and the answer may be lost with it.
    """
    size = 0
    with anyio.move_on_after(TAKEN_IN_SECONDS):
        while size <= MOST_TAKEN_IN:
            message = await receive()
            size += len(message.get("body", b""))
            if message["type"] != "http.request" or not message.get("more_body"):
                return


async def _refuse(trouble: Trouble, path: str, send: Send, receive: Receive | None) -> None:
    """Answer at once; then let who sends a body come to its end, and hear the answer."""
    body, media = trouble_body(trouble, path)
    headers = [
        (b"content-type", media.encode("ascii")),
        (b"content-length", str(len(body)).encode("ascii")),
        (b"cache-control", b"no-store"),
        # The rest of a refused request is not read: nothing may follow it on this connection.
        (b"connection", b"close"),
    ]
    if trouble.status == 405:
        headers.append((b"allow", b"GET, HEAD"))
    await send({"type": "http.response.start", "status": trouble.status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": True})
    if receive is not None:
        await _taken_in(receive)
    await send({"type": "http.response.body", "body": b""})
