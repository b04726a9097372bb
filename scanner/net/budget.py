"""Keeps an endpoint's rate: requests go out in slots of a timeline, `1 / rate` seconds apart.

Every slot belongs to one request, and a request goes out in its slot or not at all. The timeline
lies in this process (and those forked from it), or with whoever keeps it for a whole fleet: that is
the caller's choice, and the arithmetic here is the same. It is the generic cell rate algorithm
(ITU-T I.371) without a burst: of all workers together at most `rate * (w + LATE) + 1` requests
begin within `w` seconds.
"""

from __future__ import annotations

import os
import struct
import threading
import time
import weakref
from collections.abc import Callable
from contextlib import nullcontext
from random import uniform
from typing import Final, Protocol

from scanner.errors import SourceUnavailableError
from scanner.model.endpoint import Budget, Endpoint
from scanner.net import ending

LONGEST_LINE: Final = 30.0
"""Seconds that a timeline is given away ahead of now, at most."""
PATIENCE: Final = 300.0
"""Seconds that a request waits for its slot before it fails."""
GRANT: Final = 0.25
"""Seconds' worth of slots that are taken from a shared timeline at once, at most."""
LATE: Final = 0.025
"""Seconds after which a slot has passed: clocks wake nobody to the millisecond."""


class Timeline(Protocol):
    """Where slots are given out. Safe to use from several threads."""

    def reserve(self, slots: int, gap: float) -> float | None:
        """Reserve slots in a row for the caller alone, `gap` seconds apart.

        Returns the seconds until the first; None if the line is longer than LONGEST_LINE, and
        then nothing is reserved. Raises SourceUnavailableError when nobody can say.
        """
        ...


class OwnTimeline:
    """The timeline of this process and of those forked from it.

    clock: seconds, monotonic, the same in all of them.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._shared = _Shared() if hasattr(os, "memfd_create") else None
        self._free_at = 0.0

    def reserve(self, slots: int, gap: float) -> float | None:
        """As `Timeline` says."""
        with self._lock, self._shared or nullcontext():
            now = self._clock()
            free_at = self._shared.value if self._shared else self._free_at
            start = max(now, free_at)
            if start > now + LONGEST_LINE:
                return None
            self._free_at = start + slots * gap
            if self._shared:
                self._shared.value = self._free_at
            return start - now


class _Shared:
    """A number that forked processes share, 0 at first. Enter it to be alone with it.

    The kernel keeps the lock: a process that is killed leaves none. It does not part threads.
    """

    def __init__(self) -> None:
        self._file = os.memfd_create("timeline")
        os.pwrite(self._file, bytes(8), 0)
        weakref.finalize(self, os.close, self._file)

    @property
    def value(self) -> float:
        """The number as whoever was here last left it."""
        found: float = struct.unpack("d", os.pread(self._file, 8, 0))[0]
        return found

    @value.setter
    def value(self, number: float) -> None:
        os.pwrite(self._file, struct.pack("d", number), 0)

    def __enter__(self) -> None:
        from fcntl import LOCK_EX, lockf  # noqa: PLC0415 - not on Windows

        lockf(self._file, LOCK_EX)

    def __exit__(self, *_: object) -> None:
        from fcntl import LOCK_UN, lockf  # noqa: PLC0415 - not on Windows

        lockf(self._file, LOCK_UN)


class SlotBudget:
    """The rate of one endpoint. Safe to use from several threads.

    name: the endpoint's, for messages. rate: requests a second. grant: seconds' worth of slots
    taken from the timeline at once; 0 for one slot each time. Grants grow while they are used up
    and shrink when slots pass unused, so that an idle worker keeps nothing from the others.
    clock, sleep: for tests. taken, waited: requests so far, and seconds they waited together.
    """

    def __init__(
        self,
        name: str,
        rate: float,
        timeline: Timeline,
        *,
        grant: float = 0.0,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = ending.pause,
    ) -> None:
        self.name, self._timeline = name, timeline
        self._gap = 1 / rate
        self._most = max(1, int(rate * grant))
        self._clock, self._sleep = clock, sleep
        self._lock = threading.Lock()
        self._next, self._left = 0.0, 0
        self._size, self._unused = 0, False
        self.taken, self.waited = 0, 0.0

    def take(self) -> None:
        """Return when a request may go out. Raises SourceUnavailableError after PATIENCE."""
        began = self._clock()
        while not self._in_slot():
            ending.ask_no_more(self.name)
            if self._clock() > began + PATIENCE:
                what = f"no free slot within {PATIENCE:g} s: too many requests for its rate"
                raise SourceUnavailableError(self.name, what, LONGEST_LINE)
        with self._lock:
            self.taken += 1
            self.waited += self._clock() - began

    def _in_slot(self) -> bool:
        """Wait for the next slot; whether it is now. One that was overslept is lost."""
        slot = self._next_slot()
        if slot is None:
            self._sleep(uniform(0.1, 0.3) * LONGEST_LINE)  # noqa: S311 - spreads out who asks
            return False
        ahead = slot - self._clock()
        if ahead > 0:
            self._sleep(ahead)
        return self._clock() < slot + LATE

    def _next_slot(self) -> float | None:
        with self._lock:
            now = self._clock()
            while self._left and self._next + LATE <= now:
                self._use()
                self._unused = True
            if not self._left and not self._refill():
                return None
            return self._use()

    def _use(self) -> float:
        slot = self._next
        self._next += self._gap
        self._left -= 1
        return slot

    def _refill(self) -> bool:
        wanted = max(1, self._size // 2) if self._unused else min(self._most, self._size * 2 or 1)
        wait = self._timeline.reserve(wanted, self._gap)
        if wait is None:
            return False
        # Counted from the answer: a slot may begin a moment later than reserved, never earlier.
        self._next, self._left = self._clock() + max(0.0, wait), wanted
        self._size, self._unused = wanted, False
        return True


def budget_of(endpoint: Endpoint) -> Budget | None:
    """Whom to ask before each request to an endpoint; None if it has no rate limit."""
    if endpoint.budget is not None or endpoint.rate <= 0:
        return endpoint.budget
    return SlotBudget(endpoint.name, endpoint.rate, OwnTimeline())
