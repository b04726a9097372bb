"""Standard streams as they come: closed, full, of ASCII only. An error at one of them names it.

Data that stdout does not take ends the command. Words that stderr does not take are lost: the exit
status still says what was found, and an error in place of it would mean something else.
"""

from __future__ import annotations

import errno
import io
import os
import sys
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer

_NAMES = ("stdin", "stdout", "stderr")
_HOW = (os.O_WRONLY, os.O_RDONLY, os.O_WRONLY)
"""How a closed one is opened: reading and writing data are errors, words for people are lost."""


class _Named(io.FileIO):
    """A standard stream whose errors say which one it is."""

    def __init__(self, number: int, mode: str) -> None:
        self._label = _NAMES[number]
        super().__init__(number, mode, closefd=False)

    def readinto(self, buffer: WriteableBuffer, /) -> int | None:
        try:
            return super().readinto(buffer)
        except OSError as e:
            raise self._ours(e) from None

    def write(self, data: ReadableBuffer, /) -> int:
        try:
            return super().write(data)
        except OSError as e:
            raise self._ours(e) from None
        except KeyboardInterrupt:
            _drop(self.fileno())  # whoever tidies up writes the rest, and would wait again
            raise

    def _ours(self, error: OSError) -> OSError:
        words = "it is closed" if error.errno == errno.EBADF else error.strerror
        return OSError(error.errno, words, self._label)


class _Words(_Named):
    """Stderr, which takes everything, be it to lose it."""

    def write(self, data: ReadableBuffer, /) -> int:
        try:
            return super().write(data)
        except OSError:
            return memoryview(data).nbytes


def name_errors() -> None:
    """Make errors of this process's stdin and stdout name them, and open those that are closed.

    A process may be started without them (`>&-`). The next file that it opens would take their
    number, and words for people would be written into it. So data for a closed stdout is an error,
    and words for a closed stderr are lost.
    """
    for number, how in enumerate(_HOW):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, how)  # takes the lowest number that is free: this one
    sys.stdin = io.TextIOWrapper(
        io.BufferedReader(_Named(0, "r")), encoding=sys.stdin.encoding if sys.stdin else None
    )
    by_line = sys.stdout is not None and sys.stdout.isatty()
    sys.stdout = _writer(_Named(1, "w"), sys.stdout, by_line=by_line)
    sys.stderr = _writer(_Words(2, "w"), sys.stderr, by_line=True)


def _writer(raw: io.FileIO, before: TextIO | None, *, by_line: bool) -> io.TextIOWrapper:
    encoding = before.encoding if before else "utf-8"
    return io.TextIOWrapper(io.BufferedWriter(raw), encoding=encoding, line_buffering=by_line)


def let_go_of_stdout() -> None:
    """At the end: what stdout does not take is dropped, for Python would change the status for it.

    The error itself was met, and said, where the data was written.
    """
    try:
        sys.stdout.flush()
    except OSError:
        drop_stdout()


def drop_stdout() -> None:
    """Drop what stdout has not taken yet: a pipe that nobody empties takes for ever."""
    _drop(sys.stdout.fileno())


def _drop(number: int) -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), number)


def escape_what_cannot_be_shown() -> None:
    """Let a terminal that knows only ASCII, for one, show other characters as escapes."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
