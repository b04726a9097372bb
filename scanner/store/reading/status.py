"""What is going on in a database: for `scanner status`, health checks and metrics."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, and_, func, select, text

from scanner.snapshots.interface import SnapshotState
from scanner.store.database.engine import Store
from scanner.store.reading.queries import SnapshotHead, heads
from scanner.store.schema import tables as t
from scanner.store.writing import schedules as kept
from scanner.store.writing.publishers import list_publisher


@dataclass(frozen=True, slots=True)
class PublisherStatus:
    """One publisher. complete, finished: its latest complete snapshot, None before the first."""

    name: str
    complete: int | None
    finished: datetime | None


@dataclass(frozen=True, slots=True)
class ScheduleStatus:
    """One schedule with its latest run, None before the first."""

    schedule: kept.Schedule
    run: kept.Run | None


@dataclass(frozen=True, slots=True)
class QueueStatus:
    """The workers' queue. jobs: status -> how many. workers: those with a sign of life lately."""

    jobs: dict[str, int]
    workers: int


@dataclass(frozen=True, slots=True)
class Status:
    """Everything at one moment. going: snapshots that have not ended, and incomplete ones.

    queue: None where there is none (SQLite, not set up) or none to be seen by this role.
    """

    publishers: tuple[PublisherStatus, ...]
    going: tuple[SnapshotHead, ...]
    schedules: tuple[ScheduleStatus, ...]
    queue: QueueStatus | None


ALIVE_SECONDS = 60
"""Seconds since a worker's last sign of life for which it counts as alive."""


def status(store: Store) -> Status:
    """Look at everything. Cheap: it reads no result."""
    schedules = []
    for schedule in kept.schedules(store):
        last = kept.runs(store, schedule.id, limit=1)
        schedules.append(ScheduleStatus(schedule, last[0] if last else None))
    with store.read() as connection:
        publishers, queue = _publishers(connection), _queue(connection)
    going = [s for s in SnapshotState if s is not SnapshotState.COMPLETE]
    return Status(tuple(publishers), tuple(heads(store, states=going)), tuple(schedules), queue)


def _publishers(connection: Connection) -> list[PublisherStatus]:
    s = t.snapshot.c
    complete = (
        select(list_publisher().label("publisher_id"), s.id)
        .join_from(t.reserve_list, t.snapshot, s.list_id == t.reserve_list.c.id)
        .where(s.state == SnapshotState.COMPLETE.value)
        .subquery()
    )
    latest = (
        select(complete.c.publisher_id, func.max(complete.c.id).label("id"))
        .group_by(complete.c.publisher_id)
        .subquery()
    )
    query = (
        select(t.publisher.c.name, s.id, s.finished)
        .outerjoin_from(t.publisher, latest, latest.c.publisher_id == t.publisher.c.id)
        .outerjoin(t.snapshot, and_(s.id == latest.c.id))
        .where(t.publisher.c.same_as.is_(None))
    )
    found = [PublisherStatus(*row) for row in connection.execute(query)]
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
