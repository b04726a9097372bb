"""One life of a worker process, for tests that end it: the real worker loop on a queue in a hurry.

It kills itself (SIGKILL, as the kernel or an operator would) exactly where it is told to.
"""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import procrastinate
from sqlalchemy import event

from scanner.alerts.config import load_alerts
from scanner.alerts.telling import Alerts
from scanner.model.endpoint import Endpoint
from scanner.net.http import Transport
from scanner.settings.tables import load_registry
from scanner.snapshots.sources import SourcePool
from scanner.store.database.engine import Store, open_store
from scanner.store.writing.rate_budgets import with_budgets
from scanner.store.writing.sink import StoreSink
from scanner.worker import service
from scanner.worker.alone import run_alone, stop_on_signals
from scanner.worker.jobs import Jobs
from scanner.worker.queue import Timing
from scanner.worker.service import run_worker
from support.snapshot_stub import StubSource, good_judge

assert procrastinate

STAGES = ("claimed", "fetching", "before commit", "after commit", "settled", "any time")
"""Where a worker dies: with a job just claimed; with a node's answer half read; with results
written and not committed; just committed; with the job done and the queue not told; whenever."""

HASTY = Timing(
    heartbeat=0.2, stalled=0.8, rescue="* * * * * *", ticks="* * * * * *",
    tries=1000, first_wait=1, poll=0.3, longest_wait=5.0,
)  # fmt: skip


@dataclass(frozen=True)
class Life:
    """database: URL. endpoints: real nodes by network; stub sources without any.

    die_at, die_on: the stage, and which time of it. delay: of stub sources, seconds a chunk.
    alerts: file of rules and channels. timing: None means a great hurry. back_after: seconds before
    it tries to reach its database again.
    """

    database: str
    endpoints: dict[str, Sequence[Endpoint]] = field(default_factory=dict)
    die_at: str = ""
    die_on: int = 1
    delay: float = 0.0
    alerts: str = ""
    timing: Timing | None = None
    concurrency: int = 2
    back_after: float = service.BACK_AFTER


def live(life: Life) -> None:
    """Work until stopped or dead."""
    service.BACK_AFTER = life.back_after
    death = _Death(life)
    registry = load_registry()
    with open_store(life.database) as store:
        death.watch(store)
        pool = SourcePool(with_budgets(store, life.endpoints), registry)
        stubs = {n: StubSource(n, delay=life.delay) for n in ("ethereum", "arbitrum")}

        def source(network, policy):
            return pool.get(network, policy) if life.endpoints else stubs.get(network)

        rules = load_alerts(Path(life.alerts)) if life.alerts else None
        tell = Alerts(store, registry, rules).look if rules else lambda: None
        timing = life.timing or HASTY
        jobs = _Jobs(
            store, source, good_judge, registry, timing.tries, threading.Event(), tell
        )  # fmt: skip
        jobs.deaths.append(death)
        run_worker(jobs, timing=timing, concurrency=life.concurrency)


def live_alone(database: str) -> None:
    """Be the one worker of a SQLite file, with stub sources, until told to end."""
    stubs = {n: StubSource(n) for n in ("ethereum", "arbitrum")}
    with open_store(database) as store:
        stop = threading.Event()
        jobs = Jobs(store, lambda n, _: stubs.get(n), good_judge, load_registry(), 4, stop)
        stop_on_signals(jobs)
        run_alone(jobs, every=0.3)


class _Jobs(Jobs):
    deaths: list = []  # noqa: RUF012 - one a process

    def chunk(self, snapshot_id: int, chunk_no: int, tried: int) -> None:
        (death,) = self.deaths
        death.reached("claimed")
        super().chunk(snapshot_id, chunk_no, tried)
        death.reached("settled")


class _Death:
    """Counts how often a stage was reached, and ends the process there."""

    def __init__(self, life: Life) -> None:
        self._stage, self._left = life.die_at, life.die_on
        self._lock = threading.Lock()
        self._storing = threading.local()
        self._taken = 0
        if life.die_at == "any time":
            seconds = random.Random(os.getpid()).uniform(0.05, 0.8)
            threading.Timer(seconds, self._die).start()

    def reached(self, stage: str) -> None:
        if stage != self._stage:
            return
        with self._lock:
            self._left -= 1
            if self._left == 0:
                self._die()

    def watch(self, store: Store) -> None:
        """Be told of the stages inside: of reading an answer, of the commit of a chunk's results."""
        read, finish = Transport._read, StoreSink.finish_chunk
        claims = StoreSink.claims

        def reading(transport, *arguments):
            # Only while chunks are taken: claims were read, and results are not stored yet.
            # Sources read in threads of their own.
            if self._taken:
                self.reached("fetching")
            return read(transport, *arguments)

        def taking(sink, chunk):
            self._taken += 1
            return claims(sink, chunk)

        def finishing(sink, chunk, results, block=None):
            self._taken -= 1
            self._storing.now = True
            found = finish(sink, chunk, results, block)
            self._storing.now = False
            self.reached("after commit")
            return found

        Transport._read, StoreSink.finish_chunk, StoreSink.claims = reading, finishing, taking

        @event.listens_for(store.engine, "commit")
        def committing(_connection) -> None:
            if getattr(self._storing, "now", False):
                self.reached("before commit")

    @staticmethod
    def _die() -> None:
        os.kill(os.getpid(), signal.SIGKILL)
        with suppress(BaseException):
            time.sleep(60)
