"""Cuts a stream of CSV bytes into blocks of complete records, in flat memory.

Where a block is cut never changes what is in it: a record is decided by the bytes from its own
start on.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from scanner.files.records import is_closed, leaves_open
from scanner.lists.interface import MAX_LINE, MAX_RECORD, MAX_RECORD_LINES, Bytes

BLOCK = 262_144
"""Bytes read at once. A block is at most this and one record longer."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Complete records, or the start of one line that is too long.

    first_line: line number of its first line, from 1. lines: how many it covers.
    """

    first_line: int
    lines: int
    data: bytes
    too_long: bool = False


@dataclass(frozen=True, slots=True)
class Record:
    """One record of a piece: its first line, how many lines and bytes it covers, and its text."""

    line: int
    lines: int
    size: int
    data: bytes


def cut(
    stream: Bytes,
    first_line: int = 1,
    pending: bytes = b"",
    quotes: bool = True,
    delimiter: str = ",",
) -> Iterator[Piece]:
    """Cut everything `stream` gives, after the bytes in `pending`, into pieces.

    Line ends are LF or CR LF; the last line may lack one. quotes: a quoted field may hold line
    ends, as in CSV; else every line is a record.
    """
    line, buffer, at_end = first_line, pending, False
    while True:
        if not at_end:
            more = stream.read(BLOCK)
            at_end = not more
            buffer += more
        end = len(buffer) if at_end else _boundary(buffer, quotes, delimiter)
        if end:
            for piece in _pieces(line, buffer[:end]):
                line += piece.lines
                yield piece
            buffer = buffer[end:]
        elif len(buffer) > MAX_LINE:
            yield Piece(line, 1, buffer[:MAX_LINE], too_long=True)
            line += 1
            buffer, at_end = _skip_line(stream, buffer)
        if at_end and not buffer:
            return


def records(data: bytes, first_line: int, delimiter: str = ",") -> Iterator[Record]:
    """Records of one piece. A quote that does not close within the limits opens nothing."""
    lines = data.split(b"\n")
    if lines and not lines[-1]:
        lines.pop()
    at = 0
    while at < len(lines):
        count = _lines_of_record(lines, at, delimiter) or 1
        text = b"\n".join(lines[at : at + count])
        yield Record(first_line + at, count, len(text) + 1, text.rstrip(b"\r"))
        at += count


def _pieces(line: int, data: bytes) -> Iterator[Piece]:
    """Split complete records so that every line over the limit stands alone."""
    if len(data) <= MAX_LINE:
        yield Piece(line, _count_lines(data), data)
        return
    start = at = 0
    while at < len(data):
        end = data.find(b"\n", at) + 1 or len(data)
        if end - at - (data[end - 1] == 0x0A) > MAX_LINE:
            if at > start:
                yield Piece(line, _count_lines(data[start:at]), data[start:at])
                line += _count_lines(data[start:at])
            yield Piece(line, 1, data[at : at + MAX_LINE], too_long=True)
            line, start = line + 1, end
        at = end
    if start < len(data):
        yield Piece(line, _count_lines(data[start:]), data[start:])


def _count_lines(data: bytes) -> int:
    return data.count(b"\n") + (not data.endswith(b"\n"))


def _boundary(buffer: bytes, quotes: bool, delimiter: str) -> int:
    """Where the last record that certainly ended ends; 0 if none did."""
    end = buffer.rfind(b"\n") + 1
    if not quotes or b'"' not in buffer:
        return end
    lines = buffer[:end].split(b"\n")[:-1]
    at = done = 0
    while at < len(lines):
        count = _lines_of_record(lines, at, delimiter)
        if count is None:
            if len(buffer) - done <= MAX_RECORD:
                return done  # more bytes may close it
            count = 1
        done += len(lines[at]) + 1 if count == 1 else sum(map(len, lines[at : at + count])) + count
        at += count
    return done


def _lines_of_record(lines: list[bytes], at: int, delimiter: str) -> int | None:
    """How many lines the record at `at` covers; None if its quote is open where `lines` ends.

    1 when the quote turns out to be none: not closed within the limits, or closed in the middle
    of other text.
    """
    if b'"' not in lines[at] or is_closed(lines[at], delimiter):
        return 1
    size, inside = 0, False
    for number, line in enumerate(lines[at : at + MAX_RECORD_LINES], 1):
        size += len(line) + 1
        if number > 1 and size > MAX_RECORD:
            return 1
        state = leaves_open(line.decode("latin-1"), inside, delimiter)
        if state is not True:
            return number if state is False else 1
        inside = True
    return 1 if len(lines) - at >= MAX_RECORD_LINES else None


def _skip_line(stream: Bytes, buffer: bytes) -> tuple[bytes, bool]:
    """Drop the rest of a line. Returns what follows it, and whether the stream has ended."""
    while True:
        end = buffer.find(b"\n")
        if end >= 0:
            return buffer[end + 1 :], False
        buffer = stream.read(BLOCK)
        if not buffer:
            return b"", True
