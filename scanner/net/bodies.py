"""Bodies of HTTP answers, unpacked within a limit: no byte costs more than its size.

One encoding is asked for and one is taken: gzip. It is unpacked in pieces whose size is bounded
before they are made, for 2.6 kB packed twice are 3 GB.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from typing import Final

ACCEPTED: Final = "gzip"
"""The value of Accept-Encoding."""

_PIECE: Final = 1 << 20
_GZIP: Final = 16 + zlib.MAX_WBITS


class BodyError(Exception):
    """A body that is not taken. str() is the end of a sentence that begins with the endpoint."""


class TooLargeError(BodyError):
    """A body of more bytes than the limit."""


def unpacked(parts: Iterable[bytes], encoding: str, limit: int) -> Iterator[bytes]:
    """The bytes of a body as they come, in pieces of a megabyte at most where it was packed.

    parts: as they came over the wire. encoding: the value of Content-Encoding, "" for none.
    limit: most bytes, packed or not.
    Raises TooLargeError before anything over the limit is handed on, BodyError for another
    encoding, for several, and for what is not whole.
    """
    kinds = [kind for kind in encoding.lower().replace(" ", "").split(",") if kind]
    if kinds in ([], ["identity"]):
        source = iter(parts)
    elif kinds in (["gzip"], ["x-gzip"]):
        source = _gunzip(_within(parts, limit))
    else:
        raise BodyError("answers in an encoding that was not requested")
    yield from _within(source, limit)


def _within(parts: Iterable[bytes], limit: int) -> Iterator[bytes]:
    size = 0
    for part in parts:
        size += len(part)
        if size > limit:
            raise TooLargeError(f"its answer is larger than {limit:,} bytes")
        yield part


def _gunzip(parts: Iterable[bytes]) -> Iterator[bytes]:
    """Unpack one gzip member after the other (RFC 1952 allows several)."""
    member, begun = zlib.decompressobj(_GZIP), False
    try:
        for part in parts:
            left = part
            while left:
                begun = True
                piece = member.decompress(left, _PIECE)
                if piece:
                    yield piece
                left = member.unconsumed_tail
                if member.eof:
                    left = member.unused_data
                    member, begun = zlib.decompressobj(_GZIP), False
            # What fits into no input byte any more may still be inside.
            while begun and (piece := member.decompress(b"", _PIECE)):
                yield piece
    except zlib.error:
        raise BodyError("says that its answer is gzip, but it is not") from None
    if begun:
        raise BodyError("stopped in the middle of its answer")
