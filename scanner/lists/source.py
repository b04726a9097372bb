"""The bytes of a published file: plain, .gz or a .zip of one file; hashed while they are read.

Whatever the file's name says, its first bytes decide. The sha256 is of the file as given.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import stat
import zipfile
import zlib
from pathlib import Path

from scanner.errors import InputError, ListFormatError
from scanner.lists.interface import HEAD, Bytes

MAX_UNPACKED = 4 * 2**30
"""Bytes a compressed list may unpack to: twenty times the largest list published so far."""

_READ = 262_144
_DAMAGED = (OSError, EOFError, zlib.error, zipfile.BadZipFile, RuntimeError, NotImplementedError)


class Source:
    """One open list. Reads its bytes once, in order; keeps count, hash and limits."""

    def __init__(self, path: Path, max_unpacked: int = MAX_UNPACKED) -> None:
        self.name = path.name
        self._limit = max_unpacked
        self._raw = _HashedFile(path)
        self._archive: zipfile.ZipFile | None = None
        try:
            self._unpacked = self._open(path)
            self._head = self._pull(HEAD)
        except BaseException:
            self.close()
            raise
        self._at = 0

    def _open(self, path: Path) -> Bytes:
        magic = self._raw.peek()
        if magic.startswith(b"\x1f\x8b"):
            return gzip.GzipFile(fileobj=self._raw)
        if magic.startswith(b"PK\x03\x04"):
            self._raw.hash_whole()
            try:
                self._archive = zipfile.ZipFile(self._raw)
                return self._archive.open(_only_member(self._archive, self.name))
            except _DAMAGED as e:
                raise ListFormatError(self.name, f"not a readable zip file: {e}") from None
        self._limit = max(self._limit, self._raw.size)
        return self._raw

    @property
    def head(self) -> bytes:
        """The first HEAD bytes; reading still starts at the first one."""
        return self._head

    def read(self, size: int, /) -> bytes:
        """Next unpacked bytes, at most `size`, b"" at the end.

        Raises ListFormatError for a damaged archive or one that unpacks to too much.
        """
        if self._at < len(self._head):
            part = self._head[self._at : self._at + size]
            self._at += len(part)
            return part
        part = self._part(size)
        self._at += len(part)
        if self._at > self._limit:
            raise ListFormatError(self.name, f"unpacks to more than {self._limit} bytes")
        return part

    def _part(self, size: int) -> bytes:
        try:
            return self._unpacked.read(size)
        except _DAMAGED as e:
            what = f"cannot be read to its end, is it damaged or cut off? ({e})"
            raise ListFormatError(self.name, what) from None

    def _pull(self, size: int) -> bytes:
        parts = []
        while size and (part := self._part(size)):
            parts.append(part)
            size -= len(part)
        return b"".join(parts)

    def finish(self) -> tuple[str, int]:
        """Read what nobody read. Returns sha256 (hex) and size of the file as given.

        Raises ListFormatError if the file changed while it was read.
        """
        while self.read(_READ):
            pass
        self._raw.drain()
        if self._raw.changed():
            raise ListFormatError(self.name, "changed while it was read: start again")
        return self._raw.digest(), self._raw.size

    def progress(self) -> tuple[int, int]:
        """Bytes of the file read so far and bytes in all."""
        return min(self._raw.position(), self._raw.size), self._raw.size

    def close(self) -> None:
        """Give up the file; harmless when repeated."""
        if self._archive is not None:
            self._archive.close()
        self._raw.close()


class _HashedFile(io.RawIOBase):
    """A regular file whose bytes are hashed as they are first read in order."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        try:
            mode = path.stat().st_mode
            if not stat.S_ISREG(mode):
                kind = "a folder" if stat.S_ISDIR(mode) else "not a regular file"
                raise InputError(f"{path}: {kind}; a published list is one file")
            self._file = path.open("rb", buffering=0)
        except OSError as e:
            raise InputError(f"{path}: {e.strerror or 'cannot be read'}") from None
        self._before = self._stamp()
        self.size = self._before[0]
        self._hash = hashlib.sha256()
        self._hashed = 0

    def peek(self) -> bytes:
        return os.pread(self._file.fileno(), 4, 0)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def readinto(self, buffer: bytearray, /) -> int:  # type: ignore[override]
        start = self._file.tell()
        count = self._file.readinto(buffer) or 0
        if start <= self._hashed < start + count:
            self._hash.update(memoryview(buffer)[self._hashed - start : count])
            self._hashed = start + count
        return count

    def hash_whole(self) -> None:
        """Hash everything now, for formats that are not read in order."""
        self._file.seek(self._hashed)
        while part := self._file.read(_READ):
            self._hash.update(part)
            self._hashed += len(part)
        self._file.seek(0)

    def drain(self) -> None:
        """Hash what was not read; the position is at the end afterwards."""
        self.hash_whole()
        self._file.seek(0, os.SEEK_END)

    def digest(self) -> str:
        return self._hash.hexdigest()

    def position(self) -> int:
        return self._file.tell() if not self._file.closed else self.size

    def changed(self) -> bool:
        return self._stamp() != self._before or self._hashed != self.size

    def _stamp(self) -> tuple[int, int]:
        state = os.fstat(self._file.fileno())
        return state.st_size, state.st_mtime_ns

    def close(self) -> None:
        if not self.closed:
            file = getattr(self, "_file", None)
            if file is not None:
                file.close()
        super().close()


def _only_member(archive: zipfile.ZipFile, name: str) -> zipfile.ZipInfo:
    members = [
        info
        for info in archive.infolist()
        if not info.is_dir() and not info.filename.startswith("__MACOSX/")
    ]
    if len(members) != 1:
        what = f"a zip of {len(members)} files; it must hold just the list: unpack it first"
        raise ListFormatError(name, what)
    return members[0]
