"""What comes in by a form: fields and one file, within limits; who may send it, and how often.

A body is read only on the few addresses that take one, from a page of this server (the guard asks
for its origin), with a word that this server gave out (against forms of other sites), in time.
"""

from __future__ import annotations

import hmac
import re
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from threading import Lock
from time import monotonic, time
from typing import TYPE_CHECKING

import anyio

from scanner.web.trouble import RefusedError

if TYPE_CHECKING:
    from starlette.requests import Request

MOST_PARTS = 20
"""Fields and files of one form."""
MOST_FIELD = 4_000
"""Bytes of one field."""
MOST_AT_ONCE = 4
"""Forms of one address that are taken in at a time."""
MOST_NAME = 100
"""Bytes of a file's name."""
BODY_SECONDS = 30
"""How long a body may take to come in."""
TOKEN_SECONDS = 12 * 3600
"""How long a form may stay open in a browser before it is sent."""

_NAME = re.compile(rb'[; ]name="([^"]{0,100})"')
_FILE = re.compile(rb'[; ]filename="([^"]{0,1000})"')
_BOUNDARY = re.compile(r'multipart/form-data;.{0,100}?boundary="?([^"; ,]{1,70})"?', re.IGNORECASE)
_NOT_IN_NAMES = re.compile(r"[^\w .()+-]")


@dataclass(frozen=True, slots=True)
class Form:
    """What was sent. files: by field, the name as sent and the bytes; empty ones are left out."""

    fields: Mapping[str, str]
    files: Mapping[str, tuple[str, bytes]] = field(default_factory=dict)

    def __getitem__(self, name: str) -> str:
        return self.fields.get(name, "").strip()


class Room:
    """For so many forms of one address at a time, in one process; used from its loop only.

    Each is in memory until all of it is there, and a client may take its time: a server that takes
    in as many as there are connections can be filled by one of them.
    """

    def __init__(self, most: int = MOST_AT_ONCE) -> None:
        self._left = most

    def __enter__(self) -> bool:
        """Whether there is room."""
        self._left -= 1
        return self._left >= 0

    def __exit__(self, *_: object) -> None:
        self._left += 1


async def read_form(request: Request, most: int, room: Room) -> Form:
    """Read a form of at most so many bytes. Raises RefusedError, which says what to do.

    What there is no room for comes in all the same, unkept: who is still sending hears no answer.
    """
    body, size = bytearray(), 0
    with room as kept:
        try:
            with anyio.fail_after(BODY_SECONDS):
                async for part in request.stream():
                    size += len(part)
                    if size > most:
                        raise RefusedError(413, f"More than {most:,} bytes were sent.")
                    if kept:
                        body += part
        except TimeoutError:
            raise RefusedError(
                408, f"The form did not arrive within {BODY_SECONDS} seconds."
            ) from None
        if not kept:
            raise RefusedError(503, "Other lists are being sent. Try again in a moment.")
        return parse_form(request.headers.get("content-type", ""), bytes(body))


def parse_form(content_type: str, body: bytes) -> Form:
    """Take a multipart/form-data body apart (RFC 7578). Raises RefusedError for anything else."""
    boundary = _BOUNDARY.match(content_type)
    if boundary is None:
        raise RefusedError(400, "This is not a form that a browser sends.")
    mark = b"\r\n--" + boundary[1].encode("latin-1")
    # One more than there may be, and not millions: they are objects before they are counted.
    first, *parts = (b"\r\n" + body).split(mark, MOST_PARTS + 1)
    if first or not parts or parts.pop().strip() != b"--" or len(parts) > MOST_PARTS:
        raise RefusedError(400, "The form did not arrive completely.")
    fields: dict[str, str] = {}
    files: dict[str, tuple[str, bytes]] = {}
    for part in parts:
        head, gap, value = part.partition(b"\r\n\r\n")
        named, filed = _NAME.search(head), _FILE.search(head)
        if not gap or named is None:
            raise RefusedError(400, "The form did not arrive completely.")
        name = named[1].decode("utf-8", "replace")
        if filed is not None:
            if value:
                files[name] = filed[1].decode("utf-8", "replace"), value
        elif len(value) > MOST_FIELD:
            raise RefusedError(413, f"The field '{name}' is longer than {MOST_FIELD:,} bytes.")
        elif b"\0" in value:
            raise RefusedError(400, f"The field '{name}' is not text.")
        else:
            fields[name] = value.decode("utf-8", "replace")
    return Form(fields, files)


def plain_name(name: str) -> str:
    """A file's name that is safe as one: no folder, no colon, no control; "list" for none."""
    last = _NOT_IN_NAMES.sub("_", name.replace("\\", "/").rpartition("/")[2])
    # By bytes, for so do the systems that keep it; the end says what kind of file it is.
    short = last.encode("utf-8")[-MOST_NAME:].decode("utf-8", "ignore")
    return short.lstrip(". ") or "list"


class Words:
    """Words that only this server can make: shown in a form, and wanted back with it."""

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode("ascii")

    def make(self, purpose: str, seconds: int = TOKEN_SECONDS) -> str:
        """One that holds for so many seconds from now."""
        until = int(time()) + seconds
        return f"{until}-{self._sign(purpose, until)}"

    def good(self, purpose: str, word: str) -> bool:
        """Whether it is one of ours, for this purpose, and still holds."""
        until, dash, mark = word.partition("-")
        if not (dash and until.isascii() and until.isdigit() and len(until) < 12):
            return False
        right = self._sign(purpose, int(until)).encode("ascii")
        return hmac.compare_digest(right, mark.encode("utf-8", "replace")) and time() < int(until)

    def _sign(self, purpose: str, until: int) -> str:
        return hmac.new(self._secret, f"{purpose} {until}".encode(), sha256).hexdigest()


class Rate:
    """At most so many in so many seconds, whoever asks: there are no accounts."""

    def __init__(self, most: int, seconds: float) -> None:
        self._most, self._seconds = most, seconds
        self._lock = Lock()
        self._taken: deque[float] = deque()

    def take(self) -> None:
        """Count one. Raises RefusedError if there were too many."""
        now = monotonic()
        with self._lock:
            while self._taken and self._taken[0] <= now - self._seconds:
                self._taken.popleft()
            if len(self._taken) >= self._most:
                raise RefusedError(429, "Too many requests at once. Try again in a minute.")
            self._taken.append(now)
