"""CSV records: fields of one record, and where a record ends. RFC 4180 quoting, strictly.

The delimiter is a comma unless another is said; everything else is the same for all.
"""

from __future__ import annotations

import csv
import re

DELIMITERS = ",;\t|"
"""What fields are parted by, likeliest first."""


def _well_formed(delimiter: str) -> re.Pattern[str]:
    """Possessive throughout: it matches in one pass or fails in one pass."""
    mark = re.escape(delimiter)
    field = rf'(?:"(?:[^"]++|"")*+"|[^"{mark}\n]*+)'
    return re.compile(rf"{field}(?:{mark}{field})*+\r?")


_WELL_FORMED = {delimiter: _well_formed(delimiter) for delimiter in DELIMITERS}
_WELL_FORMED_BYTES = {
    delimiter: re.compile(pattern.pattern.encode()) for delimiter, pattern in _WELL_FORMED.items()
}


class RecordError(ValueError):
    """A record is not CSV. column: field number from 1. unclosed: its last quote never ends."""

    def __init__(self, column: int, reason: str, unclosed: bool = False) -> None:
        super().__init__(reason)
        self.column, self.reason, self.unclosed = column, reason, unclosed


def split_record(text: str, delimiter: str = ",") -> list[str]:
    """Fields of one record, quotes undone, nothing trimmed. `text` has no line end.

    A quote opens a quoted field only as the field's first character (spaces before it are
    allowed); elsewhere it is an ordinary character. Raises RecordError.
    """
    if '"' not in text:
        return text.split(delimiter)
    if _WELL_FORMED[delimiter].fullmatch(text):
        try:
            return next(csv.reader((text,), delimiter=delimiter))
        except csv.Error:
            pass  # a field over the module's own limit, a CR between fields
    return _split_carefully(text, delimiter)


def is_closed(line: bytes, delimiter: str = ",") -> bool:
    """Whether a line is surely a whole record: well-formed, nothing left open. Quick."""
    return _WELL_FORMED_BYTES[delimiter].fullmatch(line) is not None


def _split_carefully(text: str, delimiter: str) -> list[str]:
    fields: list[str] = []
    at = 0
    while True:
        start = _quote_at(text, at)
        if start < 0:
            end = text.find(delimiter, at)
            fields.append(text[at:] if end < 0 else text[at:end])
        else:
            close, ended = _closing(text, start, delimiter)
            if close < 0:
                reason = "a quote opens here and never closes"
                raise RecordError(len(fields) + 1, reason, unclosed=True)
            if not ended:
                raise RecordError(len(fields) + 1, "text after a closing quote")
            fields.append(text[start:close].replace('""', '"'))
            end = text.find(delimiter, close)
        if end < 0:
            return fields
        at = end + 1


def leaves_open(line: str, inside: bool, delimiter: str = ",") -> bool | None:
    """Whether a quoted field is still open at the end of a line.

    inside: whether one was open before it. None: what closes on this line is followed by other
    text, so the quote that was open before was not really one.
    """
    at = 0
    while True:
        if not inside:
            start = _quote_at(line, at)
            if start < 0:
                at = line.find(delimiter, at) + 1
                if at == 0:
                    return False
                continue
            at = start
        close, ended = _closing(line, at, delimiter)
        if close < 0:
            return True
        if not ended:
            return None
        inside = False
        at = line.find(delimiter, close) + 1
        if at == 0:
            return False


def _quote_at(text: str, at: int) -> int:
    """Where the content of a quoted field that starts at `at` begins; -1 if it is not quoted."""
    while text[at : at + 1] == " ":
        at += 1
    return at + 1 if text[at : at + 1] == '"' else -1


def _closing(text: str, at: int, delimiter: str) -> tuple[int, bool]:
    """Where the quoted content from `at` ends (-1: nowhere), and whether the field ends there."""
    while True:
        close = text.find('"', at)
        if close < 0:
            return -1, False
        if text[close + 1 : close + 2] != '"':
            after = close + 1
            while text[after : after + 1] in (" ", "\r"):
                after += 1
            return close, text[after : after + 1] in ("", delimiter)
        at = close + 2
