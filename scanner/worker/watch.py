"""What a worker process knows about itself: counts for its metrics, and whether it lives.

The database knows about snapshots and queue, and tells them to everybody; this is what only the
process can tell.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from threading import Lock

from scanner import __version__
from scanner.chains.fleet.tried import TRIED
from scanner.net.budget import SlotBudget

STUCK_AFTER = 60.0
"""Seconds without a sign of life of its loop after which a worker counts as stuck."""


class Stage(StrEnum):
    """Where a worker process stands."""

    STARTING = "starting"
    WORKING = "working"
    WAITING = "waiting"  # for its database
    STOPPING = "stopping"


class Outcome(StrEnum):
    """How a chunk's job ended."""

    DONE = "done"  # stored, by this worker or before
    FAILED = "failed"  # given up, and told as a finding
    AGAIN = "again"  # no answer; to be tried again
    BROKEN = "broken"  # the database refused, or the worker was told to stop


class Watch:
    """Counts of one worker process. Safe to use from several threads.

    budgets: of its endpoints that have a rate. clock: seconds, monotonic; wall: since 1970.
    """

    def __init__(
        self,
        budgets: Sequence[SlotBudget] = (),
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._budgets, self._clock, self._wall = budgets, clock, wall
        self._lock = Lock()
        self._counts = dict.fromkeys(Outcome, 0)
        self._seconds, self._at_hand = 0.0, 0
        self._started, self._moved = wall(), 0.0
        self._losses = 0
        self._last_beat: float | None = None
        self._stage, self._stopping = Stage.STARTING, False

    @property
    def stage(self) -> Stage:
        """Where the process stands."""
        return Stage.STOPPING if self._stopping else self._stage

    @property
    def stuck(self) -> bool:
        """Whether its loop has given no sign of life for long; never if it has no loop."""
        beat = self._last_beat
        return beat is not None and self._clock() - beat > STUCK_AFTER

    def enter(self, stage: Stage) -> None:
        """Say where the process stands now."""
        with self._lock:
            if stage is Stage.WAITING and self._stage is Stage.WORKING:
                self._losses += 1
            self._stage = stage

    def stop(self) -> None:
        """Say that the process is to end. For signal handlers: it waits for no lock."""
        self._stopping = True

    def beat(self) -> None:
        """Give a sign of life."""
        self._last_beat = self._clock()

    def count(self, outcome: Outcome, number: int = 1) -> None:
        """Count chunks."""
        with self._lock:
            self._counts[outcome] += number
            if outcome is Outcome.DONE and number:
                self._moved = self._wall()

    @contextmanager
    def job(self) -> Iterator[None]:
        """Time a job while it is at hand."""
        began = self._clock()
        with self._lock:
            self._at_hand += 1
        try:
            yield
        finally:
            with self._lock:
                self._at_hand -= 1
                self._seconds += self._clock() - began

    def text(self) -> str:
        """Everything in Prometheus' text format, version 0.0.4."""
        with self._lock:
            counts = [(f'{{outcome="{o.value}"}}', n) for o, n in self._counts.items()]
            parts = [
                _metric("chunks_total", "counter", "Chunks by how their job ended.", counts),
                _metric("chunks_at_hand", "gauge", "Chunks being taken.", [("", self._at_hand)]),
                _metric(
                    "chunk_seconds_total", "counter", "Time spent on chunks.", [("", self._seconds)]
                ),
                _metric(
                    "last_chunk_timestamp_seconds",
                    "gauge",
                    "When a chunk was last stored; 0 before the first.",
                    [("", self._moved)],
                ),
                _metric("start_time_seconds", "gauge", "When it started.", [("", self._started)]),
                _metric(
                    "database_losses_total",
                    "counter",
                    "How often the database went away.",
                    [("", self._losses)],
                ),
                _metric(
                    "stage",
                    "gauge",
                    "1 for where the process stands.",
                    [(f'{{stage="{s.value}"}}', int(s is self.stage)) for s in Stage],
                ),
                _metric("info", "gauge", "The program.", [(f'{{version="{__version__}"}}', 1)]),
            ]
        return "".join(parts + self._rates() + _endpoints())

    def _rates(self) -> list[str]:
        # An endpoint's name is letters, digits, dots and dashes: nothing to escape.
        taken = [(f'{{endpoint="{b.name}"}}', b.taken) for b in self._budgets]
        waited = [(f'{{endpoint="{b.name}"}}', b.waited) for b in self._budgets]
        return [
            _metric(
                "limited_requests_total", "counter", "Requests to endpoints with a rate.", taken
            ),
            _metric(
                "rate_wait_seconds_total",
                "counter",
                "Time they waited for a turn.",
                waited,
            ),
        ]


def _endpoints() -> list[str]:
    ends = [(f'{{endpoint="{name}",outcome="{end.value}"}}', n) for name, end, n in TRIED.ends()]
    seconds = [(f'{{endpoint="{name}"}}', taken) for name, taken in TRIED.seconds()]
    return [
        _metric("questions_total", "counter", "Questions to endpoints by how they ended.", ends),
        _metric("answer_seconds_total", "counter", "Time that answers took.", seconds),
    ]


def _metric(name: str, kind: str, words: str, values: Sequence[tuple[str, float]]) -> str:
    full = f"scanner_worker_{name}"
    lines = [f"# HELP {full} {words}", f"# TYPE {full} {kind}"]
    lines += [f"{full}{labels} {float(value)!r}" for labels, value in values]
    return "\n".join(lines) + "\n"
