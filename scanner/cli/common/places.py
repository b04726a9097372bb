"""The file that a command names, as one of this machine: a path, an http(s) address, or `-`."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from scanner.cli.common.options import given
from scanner.errors import InputError
from scanner.files import hashed, scratch, source
from scanner.net import fetching, locations

_READ = 1 << 20
_STDIN = "-"
_LONGEST_NAME = 100


@dataclass(frozen=True, slots=True)
class Place:
    """A list at hand. path: the file, with `:member` behind it if one is chosen.

    name: what the list is called: its own name, never that of a file it was kept in meanwhile.
    around: its folder's name, or the rest of its address; never shown, a query may be a secret.
    """

    path: str
    name: str
    around: str = ""

    @property
    def file(self) -> Path:
        """The file itself."""
        return source.split_place(self.path)[0]

    @property
    def stem(self) -> str:
        """The name without its ending."""
        return Path(self.name).stem


@contextmanager
def at_hand(location: str) -> Iterator[Place]:
    """The list inside the block. Raises InputError, SourceError."""
    if locations.is_url(location):
        locations.check_location(location)
        with fetching.fetched(location, locations.named(location)) as got:
            yield Place(str(got.file), got.name, locations.around(location))
    elif is_stdin(location):
        with scratch.scratch_folder() as folder:
            path = folder / "stdin"
            _spool(path)
            yield Place(str(path), path.name)
    else:
        path, member = source.split_place(locations.check_path(location))
        hashed.refuse_pipe(path)
        yield Place(
            location, path.name + (f":{member}" if member else ""), locations.around(location)
        )


def is_stdin(location: str) -> bool:
    """Whether a command is to read its standard input."""
    return location == _STDIN


def check_file(location: str) -> None:
    """Refuse what is no file that can be read; no address is asked for. Raises InputError."""
    if not (locations.is_url(location) or is_stdin(location)):
        hashed.HashedFile(source.split_place(locations.check_path(location))[0]).close()


@contextmanager
def document_at_hand(location: str) -> Iterator[Path]:
    """A document that a command names, as a file that bears its own name. Raises as `at_hand`.

    For readers whose words and records name a file as it is called.
    """
    with at_hand(location) as place:
        if locations.is_url(location):
            own = place.file.with_name(_file_name(place.name))
            place.file.rename(own)
            yield own
        else:
            yield Path(place.path)


@contextmanager
def key_at_hand(key: str | None) -> Iterator[str]:
    """What `--key` names: a file, also of an http(s) address, as its path; a hash as it is.

    "" where it is not given. Raises InputError where it is given and empty.
    """
    text = given(key, "--key")
    if locations.is_url(text):
        with document_at_hand(text) as path:
            yield str(path)
    else:
        yield text


def _file_name(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]", "-", unquote(name))[-_LONGEST_NAME:].lstrip(".") or "file"


def _spool(path: Path) -> None:
    left = locations.MOST_BYTES
    with path.open("wb") as file:
        while part := sys.stdin.buffer.read(_READ):
            left -= len(part)
            if left < 0:
                raise InputError(f"stdin: more than {locations.MOST_BYTES} bytes")
            file.write(part)
