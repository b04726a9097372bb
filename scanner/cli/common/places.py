"""The list that a command names, as a file of this machine: a path, an http(s) address, or `-`."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from scanner.errors import InputError
from scanner.files.source import split_place
from scanner.net.fetching import MOST_BYTES, check_location, fetched, is_url, shown

_READ = 1 << 20
_STDIN = "-"


@dataclass(frozen=True, slots=True)
class Place:
    """A list at hand. path: the file, with `:member` behind it if one is chosen.

    name: what the list is called: its own name, never that of a file it was kept in meanwhile.
    """

    path: str
    name: str

    @property
    def file(self) -> Path:
        """The file itself."""
        return split_place(self.path)[0]

    @property
    def stem(self) -> str:
        """The name without its ending."""
        return Path(self.name).stem


@contextmanager
def at_hand(location: str) -> Iterator[Place]:
    """The list inside the block. Raises InputError, SourceError."""
    if is_url(location):
        check_location(location)
        with fetched(location, shown(location)) as got:
            yield Place(str(got.file), got.name)
    elif location == _STDIN:
        with tempfile.TemporaryDirectory(prefix="scanner-") as folder:
            path = Path(folder) / "stdin"
            _spool(path)
            yield Place(str(path), path.name)
    else:
        path, member = split_place(location)
        yield Place(location, path.name + (f":{member}" if member else ""))


def _spool(path: Path) -> None:
    left = MOST_BYTES
    with path.open("wb") as file:
        while part := sys.stdin.buffer.read(_READ):
            left -= len(part)
            if left < 0:
                raise InputError(f"stdin: more than {MOST_BYTES} bytes")
            file.write(part)
