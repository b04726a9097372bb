"""Folders for the moment, under the system's own for such: gone after use, or at a next start.

A process that is killed cannot remove its folder. Each folder holds a file that its process keeps
locked; a lock ends with who holds it, so what is not locked any more belongs to nobody. Another
process that works in the folder locks a file of its own there, whose name begins in the same way.
"""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Final

PREFIX: Final = "scanner-"
HELD: Final = ".held"


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """An empty folder inside the block. What killed processes of this user left is removed first.

    Raises OSError.
    """
    _tidy_once()
    folder = Path(tempfile.mkdtemp(prefix=PREFIX))
    held = -1
    try:
        held = _hold(folder)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        if held >= 0:
            os.close(held)


def _hold(folder: Path) -> int:
    """Lock the folder's file; it has its name only once it is locked. Returns the descriptor."""
    from fcntl import LOCK_EX, flock  # noqa: PLC0415 - not on Windows

    unnamed = folder / f"{HELD}.new"
    file = os.open(unnamed, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, 0o600)
    flock(file, LOCK_EX)
    unnamed.rename(folder / HELD)
    return file


@cache
def _tidy_once() -> None:
    """Once a process."""
    with suppress(OSError):
        tidy(Path(tempfile.gettempdir()))


def tidy(place: Path) -> list[Path]:
    """Remove folders of `scratch_folder` in a place that no process holds any more.

    Only this user's own; a link, a folder without the file, or one that is held stays as it is.
    Returns what was removed.
    """
    found = []
    for entry in os.scandir(place):
        if entry.name.startswith(PREFIX) and _forsaken(Path(entry.path)):
            shutil.rmtree(entry.path, ignore_errors=True)
            found.append(Path(entry.path))
    return found


def _forsaken(folder: Path) -> bool:
    try:
        if not _own(os.lstat(folder), stat.S_ISDIR):
            return False
        locks = [name for name in os.listdir(folder) if name.startswith(HELD)]
    except OSError:
        return False
    return HELD in locks and all(_is_free(folder / name) for name in locks)


def _is_free(lock: Path) -> bool:
    from fcntl import LOCK_EX, LOCK_NB, flock  # noqa: PLC0415 - not on Windows

    try:
        file = os.open(lock, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        flock(file, LOCK_EX | LOCK_NB)
        return _own(os.fstat(file), stat.S_ISREG)
    except OSError:
        return False
    finally:
        os.close(file)


def _own(found: os.stat_result, is_kind: Callable[[int], bool]) -> bool:
    return is_kind(found.st_mode) and found.st_uid == os.geteuid()
