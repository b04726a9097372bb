"""A regular file whose bytes are hashed as they are read: the hash of what was really used."""

from __future__ import annotations

import hashlib
import io
import os
import stat
from pathlib import Path

from scanner.errors import InputError

_READ = 262_144


_PIPED = "not a regular file: give one file, or '-' for stdin"


def refuse_pipe(path: Path) -> None:
    """Refuse what is there and is neither a file nor a folder, before anybody opens it: a named
    pipe keeps its reader waiting for ever, and some devices never end. Raises InputError.
    """
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError):  # whoever reads it says why it cannot be read
        return
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        raise InputError(f"{path}: {_PIPED}")


class HashedFile(io.RawIOBase):
    """One open file. Raises InputError for what is not there, or is no regular file."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        try:
            mode = path.stat().st_mode
            if not stat.S_ISREG(mode):
                what = "a folder: give one file" if stat.S_ISDIR(mode) else _PIPED
                raise InputError(f"{path}: {what}")
            self._file = path.open("rb", buffering=0)
        except OSError as e:
            raise InputError(f"{path}: {e.strerror or 'cannot be read'}") from None
        self._before = self._stamp()
        self.size = self._before[0]
        self._hash = hashlib.sha256()
        self._hashed = 0

    def peek(self, count: int) -> bytes:
        """The first bytes, whatever was read."""
        return os.pread(self._file.fileno(), count, 0)

    def readable(self) -> bool:
        """Yes."""
        return True

    def seekable(self) -> bool:
        """Yes."""
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        """Go to a place, as any file does."""
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        """The place, as any file says it."""
        return self._file.tell()

    def readinto(self, buffer: bytearray, /) -> int:  # type: ignore[override]
        """Read, and hash what has not been hashed yet."""
        start = self._file.tell()
        count = self._file.readinto(buffer) or 0
        if start <= self._hashed < start + count:
            self._hash.update(memoryview(buffer)[self._hashed - start : count])
            self._hashed = start + count
        return count

    def hash_whole(self) -> None:
        """Hash everything now, for formats that are not read in order; then back to the start."""
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
        """The sha256 of what was hashed, in hex."""
        return self._hash.hexdigest()

    def position(self) -> int:
        """Bytes read so far; all of them once it is closed."""
        return self._file.tell() if not self._file.closed else self.size

    def changed(self) -> bool:
        """Whether the file is another one than when it was opened."""
        return self._stamp() != self._before or self._hashed != self.size

    def _stamp(self) -> tuple[int, int]:
        state = os.fstat(self._file.fileno())
        return state.st_size, state.st_mtime_ns

    def close(self) -> None:
        """Give up the file; harmless when repeated."""
        if not self.closed:
            file = getattr(self, "_file", None)
            if file is not None:
                file.close()
        super().close()
