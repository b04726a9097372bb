"""Words of a workbook that stand in no cell: comments, text boxes, headers and footers of pages.

They may say what the numbers are in, and who only reads the cells misses them.
"""

from __future__ import annotations

import html
import re
import zipfile
from collections.abc import Iterator
from typing import NamedTuple
from xml.parsers import expat

from scanner.errors import ListFormatError

MAX_COMMENTS = 10_000
"""Comments of a workbook that are looked at; as many of its other words."""
MAX_COMMENT = 1_000
"""Characters of each that are kept."""

COMMENT, BOX, PAGE, PROMPT = "comment", "text box", "page header", "input prompt"
"""Where words stand; what `--columns ignore=` calls them."""


class Aside(NamedTuple):
    """Words that stand in no cell. where: one of the above."""

    where: str
    text: str


_MEMBERS = (
    (re.compile(r"xl/(?:comments|threadedComments)/?[^/]*\.xml", re.I), COMMENT),
    (re.compile(r"xl/drawings/[^/]*\.xml", re.I), BOX),
)
_ENDS = frozenset({"comment", "threadedComment", "sp"})
_TEXTS = frozenset({"t", "text"})
_HEADERS = frozenset(
    f"{side}{rest}" for side in ("header", "footer") for rest in ("", "-left", "-first")
)
_READ = 65_536
_LONGEST = 4_000  # bytes of a header or a prompt in a sheet, with its marks
_IN_SHEET = re.compile(
    rb"<(?:[A-Za-z][\w.-]{0,40}:)?(?:odd|even|first)(?:Header|Footer)[^<>]{0,99}>([^<]{1,2000})<"
    rb"|\sprompt(?:Title)?\s*=\s*\"([^\"<>]{1,2000})\""
)
_CODES = re.compile(r'&(?:"[^"]*"|K[0-9A-Fa-f]{6}|\d+|.)')
"""Codes of a header in a sheet: ECMA-376 part 1, 18.3.1.46."""


class _Words:
    """Collects the text of every element of some kinds in one part, as it ends.

    ends: names of the elements. texts: of those that text stands in; all if none.
    """

    def __init__(self, name: str, ends: frozenset[str], texts: frozenset[str]) -> None:
        self._name, self._ends, self._wanted = name, ends, texts
        self.found: list[str] = []
        self._text, self._texts, self._within = "", 0, 0
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.StartDoctypeDeclHandler = self._refuse
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._data

    def _refuse(self, *_: object) -> None:
        raise ListFormatError(
            self._name, "the workbook has a document type declaration, which is not allowed"
        )

    def _start(self, tag: str, _: object) -> None:
        plain = tag.rpartition(" ")[2]
        self._within += plain in self._ends
        self._texts += not self._wanted or plain in self._wanted

    def _end(self, tag: str) -> None:
        plain = tag.rpartition(" ")[2]
        self._texts -= not self._wanted or plain in self._wanted
        if plain in self._ends:
            self._within -= 1
            if len(self.found) < MAX_COMMENTS:
                self.found.append(self._text)
            self._text = ""

    def _data(self, text: str) -> None:
        if self._texts and self._within:
            self._text = (self._text + text)[:MAX_COMMENT]


def _words(
    archive: zipfile.ZipFile, member: str, name: str, ends: frozenset[str], texts: frozenset[str]
) -> list[str]:
    words = _Words(name, ends, texts)
    try:
        with archive.open(member) as file:
            while data := file.read(_READ):
                words.parser.Parse(data)
        words.parser.Parse(b"", True)
    except expat.ExpatError as e:
        raise ListFormatError(name, f"its comments cannot be read: {e}") from None
    return words.found


def asides_of(archive: zipfile.ZipFile, name: str) -> tuple[Aside, ...]:
    """Those of all sheets of an Excel workbook.

    Raises ListFormatError naming `name` if a part is no XML.
    """
    found: list[Aside] = []
    for info in archive.infolist():
        for pattern, where in _MEMBERS:
            if pattern.fullmatch(info.filename):
                words = _words(archive, info.filename, name, _ENDS, _TEXTS)
                found += [Aside(where, text) for text in words]
        if info.filename.startswith("xl/worksheets/") and info.filename.endswith(".xml"):
            found += _in_sheet(archive, info)
    return tuple(found)


def _in_sheet(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Iterator[Aside]:
    """Headers and footers of a sheet's pages, and what its cells say when they are filled in."""
    count, end = 0, b""
    with archive.open(info) as file:
        while (data := file.read(_READ)) and count < MAX_COMMENTS:
            text, past = end + data, 0
            for found in _IN_SHEET.finditer(text):
                past, count = found.end(), count + 1
                said = html.unescape((found[1] or found[2]).decode("utf-8", "replace"))
                if found[1]:
                    yield Aside(PAGE, _CODES.sub(" ", said).strip()[:MAX_COMMENT])
                else:
                    yield Aside(PROMPT, said[:MAX_COMMENT])
            end = text[max(past, len(text) - _LONGEST) :]


def pages_of(archive: zipfile.ZipFile, name: str) -> tuple[Aside, ...]:
    """Headers and footers of the pages of an OpenDocument spreadsheet.

    Raises ListFormatError naming `name` if the part that has them is no XML.
    """
    if "styles.xml" not in archive.namelist():
        return ()
    words = _words(archive, "styles.xml", name, _HEADERS, frozenset())
    return tuple(Aside(PAGE, text) for text in words)
