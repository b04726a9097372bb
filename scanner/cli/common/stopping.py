"""Ctrl-C answers at once: the first one says what happens, the second one ends the process."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType

from scanner.cli.common.console import say
from scanner.net import ending

INTERRUPTED = 130


@contextmanager
def answering(remedy: str) -> Iterator[None]:
    """Within, Ctrl-C is answered at once and raises KeyboardInterrupt; another one ends it all.

    Nobody is asked anything more then; what is under way comes to its end.
    remedy: what to do then, as the last words of both. Nothing is lost by an end at once: what is
    stored is stored in whole transactions. Outside the main thread nothing is changed.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def first(number: int, frame: FrameType | None) -> None:
        signal.signal(number, second)
        ending.begin()
        say(f"scanner: stopping after the current requests, Ctrl-C again stops at once; {remedy}")
        signal.default_int_handler(number, frame)

    def second(number: int, frame: FrameType | None) -> None:
        del number, frame
        say(f"scanner: stopped; {remedy}")
        with suppress(OSError, RuntimeError):  # it does not take it, or is being written to
            sys.stdout.flush()
        os._exit(INTERRUPTED)

    before = signal.signal(signal.SIGINT, first)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
