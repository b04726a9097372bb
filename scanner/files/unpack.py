"""Streams packed with gzip, xz, bzip2 or Zstandard, unpacked piece by piece.

What a stream may ask for is limited before it gets it: a window of a gigabyte is a refusal, not
memory. How much comes out in all is the caller's to limit.
"""

from __future__ import annotations

import bz2
import gzip
import lzma
import zlib
from collections.abc import Callable
from typing import BinaryIO, Protocol

from scanner.errors import MissingExtraError
from scanner.files.interface import Bytes

MAX_WINDOW = 2**27
"""Bytes of history a stream may refer back to: what `xz -9` and `zstd --long` need at most."""

_READ = 65_536

DAMAGED = (OSError, EOFError, zlib.error, lzma.LZMAError, ValueError)
"""What reading a damaged stream may raise."""

MAGIC = {
    b"\x1f\x8b": "gzip",
    b"\xfd7zXZ\x00": "xz",
    b"BZh": "bzip2",
    b"\x28\xb5\x2f\xfd": "zstd",
}
"""First bytes of a packed file, and what it is packed with."""


class _Step(Protocol):
    """A decompressor of the standard library's kind."""

    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int = -1) -> bytes: ...


def packed_with(head: bytes) -> str:
    """Name what a file that starts so is packed with; "" if with nothing known here."""
    return next((name for magic, name in MAGIC.items() if head.startswith(magic)), "")


def gzip_name(head: bytes) -> str:
    """The file's name that a gzip stream keeps; "" if it keeps none. head: its first 300 bytes.

    Source: RFC 1952, flags FEXTRA (4) and FNAME (8).
    """
    if not head.startswith(b"\x1f\x8b") or len(head) < 12 or not head[3] & 8:
        return ""
    at = 10 + (2 + int.from_bytes(head[10:12], "little") if head[3] & 4 else 0)
    return head[at:].partition(b"\0")[0].decode("latin-1")


def unpacked(kind: str, file: BinaryIO) -> Bytes:
    """The unpacked bytes. kind: as `packed_with` names it.

    Reading raises one of DAMAGED where the stream is damaged or cut off. Raises InputError where
    the library for it is not installed.
    """
    if kind == "gzip":
        return gzip.GzipFile(fileobj=file)
    return _Unpacked(file, _MAKE[kind])


class _Unpacked:
    """Several streams one after another, as the usual programs write and read them."""

    def __init__(self, file: BinaryIO, make: Callable[[], _Step]) -> None:
        self._file, self._make = file, make
        self._step = make()
        self._rest = b""

    def read(self, size: int, /) -> bytes:
        while True:
            if self._step.eof:
                self._rest = self._behind(self._step.unused_data)
                if not self._rest:
                    return b""
                self._step = self._make()
            data, self._rest = self._rest, b""
            if not data and self._step.needs_input:
                data = self._file.read(_READ)
                if not data:
                    raise EOFError("it ends too soon")
            if part := self._step.decompress(data, size):
                return part

    def _behind(self, rest: bytes) -> bytes:
        """What comes behind the end of a stream, without the zero bytes that may pad it."""
        while not (rest := rest.lstrip(b"\0")):
            rest = self._file.read(_READ)
            if not rest:
                return b""
        return rest


def _xz() -> _Step:
    return lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=MAX_WINDOW)


def _zstd() -> _Step:
    try:
        from backports import zstd  # noqa: PLC0415 - an extra
    except ImportError:
        what = "a file packed with Zstandard needs one more package (or unpack it first)"
        raise MissingExtraError(what, "files") from None
    limit = {int(zstd.DecompressionParameter.window_log_max): MAX_WINDOW.bit_length() - 1}
    return _ZstdStep(zstd.ZstdDecompressor(options=limit), zstd.ZstdError)


class _ZstdStep:
    """The same, with an error that is caught where the library may be missing."""

    def __init__(self, step: _Step, error: type[Exception]) -> None:
        self._step, self._error = step, error

    @property
    def eof(self) -> bool:
        return self._step.eof

    @property
    def needs_input(self) -> bool:
        return self._step.needs_input

    @property
    def unused_data(self) -> bytes:
        return self._step.unused_data

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        try:
            return self._step.decompress(data, max_length)
        except self._error as e:
            raise ValueError(str(e)) from None


_MAKE: dict[str, Callable[[], _Step]] = {"xz": _xz, "bzip2": bz2.BZ2Decompressor, "zstd": _zstd}
