"""Text of any usual encoding as UTF-8, and what is no text at all."""

from __future__ import annotations

import codecs
import re

from scanner.errors import ListFormatError
from scanner.files.interface import Bytes

BOM = codecs.BOM_UTF8

_CONTROL = [code for code in range(32) if code not in b"\t\n\r\x0c"]
_BINARY = {
    b"%PDF": "a PDF, not a table: ask the publisher for the table itself",
    b"\x89PNG": "a picture, not a table",
    b"PK\x05\x06": "an empty zip file",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook (.xls): save it as .xlsx or CSV",
    b"7z\xbc\xaf\x27\x1c": "packed with 7-Zip: unpack it first",
    b"Rar!": "packed with RAR: unpack it first",
    b"SQLite format 3": "a database, not a table",
    b"PAR1": "a Parquet file: save it as CSV",
    b"ARROW1": "a Feather or Arrow file: save it as CSV",
    b"FEA1": "a Feather file: save it as CSV",
    b"{\\rtf": "a text document (RTF), not a table",
    b"\x5d\x00\x00": "packed with LZMA: unpack it first",
    b"\x04\x22\x4d\x18": "packed with LZ4: unpack it first",
    b"\x1f\x9d": "packed with compress (.Z): unpack it first",
}
_PACKED = {
    b"\x1f\x8b": "a file packed with gzip",
    b"\xfd7zXZ\x00": "a file packed with xz",
    b"BZh": "a file packed with bzip2",
    b"\x28\xb5\x2f\xfd": "a file packed with Zstandard",
    b"PK\x03\x04": "a zip file or workbook",
}
_TAR = slice(257, 262), b"ustar"
_LOCKED = "EncryptedPackage".encode("utf-16-le")
_MARKUP = {
    b"<!doctype html": "a web page, not a table: ask the publisher for the table itself",
    b"<html": "a web page, not a table: ask the publisher for the table itself",
    b"<?xml": "an XML document: save it as CSV, JSON or .xlsx",
}
_REPORT = re.compile(rb'\{\s*"format"\s*:\s*"reserve-report"')
"""Its largest rows look like a list, in which whatever it says of them would be found false."""


_VERDICTS = re.compile(rb'"control" ?: ?"[a-z_]+", ?"binding" ?:|,control,binding,')
"""Rows of what this program says of a list: its signers would be taken for addresses."""


def encoding_of(head: bytes) -> str:
    """How the text of a file that starts so is encoded: "utf-8", "utf-16-le", "utf-16-be".

    UTF-16 is known by its mark, or by the zero bytes that half of any ASCII text has.
    """
    for mark, name in ((codecs.BOM_UTF32_LE, "utf-32-le"), (codecs.BOM_UTF32_BE, "utf-32-be")):
        if head.startswith(mark):
            return name
    if head.startswith(codecs.BOM_UTF16_LE):
        return "utf-16-le"
    if head.startswith(codecs.BOM_UTF16_BE):
        return "utf-16-be"
    start = head[:512]
    even, odd = start[0::2].count(0), start[1::2].count(0)
    half = len(start) // 2
    if half and odd >= 0.7 * half and not even:
        return "utf-16-le"
    if half and even >= 0.7 * half and not odd:
        return "utf-16-be"
    return "utf-8"


def as_utf8(stream: Bytes, head: bytes) -> Bytes:
    """The same text as UTF-8 without a mark. head: its first bytes, which `stream` still gives.

    UTF-8 is passed through as it is, right or wrong: who reads a row says what is wrong in it.
    """
    encoding = encoding_of(head)
    if encoding == "utf-8":
        return _Skipping(stream, len(BOM)) if head.startswith(BOM) else stream
    return _Recoded(stream, encoding)


def packing_of(head: bytes) -> str:
    """What a file that starts so is packed in, where it has been unpacked once already; or ""."""
    where, tar = _TAR
    if head[where] == tar:
        return "a tar archive"
    return next((what for magic, what in _PACKED.items() if head.startswith(magic)), "")


def refuse_binary(file: str, head: bytes) -> None:
    """Raise ListFormatError where a file that starts so (as UTF-8) holds no text."""
    start = head.removeprefix(BOM).lstrip()[:20]
    if not start:
        raise ListFormatError(file, "the file is empty")
    if _LOCKED in head:
        what = "an Excel workbook with a password: save it without one"
        raise ListFormatError(file, what, 1, 1)
    if packing := packing_of(head):
        what = "not a table: unpack it, and read its files one by one or as one zip"
        raise ListFormatError(file, f"{packing}, {what}", 1, 1)
    known = [what for magic, what in _BINARY.items() if head.startswith(magic)]
    known += [what for magic, what in _MARKUP.items() if start.lower().startswith(magic)]
    if _REPORT.match(head.removeprefix(BOM).lstrip()):
        known.append("a report of this program, not a list: 'scanner report verify' checks it")
    if _VERDICTS.search(head[:4096]):
        known.append("what 'scanner verify' says of a list, not a list: name the list itself")
    if known:
        raise ListFormatError(file, known[0], 1, 1)
    start = head[:4096]
    odd = sum(start.count(bytes([code])) for code in _CONTROL)
    if odd > max(8, len(start) // 20):
        raise ListFormatError(file, "a binary file, not a published list", 1, 1)
    if b"\r" in head and b"\n" not in head and head.count(b"\r") > 1:
        what = "its lines end in CR alone (old Macintosh): save it with LF or CR LF line ends"
        raise ListFormatError(file, what, 1)


class _Skipping:
    """A stream without its first bytes."""

    def __init__(self, stream: Bytes, count: int) -> None:
        self._stream, self._count = stream, count

    def read(self, size: int, /) -> bytes:
        while self._count:
            skipped = self._stream.read(self._count)
            if not skipped:
                return b""
            self._count -= len(skipped)
        return self._stream.read(size)


class _Recoded:
    """A stream of another encoding as UTF-8; half a pair of surrogates stays visibly wrong."""

    def __init__(self, stream: Bytes, encoding: str) -> None:
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder(encoding)("surrogatepass")
        self._ready, self._started, self._ended = b"", False, False

    def read(self, size: int, /) -> bytes:
        while not self._ready and not self._ended:
            data = self._stream.read(max(size, 2))
            self._ended = not data
            text = self._decode(data)
            if text and not self._started:
                self._started, text = True, text.removeprefix("\ufeff")
            self._ready = text.encode("utf-8", "surrogatepass")
        part, self._ready = self._ready[:size], self._ready[size:]
        return part

    def _decode(self, data: bytes) -> str:
        try:
            return self._decoder.decode(data, self._ended)
        except UnicodeDecodeError:  # cut off in the middle of a character
            self._decoder.reset()
            return "\ufffd"
