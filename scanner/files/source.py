"""One published file: hashed as given, unpacked within limits, as one table or several.

Whatever the file's name says, its first bytes decide. The sha256 is of the file as given.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from scanner.errors import InputError, ListFormatError, clip
from scanner.files.comments import Aside
from scanner.files.encoding import as_utf8
from scanner.files.hashed import HashedFile
from scanner.files.interface import HEAD, Bytes, read_up_to
from scanner.files.unpack import DAMAGED, gzip_name, packed_with, unpacked
from scanner.files.unseen import Unseen
from scanner.files.workbook import Workbook, workbook_of

MAX_UNPACKED = 4 * 2**30
"""Bytes a compressed list may unpack to: twenty times the largest list published so far."""

MAX_MEMBERS = 100
"""Tables that one zip or workbook may hold."""

_MOST_LOOKED_AT = 10 * MAX_MEMBERS  # files of an archive that are opened to see what they are

_ZIP = b"PK\x03\x04"
_READ = 262_144
_DAMAGED = (*DAMAGED, zipfile.BadZipFile, RuntimeError, NotImplementedError, KeyError)
_LEFT_BY_SYSTEMS = {
    "__MACOSX/": b"\0\x05\x16\x07",
    "._": b"\0\x05\x16\x07",
    ".DS_Store": b"\0\0\0\x01Bud1",
    "Thumbs.db": b"\xd0\xcf\x11\xe0",
    "desktop.ini": b"[.ShellClassInfo]",
}
"""Starts of the names of files that systems leave in archives, and how these begin: a file that
only bears such a name may hold rows."""


_DOCUMENTS = {
    "word/document.xml": "a Word document, not a table: save the table as CSV or .xlsx",
    "ppt/presentation.xml": "a presentation, not a table",
    "xl/workbook.bin": "a binary Excel workbook (.xlsb): save it as .xlsx or CSV",
    "Index/Document.iwa": "a Numbers document: export it as .xlsx or CSV",
}
"""Members that tell a document of another program from an archive."""


class Table:
    """One table or document of a file, read once. name: of the member or sheet, "" if it is all.

    file: how errors name it. head: the first HEAD bytes, as UTF-8; reading starts at the first.
    """

    def __init__(self, name: str, file: str, stream: Bytes) -> None:
        self.name, self.file = name, file
        start = read_up_to(stream, HEAD)
        stream = as_utf8(_Ahead(start, stream), start)
        self.head = read_up_to(stream, HEAD)
        self._stream = _Ahead(self.head, stream)

    def read(self, size: int, /) -> bytes:
        """Next bytes as UTF-8, at most `size`, b"" at the end.

        Raises ListFormatError for a damaged archive or one that unpacks to too much.
        """
        return self._stream.read(size)


class Source:
    """One open file of one table, or of several. Reads it once; keeps count, hash and limits.

    member: reads just this file of a zip, or sheet of a workbook. max_unpacked: bytes of all that
    is unpacked. Raises InputError, ListFormatError.
    """

    def __init__(self, path: Path, member: str = "", max_unpacked: int = MAX_UNPACKED) -> None:
        self.name = path.name + (f":{member}" if member else "")
        self._raw = HashedFile(path)
        self._budget = _Budget(self.name, max_unpacked)
        self._archive: zipfile.ZipFile | None = None
        self._book: Workbook | None = None
        self._only: Table | None = None
        self._first = ""  # name of the first table, where tables have names
        try:
            self._members = self._open(member)
        except BaseException:
            self.close()
            raise

    def _open(self, member: str) -> list[str]:
        start = self._raw.peek(8)
        if not start.startswith(_ZIP):
            if member:
                raise InputError(f"{self.name}: only a zip or a workbook has parts")
            return [""]
        self._raw.hash_whole()
        try:
            self._archive = zipfile.ZipFile(self._raw)
            self._refuse_documents(self._archive)
            self._book = workbook_of(self._archive, self.name)
            names = self._book.sheets if self._book else _files(self._archive)
        except _DAMAGED as e:
            raise ListFormatError(self.name, f"not a readable zip file: {e}") from None
        chosen = _chosen(self.name, names, member, one_is_all=self._book is None)
        self._first = chosen[0] or names[0]
        return chosen

    def _refuse_documents(self, archive: zipfile.ZipFile) -> None:
        """Raise ListFormatError for a document of another program, which is a zip, too."""
        members = archive.NameToInfo
        for member, what in _DOCUMENTS.items():
            if member in members:
                raise ListFormatError(self.name, what)

    @property
    def whole_name(self) -> str:
        """The name, with that of the one sheet or file in it: it may say what rows are."""
        inner = self._first if len(self._members) == 1 else ""
        return (
            f"{self.name}:{inner}" if inner and not self.name.endswith(f":{inner}") else self.name
        )

    @property
    def packed_name(self) -> str:
        """The name that a packed file keeps of what is in it; "" if it keeps none."""
        return gzip_name(self._raw.peek(300))

    @property
    def asides(self) -> tuple[Aside, ...]:
        """Words of a workbook that stand in no cell, of all its sheets."""
        return self._book.asides if self._book else ()

    def unseen(self, name: str) -> Unseen:
        """What the sheet of that name hides, or the only one; nothing where it is no sheet."""
        found = self._book.unseen.get(name or self._first) if self._book else None
        return found or Unseen()

    @property
    def members(self) -> Sequence[str]:
        """Names of the tables to read, in order; one "" where the file is just one table."""
        return self._members

    def tables(self) -> Iterator[Table]:
        """Every table, each open until the next is asked for."""
        if self._only is not None:
            yield self._only
            return
        for name in self._members:
            yield self._table(name)

    def only(self) -> Table:
        """The one table of the file. Raises ListFormatError, which says how to choose, if more."""
        if len(self._members) > 1:
            named = clip(", ".join(self._members), 200)
            what = f"it has {len(self._members)} tables; choose one of {named} as"
            raise ListFormatError(self.name, f"{what} {self.name}:{self._members[0]}")
        if self._only is None:
            self._only = self._table(self._members[0])
        return self._only

    def _table(self, name: str) -> Table:
        shown = f"{self.name}:{name}" if name and len(self._members) > 1 else self.name
        try:
            stream = self._stream(name)
        except _DAMAGED as e:
            raise ListFormatError(shown, f"cannot be read: {e}") from None
        counted = _Counted(stream, shown, self._budget)
        return Table(name if len(self._members) > 1 else "", shown, counted)

    def _stream(self, name: str) -> Bytes:
        if self._book is not None:
            return self._book.csv(name)
        if self._archive is not None:
            if len(self._members) == 1 and not name:
                name = self._first
            return self._archive.open(name)
        kind = packed_with(self._raw.peek(8))
        if kind:
            return unpacked(kind, self._raw)  # type: ignore[arg-type]  # raw, but it reads
        self._budget.allow(self._raw.size)
        return self._raw

    def finish(self) -> tuple[str, int]:
        """Read what nobody read. Returns sha256 (hex) and size of the file as given.

        Raises ListFormatError if the file changed while it was read, or is damaged further on.
        """
        if self._only is not None:
            while self._only.read(_READ):
                pass
        self._raw.drain()
        if self._raw.changed():
            raise ListFormatError(self.name, "the file changed while it was read: start again")
        return self._raw.digest(), self._raw.size

    def progress(self) -> tuple[int, int]:
        """Bytes of the file read so far and bytes in all."""
        return min(self._raw.position(), self._raw.size), self._raw.size

    def close(self) -> None:
        """Give up the file; harmless when repeated."""
        if self._archive is not None:
            self._archive.close()
        self._raw.close()


class _Budget:
    """How many bytes may still be unpacked."""

    def __init__(self, file: str, limit: int) -> None:
        self._file, self._limit, self._spent = file, limit, 0

    def allow(self, size: int) -> None:
        """Raise the limit for a file that is that large itself."""
        self._limit = max(self._limit, size)

    def spend(self, count: int) -> None:
        self._spent += count
        if self._spent > self._limit:
            raise ListFormatError(self._file, f"unpacks to more than {self._limit} bytes")


class _Counted:
    """A stream whose bytes are counted, and whose damage is told as such."""

    def __init__(self, stream: Bytes, file: str, budget: _Budget) -> None:
        self._stream, self._file, self._budget = stream, file, budget

    def read(self, size: int, /) -> bytes:
        try:
            part = self._stream.read(size)
        except _DAMAGED as e:
            what = f"cannot be read to its end: it may be damaged or cut off ({e})"
            raise ListFormatError(self._file, what) from None
        self._budget.spend(len(part))
        return part


class _Ahead:
    """A stream whose first bytes were read ahead."""

    def __init__(self, ahead: bytes, stream: Bytes) -> None:
        self._ahead, self._stream = ahead, stream

    def read(self, size: int, /) -> bytes:
        if self._ahead:
            part, self._ahead = self._ahead[:size], self._ahead[size:]
            return part
        return self._stream.read(size)


def split_place(place: str) -> tuple[Path, str]:
    """Take `archive.zip:member` apart; the member is "" where the whole text names a file."""
    path = Path(place)
    if path.exists():
        return path, ""
    at = place.find(":")
    while at > 0:
        if Path(place[:at]).is_file():
            return Path(place[:at]), place[at + 1 :]
        at = place.find(":", at + 1)
    return path, ""


def _files(archive: zipfile.ZipFile) -> list[str]:
    """Names of the files in an archive that may hold something."""
    infos = [info for info in archive.infolist() if info.file_size or not info.is_dir()]
    if len(infos) > _MOST_LOOKED_AT:
        return [info.filename for info in infos]
    return [info.filename for info in infos if not _left_by_a_system(archive, info)]


def _left_by_a_system(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bool:
    names = info.filename, info.filename.rpartition("/")[2]
    for start, begins in _LEFT_BY_SYSTEMS.items():
        if any(name.startswith(start) for name in names):
            if not info.file_size:
                return True
            with archive.open(info) as file:
                head = file.read(64)
            if (
                head.replace(b"\0", b"")
                .lstrip(b"\xff\xfe\xef\xbb\xbf\r\n")
                .startswith(begins.replace(b"\0", b""))
            ):
                return True
    return False


def _chosen(file: str, names: list[str], member: str, *, one_is_all: bool) -> list[str]:
    if not names:
        raise ListFormatError(file, "no file in it")
    if len(set(names)) < len(names):
        raise ListFormatError(file, "two files in it have the same name: unpack it and rename one")
    if len(names) > MAX_MEMBERS:
        raise ListFormatError(file, f"it has {len(names)} tables, more than {MAX_MEMBERS}")
    if not member:
        return [""] if one_is_all and len(names) == 1 else names
    if member not in names:
        raise InputError(
            f"{file}: it has no such part; its parts are: {clip(', '.join(names), 300)}"
        )
    return [member]
