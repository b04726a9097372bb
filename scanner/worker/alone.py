"""The worker without a queue: schedules and snapshots of a SQLite file, in one process."""

from __future__ import annotations

import logging
import signal
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from sqlalchemy import Connection

from scanner.chains.interface import Ability, BalanceSource, Reach, ReadPolicy
from scanner.errors import BusyError, ConfigError, ScannerError, SourceRejectedError, StoreError
from scanner.model.balance import Balance, BalanceQuery, Evidence
from scanner.model.block import BlockRef
from scanner.net import ending
from scanner.snapshots.take import take_snapshot
from scanner.snapshots.values import ChunkState, SnapshotPolicy, Taken
from scanner.store.writing import schedules as kept
from scanner.store.writing.runs import create_snapshot
from scanner.store.writing.sink import StoreSink
from scanner.worker.jobs import Jobs
from scanner.worker.saying import tell, tell_ended
from scanner.worker.scheduling import claim_due, is_due, start_run
from scanner.worker.watch import Outcome, Stage

log = logging.getLogger("scanner.worker")

LOOK_EVERY = 20.0
"""Seconds between two looks at what is due."""


def _utc_now() -> datetime:
    return datetime.now(UTC)


def run_alone(
    jobs: Jobs, *, now: Callable[[], datetime] = _utc_now, every: float = LOOK_EVERY
) -> None:
    """Start what is due and take it, until `jobs.stop` is set.

    What an earlier process left unfinished comes first. An error of one run is told in the log
    and kept with the run; the next is tried all the same. A database that does not answer (another
    process imports a large list) is asked again at the next look.
    """
    while not jobs.stop.is_set():
        try:
            look(jobs, now())
            jobs.watch.enter(Stage.WORKING)
        except StoreError as e:
            jobs.watch.enter(Stage.WAITING)
            log.warning("%s; trying again", e)
        jobs.tell()
        jobs.stop.wait(every)


def stop_on_signals(jobs: Jobs) -> None:
    """Let SIGTERM and SIGINT set `jobs.stop`: what is at hand ends soon, and none of it is lost."""

    def stop(*_: object) -> None:
        jobs.watch.stop()
        jobs.stop.set()
        ending.begin()

    for sign in (signal.SIGTERM, signal.SIGINT):
        signal.signal(sign, stop)


def look(jobs: Jobs, now: datetime) -> list[Taken]:
    """Claim what is due, start what is claimed, take what is started. Returns what was taken."""
    claim_due(jobs.store, now)
    for run in kept.unfinished(jobs.store):
        if not is_due(run, now):
            continue
        if jobs.stop.is_set():
            return []
        try:
            start_run(jobs.store, jobs.registry, jobs.sources, _planner(jobs), run)
        except ScannerError:
            continue  # told, and kept with the run
    return _take_started(jobs)


def _planner(jobs: Jobs) -> Callable[..., int]:
    def plan(
        list_id: int,
        policy: SnapshotPolicy,
        _parallel: dict[str, int],
        also: Callable[[Connection, int], None],
    ) -> int:
        # Marked as queued: whose balances to read is kept with it, and a restart finds it.
        return create_snapshot(jobs.store, list_id, replace(policy, queued=True), also)

    return plan


def _take_started(jobs: Jobs) -> list[Taken]:
    """Take snapshots of schedules that are not over; those that ended incomplete stay so.

    One that cannot be taken keeps no other from its turn. Where another process is at work in the
    file, all of them wait for it; that is no error.
    """
    taken = []
    sink = StoreSink(jobs.store)
    for snapshot_id in sink.queued_snapshots():
        if jobs.stop.is_set():
            break
        if snapshot_id in jobs.broken:
            continue
        try:
            taken.append(_take(jobs, sink, snapshot_id))
        except BusyError:
            if snapshot_id not in jobs.waited:
                jobs.waited.add(snapshot_id)
                tell("waiting: another process takes snapshots here", {"snapshot": snapshot_id})
            break  # one at a time in a file: whatever it is at
        except ScannerError as e:
            log.warning("snapshot %s: %s", snapshot_id, e, extra={"snapshot": snapshot_id})
        except Exception:
            # A bug of ours: this process tries it no more, and takes the others.
            jobs.broken.add(snapshot_id)
            log.exception("snapshot %s", snapshot_id, extra={"snapshot": snapshot_id})
    return taken


def _take(jobs: Jobs, sink: StoreSink, snapshot_id: int) -> Taken:
    policy = sink.policy(snapshot_id)
    chunks = sink.chunks(snapshot_id)
    waiting = [c for c in chunks if c.state is not ChunkState.DONE]
    sources: dict[str, BalanceSource] = {}
    for network in {c.plan.network for c in (*waiting, *sink.late(snapshot_id))}:
        if policy.networks is None or network in policy.networks:
            source = _source(jobs, network, policy)
            if source is not None:
                sources[network] = source
    result = take_snapshot(
        *(sink, snapshot_id, sources, jobs.judge, jobs.registry),
        stop=jobs.stop,
        networks=policy.networks,
    )
    jobs.watch.count(Outcome.DONE, result.done - (len(chunks) - len(waiting)))
    jobs.watch.count(Outcome.FAILED, result.failed)
    tell_ended(jobs.store, snapshot_id, result.state)
    return result


def _source(jobs: Jobs, network: str, policy: SnapshotPolicy) -> BalanceSource | None:
    try:
        return jobs.sources(network, ReadPolicy(policy.quorum, policy.proof))
    except ConfigError as e:
        return _Refused(network, policy.chunk_sizes.get(network, 1), str(e))


class _Refused:
    """A network that is configured, and not so that it can be read: its chunks fail and say why.

    With no source at all they would be done, as if nobody were to be asked. Endpoints may have
    changed since the snapshot was planned.
    """

    def __init__(self, network: str, size: int, why: str) -> None:
        self.name = self.network = network
        self.ability = Ability(Reach.ANY, Evidence.UNAVAILABLE, size)
        self._why = why

    def pin(self, height: int | None) -> BlockRef:
        raise SourceRejectedError(self.network, self._why)

    def fetch_balances(
        self,
        queries: Sequence[BalanceQuery],
        at: BlockRef,
        progress: Callable[[float], None] | None = None,
    ) -> list[Balance]:
        raise SourceRejectedError(self.network, self._why)

    def close(self) -> None:
        """Nothing is open."""
