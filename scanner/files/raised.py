"""Digits that a spreadsheet shows above or below the line: 10\u2078 is not 108, nor 5\u00b9 51.

In the file they are parts of a text with a look of their own (ECMA-376 part 1, 18.4.6, vertAlign;
OpenDocument 1.3 part 3, 20.395, style:text-position). They are written as the characters that look
so, which no number has: an exponent or the mark of a footnote is never a digit of an amount.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Mapping
from typing import Any
from xml.parsers import expat

Raised = Mapping[int, int]
"""Digits as they look above or below the line, for `str.translate`; none where they stand on it."""

ON_THE_LINE: Raised = {}
_DIGITS = "0123456789+-"
_ABOVE: Raised = str.maketrans(
    _DIGITS, "\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079\u207a\u207b"
)
_BELOW: Raised = str.maketrans(
    _DIGITS, "\u2080\u2081\u2082\u2083\u2084\u2085\u2086\u2087\u2088\u2089\u208a\u208b"
)
_LOOKS = {"superscript": _ABOVE, "super": _ABOVE, "subscript": _BELOW, "sub": _BELOW}
_MARK = re.compile(rb"vertAlign")
_READ = 65_536
_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def raised_as(position: str) -> Raised:
    """What digits become in a text of a style: "super 58%", "-33%", "superscript"."""
    said = position.split(maxsplit=1)[0] if position.split() else ""
    if look := _LOOKS.get(said):
        return look
    if not said.endswith("%") or not said.strip("+-0.%"):
        return ON_THE_LINE
    return _BELOW if said.startswith("-") else _ABOVE


def raised_texts(archive: zipfile.ZipFile, member: str) -> dict[int, str]:
    """Texts of an Excel workbook's table of texts with raised digits: place from 0 -> as shown.

    member: the table.
    """
    if not _has_mark(archive, member):
        return {}
    texts = _Texts()
    with archive.open(member) as file:
        while part := file.read(_READ):
            texts.parser.Parse(part)
    return texts.found


def raised_inline(element: Any) -> str | None:  # noqa: ANN401 - of whichever XML library there is
    """The text of a cell that holds it itself, with raised digits as shown; None if it has none."""
    if element.find(f".//{_MAIN}vertAlign") is None:
        return None
    text = ""
    for run in element.iter(f"{_MAIN}r"):
        align = run.find(f"{_MAIN}rPr/{_MAIN}vertAlign")
        look = ON_THE_LINE if align is None else raised_as(align.get("val", ""))
        text += (run.findtext(f"{_MAIN}t") or "").translate(look)
    return text


class _Texts:
    """Walks a table of texts. found: as `raised_texts` returns it."""

    def __init__(self) -> None:
        self.found: dict[int, str] = {}
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._data
        self._place, self._parts = -1, list[str]()
        self._look = ON_THE_LINE
        self._raised = self._shown = self._reading = False

    def _start(self, tag: str, names: Mapping[str, str]) -> None:
        plain = tag.rpartition(" ")[2]
        if plain == "si":
            self._place, self._parts, self._raised = self._place + 1, [], False
        elif plain == "vertAlign":
            self._look = raised_as(names.get("val", ""))
            self._raised |= bool(self._look)
        elif plain == "rPh":  # how it is pronounced
            self._reading = True
        elif plain == "t":
            self._shown = not self._reading

    def _end(self, tag: str) -> None:
        plain = tag.rpartition(" ")[2]
        if plain == "si" and self._raised:
            self.found[self._place] = "".join(self._parts)
        elif plain == "r":
            self._look = ON_THE_LINE
        elif plain == "rPh":
            self._reading = False
        elif plain == "t":
            self._shown = False

    def _data(self, text: str) -> None:
        if self._shown:
            self._parts.append(text.translate(self._look) if self._look else text)


def _has_mark(archive: zipfile.ZipFile, member: str) -> bool:
    with archive.open(member) as file:
        end = b""
        while data := file.read(_READ):
            if _MARK.search(end + data):
                return True
            end = data[-64:]
    return False
