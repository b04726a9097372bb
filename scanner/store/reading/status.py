"""What is going on in a database: for `scanner status`, health checks and metrics."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, func, select, text

from scanner.snapshots.values import SnapshotState
from scanner.store.database.engine import Store
from scanner.store.reading.heads import SnapshotHead, chains_read, head, heads
from scanner.store.reading.history import newest_complete
from scanner.store.schema import tables as t
from scanner.store.schema.pruned_table import pruned
from scanner.store.writing import schedules as kept


@dataclass(frozen=True, slots=True)
class PublisherStatus:
    """One publisher. complete, finished: its complete snapshot of the newest balances, None before
    the first.

    balances: time of the oldest block that it was read at; None where no block has a time.
    chains: each network that it was read on, and the chain that its blocks are on.
    """

    name: str
    complete: int | None
    finished: datetime | None
    balances: datetime | None
    chains: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class ScheduleStatus:
    """One schedule with its latest run, None before the first.

    state: of the run, or of its snapshot once it has one; "paused" where no run is due, "waiting"
    where its moment has come and there is no snapshot yet.
    """

    schedule: kept.Schedule
    run: kept.Run | None
    state: str


@dataclass(frozen=True, slots=True)
class QueueStatus:
    """The workers' queue. jobs: status -> how many. workers: those with a sign of life lately."""

    jobs: dict[str, int]
    workers: int


@dataclass(frozen=True, slots=True)
class Status:
    """Everything at one moment. going: snapshots that have not ended, and incomplete ones.

    pruned: how many snapshots have lost their rows, and when the last did.
    queue: None where there is none (SQLite, not set up) or none to be seen by this role.
    """

    publishers: tuple[PublisherStatus, ...]
    going: tuple[SnapshotHead, ...]
    schedules: tuple[ScheduleStatus, ...]
    queue: QueueStatus | None
    pruned: tuple[int, datetime | None] = (0, None)


ALIVE_SECONDS = 60
"""Seconds since a worker's last sign of life for which it counts as alive."""


def status(store: Store) -> Status:
    """Look at everything. Cheap: it reads no result."""
    schedules = schedule_states(store)
    with store.read() as connection:
        publishers, queue = _publishers(connection), _queue(connection)
        gone = connection.execute(select(func.count(), func.max(pruned.c.at))).one()
    going = [s for s in SnapshotState if s is not SnapshotState.COMPLETE]
    return Status(
        tuple(publishers),
        tuple(heads(store, states=going)),
        tuple(schedules),
        queue,
        (int(gone[0]), gone[1]),
    )


STANDINGS = ("planned", "waiting", "running", "stopped", "incomplete")
"""Everything that `standing_of` says."""


def standing_of(store: Store, head: SnapshotHead, queue: QueueStatus | None) -> str:
    """Where a snapshot stands that is not complete, as it is now.

    Its stored state stays "running" after a stop; so "stopped" is what nobody is at, and "waiting"
    what a worker has to take. queue: of the same moment.
    """
    if head.state not in (SnapshotState.PLANNED, SnapshotState.RUNNING):
        return head.state.value
    if store.is_at(f"snapshot {head.id}"):
        return SnapshotState.RUNNING.value
    if head.policy.queued:
        taken = queue is not None and queue.workers > 0
        return SnapshotState.RUNNING.value if taken else "waiting"
    return "stopped" if head.state is SnapshotState.RUNNING else head.state.value


def schedule_states(store: Store) -> list[ScheduleStatus]:
    """Every schedule with where it stands, by name."""
    found, now = [], datetime.now(UTC)
    for schedule in kept.schedules(store):
        run = kept.last_run(store, schedule.id, now)
        found.append(ScheduleStatus(schedule, run, _state(store, schedule, run)))
    return found


def _state(store: Store, schedule: kept.Schedule, run: kept.Run | None) -> str:
    if schedule.paused:
        return "paused"
    if run is None:
        return ""
    if run.snapshot_id is None:  # "claimed" is a word for amounts
        return "waiting" if run.state is kept.RunState.CLAIMED else run.state.value
    return head(store, run.snapshot_id).state.value


def _publishers(connection: Connection) -> list[PublisherStatus]:
    s, newest = t.snapshot.c, newest_complete(connection)
    p = t.pinned_block.c
    oldest = select(func.min(p.time)).where(p.snapshot_id == s.id).scalar_subquery()
    query = select(s.id, s.finished, oldest).where(s.id.in_(newest.values()))
    known = {
        no: (no, finished, datetime.fromtimestamp(at, UTC) if at else None)
        for no, finished, at in connection.execute(query)
    }
    chains = chains_read(connection, newest.values())
    every = select(t.publisher.c.id, t.publisher.c.name).where(t.publisher.c.same_as.is_(None))
    found = []
    for publisher_id, name in connection.execute(every):
        no = newest.get(publisher_id, 0)
        read = tuple(chains.get(no, ()))
        found.append(PublisherStatus(name, *known.get(no, (None, None, None)), read))
    return sorted(found, key=lambda p: p.name)


def _queue(connection: Connection) -> QueueStatus | None:
    if connection.dialect.name == "sqlite":
        return None
    # NULL where there is no such table; false for a role that may only read results.
    there = text("SELECT has_table_privilege(to_regclass('procrastinate_jobs'), 'SELECT')")
    if not connection.execute(there).scalar():
        return None
    jobs = text(
        "SELECT status::text, count(*) FROM procrastinate_jobs "
        "WHERE queue_name = 'chunks' GROUP BY 1"
    )
    alive = text(
        "SELECT count(*) FROM procrastinate_workers "
        "WHERE last_heartbeat > now() - make_interval(secs => :seconds)"
    )
    workers = connection.execute(alive, {"seconds": ALIVE_SECONDS}).scalar_one()
    return QueueStatus({s: n for s, n in connection.execute(jobs)}, int(workers))
