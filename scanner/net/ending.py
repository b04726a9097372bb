"""Whether this process is about to end: then nobody is asked anything more.

A run that is told to stop waits for the requests that are under way, and for no others: readers
that ask again after a failure, and waits between two tries, would keep it for minutes. It is about
the process (Ctrl-C, SIGTERM), so it is one for all of it.
"""

from __future__ import annotations

from threading import Event
from typing import Final

from scanner.errors import SourceUnavailableError

_ending: Final = Event()


def begin() -> None:
    """Say that this process is about to end. Nothing takes it back."""
    _ending.set()


def begun() -> bool:
    """Whether it is."""
    return _ending.is_set()


def pause(seconds: float) -> None:
    """Wait between two tries, or until the process is about to end."""
    _ending.wait(seconds)


def ask_no_more(name: str) -> None:
    """Raise SourceUnavailableError if the process is about to end. name: who would be asked."""
    if _ending.is_set():
        raise SourceUnavailableError(name, "not asked: this run is stopping")
