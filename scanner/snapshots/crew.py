"""Processes that take the chunks of one snapshot side by side, for one cannot use several cores.

They are forked when every height is settled, share nothing but which chunk is taken by whom, and
each writes its own chunks over connections of its own. The chunk table stays the truth: what a
process that dies leaves behind is taken by the first one.
"""

from __future__ import annotations

import errno
import gc
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from threading import Event
from typing import Self

from scanner.net import ending
from scanner.settings.threads import may_fork
from scanner.snapshots.interface import Chunk, Progress

MOST = 4
"""Processes at most: every one of them asks the same endpoints."""
WORTH_IT = 20_000
"""Claims below which one process is as fast."""
THREADS_END = 3.0
"""Seconds for threads to end: one that looks up names for a second may still be at it."""
_LOCK_AGAIN = 0.001
PATIENCE = 30.0
"""Seconds for the others to end after a stop: their requests in flight run into time-outs."""

Work = Callable[["Share", Event, Progress], None]
"""work(share, stop, progress): take the chunks that `share` gives, with own connections."""


def crew_size(wanted: int, chunks: Sequence[Chunk]) -> int:
    """How many processes to take chunks with, at most `wanted`: 1 where there is little to gain.

    A fork is safe only while nothing else runs in this process: what is ending is waited for.
    """
    size = min(wanted, MOST, len(chunks) // 2)
    if size < 2 or sum(chunk.plan.claims for chunk in chunks) < WORTH_IT:
        return 1
    return size if may_fork(THREADS_END) else 1


class Share:
    """Gives each chunk to the first process that asks for it, whatever becomes of that process.

    size: how many processes there are. first: whether this is the one that made the others.
    """

    def __init__(self, size: int = 1) -> None:
        self.size, self.first = size, True
        # A byte for each chunk, locked by the kernel: a process that is killed leaves no lock.
        self._taken = os.memfd_create("chunks") if size > 1 else None

    def take(self, chunk: Chunk) -> bool:
        """Whether this process is to take the chunk. Asked once for each chunk."""
        if self._taken is None:
            return True
        with self._locked(self._taken, chunk.no):
            free = os.pread(self._taken, 1, chunk.no) != b"1"
            os.pwrite(self._taken, b"1", chunk.no)
        return free

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Be the only process that writes: waiting in line is quicker than trying again."""
        if self._taken is None:
            yield
            return
        with self._locked(self._taken, 0):  # no chunk has the number 0
            yield

    @staticmethod
    @contextmanager
    def _locked(file: int, byte: int) -> Iterator[None]:
        """Hold a byte's lock against the other processes.

        The kernel refuses where it sees two processes wait for each other. It does not know of
        threads: one may wait for its turn while another one, of the same process, looks at a chunk.
        No thread waits for a second lock, so asking again is enough.
        """
        from fcntl import LOCK_EX, LOCK_UN, lockf  # noqa: PLC0415 - not on Windows

        while True:
            try:
                lockf(file, LOCK_EX, 1, byte)
                break
            except OSError as e:
                if e.errno != errno.EDEADLK:
                    raise
                time.sleep(_LOCK_AGAIN)
        try:
            yield
        finally:
            lockf(file, LOCK_UN, 1, byte)

    def close(self) -> None:
        """Give up what is shared."""
        if self._taken is not None:
            os.close(self._taken)


class Crew:
    """The other processes. Use as a context manager: they are gone after it.

    Each ends by itself when its work is done, or soon after `stop`, or at once with this process.
    """

    def __init__(self, share: Share, work: Work) -> None:
        self._counts = multiprocessing.RawArray("q", share.size)  # each writes its own place
        self._share, self._work = share, work
        self._members: list[tuple[BaseProcess, Connection]] = []

    def __enter__(self) -> Self:
        sys.stdout.flush()  # or a forked process would write what waits there a second time
        sys.stderr.flush()
        gc.freeze()  # what is here already is no garbage, and stays in shared memory
        fork = multiprocessing.get_context("fork")
        for number in range(1, self._share.size):
            theirs, ours = fork.Pipe(duplex=False)
            member = fork.Process(target=self._member, args=(number, theirs, ours), daemon=True)
            member.start()
            theirs.close()
            self._members.append((member, ours))
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        for member, ours in self._members:
            member.join(PATIENCE)
            if member.is_alive():
                member.kill()
                member.join()
            ours.close()
        gc.unfreeze()

    def counted(self) -> int:
        """Claims that the others have done."""
        return sum(int(count) for count in self._counts)

    def stop(self) -> None:
        """Let the others end soon; what they are at is not stored."""
        for _member, ours in self._members:
            with suppress(OSError):  # it has ended
                ours.send("stop")

    def wait(self, tick: float, each: Callable[[], None]) -> None:
        """Until all others have ended. each: called every `tick` seconds."""
        for member, _ours in self._members:
            while member.is_alive():
                member.join(tick)
                each()

    def _member(self, number: int, theirs: Connection, ours: Connection) -> None:
        """What a forked process does; it never returns."""
        status = 1
        try:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            for inherited in (ours, *(other for _member, other in self._members)):
                inherited.close()  # or nobody would see that the first process has ended
            stop = Event()
            threading.Thread(target=_obey, args=(theirs, stop), daemon=True).start()
            self._share.first = False

            def progress(_share: float, claims: int) -> None:
                self._counts[number] = claims

            self._work(self._share, stop, progress)
            status = 0
        finally:
            # What the first process set up for its end, and its connections, are its own to close.
            os._exit(status)


def _obey(theirs: Connection, stop: Event) -> None:
    """Stop when told to. If the first process is gone, so is this one, as if both were killed."""
    try:
        theirs.recv()
    except (EOFError, OSError):
        os._exit(1)
    stop.set()
    ending.begin()
