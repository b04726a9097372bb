"""Comments on cells of an Excel workbook: not in the sheets, and they may say what numbers are."""

from __future__ import annotations

import re
import zipfile
from xml.parsers import expat

from scanner.errors import ListFormatError

MAX_COMMENTS = 10_000
"""Comments of a workbook that are looked at."""
MAX_COMMENT = 1_000
"""Characters of each that are kept."""

_MEMBER = re.compile(r"xl/(?:comments|threadedComments)/?[^/]*\.xml", re.IGNORECASE)
_COMMENTS = frozenset({"comment", "threadedComment"})
_TEXTS = frozenset({"t", "text"})
_READ = 65_536


class _Comments:
    """Collects the text of every comment of one part (ECMA-376 part 1, 18.7)."""

    def __init__(self, name: str, found: list[str]) -> None:
        self._name, self._found = name, found
        self._text, self._texts = "", 0
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
        self._texts += tag.rpartition(" ")[2] in _TEXTS

    def _end(self, tag: str) -> None:
        plain = tag.rpartition(" ")[2]
        self._texts -= plain in _TEXTS
        if plain in _COMMENTS:
            if len(self._found) < MAX_COMMENTS:
                self._found.append(self._text)
            self._text = ""

    def _data(self, text: str) -> None:
        if self._texts:
            self._text = (self._text + text)[:MAX_COMMENT]


def comments_of(archive: zipfile.ZipFile, name: str) -> tuple[str, ...]:
    """The comments of all sheets. Raises ListFormatError naming `name` if they are no XML."""
    found: list[str] = []
    for info in archive.infolist():
        if _MEMBER.fullmatch(info.filename):
            parser = _Comments(name, found).parser
            try:
                with archive.open(info) as file:
                    while data := file.read(_READ):
                        parser.Parse(data)
                parser.Parse(b"", True)
            except expat.ExpatError as e:
                raise ListFormatError(name, f"its comments cannot be read: {e}") from None
    return tuple(found)
