"""Keeps schedules and their runs. A run is keyed by schedule and tick: it is claimed once."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, select

from scanner.errors import ConfigError, StoreError
from scanner.model.jsontext import own_json
from scanner.snapshots.values import ONE_MOMENT
from scanner.store.database.engine import Store
from scanner.store.schema import tables as t
from scanner.store.schema.bulk import insert_new

AHEAD = timedelta(hours=2)
"""How far ahead of the clock a tick or a mark may be that counts: clocks are set back a little."""


class RunState(StrEnum):
    """Where a run stands. Its snapshot has a state of its own."""

    CLAIMED = "claimed"  # somebody is at it, or was when it was stopped
    STARTED = "started"  # its snapshot is planned
    FAILED = "failed"  # gave up, with the reason


@dataclass(frozen=True, slots=True)
class ScheduleOptions:
    """How the list is read and the snapshot taken.

    networks: whose balances are read, None for all. at, quorum, proof: as for a snapshot.
    format, columns, network, asset: as `scanner.lists.open.open_list` takes them.
    challenge, wanted: what counts as the publisher's claim, as `make_rule` takes it.
    hashes, spread: as in `SnapshotPolicy`.
    """

    networks: tuple[str, ...] | None = None
    at: Mapping[str, int | None] = field(default_factory=dict)
    quorum: int = 1
    proof: bool = False
    format: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)
    network: str = ""
    asset: str = ""
    challenge: str = ""
    wanted: tuple[str, ...] = ()
    hashes: Mapping[str, str] = field(default_factory=dict)
    spread: int = ONE_MOMENT

    def arguments(self) -> tuple[str, ...]:
        """The same as options of `scanner snapshot`, as a user would write them."""
        networks = self.networks
        said = [
            *(("--challenge", self.challenge) if self.challenge else ()),
            *(word for text in self.wanted for word in ("--statement", text)),
            *(word for place in self._places() for word in ("--at", place)),
            *(("--spread", str(self.spread)) if self.spread != ONE_MOMENT else ()),
            *(("--networks", ",".join(networks)) if networks is not None else ()),
            *(("--quorum", str(self.quorum)) if self.quorum != 1 else ()),
            *(("--proof",) if self.proof else ()),
            *(("--format", self.format) if self.format else ()),
            *(word for k, v in self.columns.items() for word in ("--columns", f"{k}={v}")),
            *(("--network", self.network) if self.network else ()),
            *(("--asset", self.asset) if self.asset else ()),
        ]
        return tuple(said)

    def _places(self) -> Iterator[str]:
        for network, height in sorted(self.at.items()):
            block_hash = self.hashes.get(network, "")
            where = "latest" if height is None else str(height)
            yield f"{network}={where}" + (f":{block_hash}" if block_hash else "")


@dataclass(frozen=True, slots=True)
class Schedule:
    """A list that is scanned again and again.

    location: path or http(s) URL. etag, modified: what its server said with the list last fetched.
    paused: whether no run is due. since: when it was resumed; runs from before are not due.
    """

    id: int
    name: str
    publisher: str
    location: str
    cron: str
    options: ScheduleOptions
    created: datetime
    etag: str = ""
    modified: str = ""
    paused: bool = False
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a schedule. tick: the moment it stands for. claimed: when somebody took it."""

    schedule_id: int
    tick: datetime
    state: RunState
    attempts: int = 0
    list_id: int | None = None
    snapshot_id: int | None = None
    error: str = ""
    claimed: datetime | None = None


def add(
    store: Store,
    name: str,
    publisher: str,
    location: str,
    cron: str,
    options: ScheduleOptions,
    now: datetime,
) -> int:
    """Keep a new schedule. Returns its id. Raises ConfigError if the name is taken."""
    with store.write() as connection:
        done = connection.execute(
            insert_new(connection, t.schedule)
            .values(
                name=name,
                publisher=publisher,
                location=location,
                cron=cron,
                options=json.dumps(_dump(options), sort_keys=True),
                created=now,
            )
            .returning(t.schedule.c.id)
        ).scalar()
    if done is None:
        raise ConfigError(
            f"there is already a schedule {name!r}: change it with 'scanner schedule edit', or "
            "remove it first"
        )
    return int(done)


def schedules(store: Store) -> list[Schedule]:
    """Every schedule, by name."""
    with store.read() as connection:
        found = [_read(row) for row in connection.execute(select(t.schedule))]
    return sorted(found, key=lambda s: s.name)


def schedule_by_id(store: Store, schedule_id: int) -> Schedule | None:
    """One schedule, None if it was removed."""
    return next((s for s in schedules(store) if s.id == schedule_id), None)


def schedule_named(store: Store, name: str) -> Schedule:
    """One schedule. Raises ConfigError naming those there are."""
    every = schedules(store)
    for schedule in every:
        if schedule.name == name:
            return schedule
    known = ", ".join(s.name for s in every) or "none"
    raise ConfigError(f"no schedule {name!r}; there are: {known}")


def edit(store: Store, name: str, change: Callable[[Schedule], Schedule]) -> Schedule:
    """Change a schedule's publisher, location, cron expression, options and pause. Returns it.

    change: gives what it is to be, of what it is: both in one transaction, so that of two edits at
    one time none is lost. It may raise; then nothing is changed.
    Where the list is now another, or is to be read in another way, its server is asked for all of
    it. Raises ConfigError if there is no such schedule.
    """
    c = t.schedule.c
    with store.write() as connection:
        query = select(t.schedule).where(c.name == name).with_for_update()
        row = connection.execute(query).first()
        if row is None:
            raise ConfigError(f"no schedule {name!r}: was it removed?")
        before = _read(row)
        after = change(before)
        extra: dict[str, Any] = {"paused": True} if after.paused else {}
        if after.since is not None:
            extra["since"] = after.since.isoformat()
        said = {} if _reading(before) == _reading(after) else {"etag": "", "modified": ""}
        connection.execute(
            t.schedule.update()
            .where(c.id == row.id)
            .values(
                publisher=after.publisher,
                location=after.location,
                cron=after.cron,
                options=json.dumps({**_dump(after.options), **extra}, sort_keys=True),
                **said,
            )
        )
        return _read(connection.execute(select(t.schedule).where(c.id == row.id)).one())


def remove(store: Store, name: str) -> None:
    """Forget a schedule and its runs; its snapshots stay. Raises ConfigError."""
    schedule = schedule_named(store, name)
    with store.write() as connection:
        connection.execute(t.schedule.delete().where(t.schedule.c.id == schedule.id))


def last_run(store: Store, schedule_id: int, now: datetime) -> Run | None:
    """The run of the latest tick, None before the first.

    Ticks that lie more than AHEAD in the future are left out: a clock was wrong when they were
    claimed, perhaps by years, and until then nothing would be due.
    """
    found = runs(store, schedule_id, limit=1, until=now + AHEAD)
    return found[0] if found else None


def runs(
    store: Store, schedule_id: int, limit: int | None = None, until: datetime | None = None
) -> list[Run]:
    """Runs of a schedule, the latest first. until: only of ticks to there."""
    c = t.schedule_run.c
    query = select(t.schedule_run).where(c.schedule_id == schedule_id)
    if until is not None:
        query = query.where(c.tick <= until)
    with store.read() as connection:
        rows = connection.execute(query.order_by(c.tick.desc()).limit(limit))
        return [_read_run(row) for row in rows]


def run_at(store: Store, schedule_id: int, tick: datetime) -> Run | None:
    """One run, None if there is none."""
    c = t.schedule_run.c
    query = select(t.schedule_run).where(c.schedule_id == schedule_id, c.tick == tick)
    with store.read() as connection:
        row = connection.execute(query).first()
        return None if row is None else _read_run(row)


def unfinished(store: Store) -> list[Run]:
    """Runs that were claimed and got no snapshot, oldest first."""
    c = t.schedule_run.c
    query = select(t.schedule_run).where(c.state == RunState.CLAIMED.value)
    with store.read() as connection:
        return [_read_run(row) for row in connection.execute(query.order_by(c.tick))]


def claim(
    store: Store,
    schedule_id: int,
    tick: datetime,
    now: datetime,
    also: Callable[[Connection], None] | None = None,
) -> bool:
    """Claim a tick. Returns whether it is ours: of all who try, one gets it.

    also: done in the same transaction if it is (the job that does the run).
    """
    with store.write() as connection:
        done = connection.execute(
            insert_new(connection, t.schedule_run)
            .values(
                schedule_id=schedule_id,
                tick=tick,
                state=RunState.CLAIMED.value,
                claimed=now,
                attempts=0,
                error="",
            )
            .returning(t.schedule_run.c.tick)
        ).first()
        if done is None:
            return False
        if also is not None:
            also(connection)
    return True


def record(connection: Connection, run: Run, **values: Any) -> None:  # noqa: ANN401 - columns
    """Write what became of a run. Raises StoreError if another has finished it meanwhile."""
    c = t.schedule_run.c
    done = connection.execute(
        t.schedule_run.update()
        .where(
            c.schedule_id == run.schedule_id,
            c.tick == run.tick,
            c.state == RunState.CLAIMED.value,
        )
        .values(**values)
    )
    if done.rowcount != 1:
        raise StoreError(f"the run of {run.tick:%Y-%m-%d %H:%M} was finished by another process")


def remember_fetch(connection: Connection, schedule: Schedule, etag: str, modified: str) -> None:
    """Keep what the server said about the list, to ask only for changes next time.

    schedule: as it was when the list was read; nothing is kept if it reads another one by now, or
    in another way.
    """
    c = t.schedule.c
    row = connection.execute(select(t.schedule).where(c.id == schedule.id)).first()
    if row is not None and _reading(_read(row)) == _reading(schedule):
        connection.execute(
            t.schedule.update()
            .where(c.id == schedule.id, c.location == row.location, c.options == row.options)
            .values(etag=etag, modified=modified)
        )


def _reading(schedule: Schedule) -> tuple[object, ...]:
    """What the rows of a list depend on besides its bytes."""
    of = schedule.options
    return (
        *(schedule.location, schedule.publisher),
        *(of.format, dict(of.columns), of.network, of.asset),
    )


def last_list(store: Store, schedule_id: int) -> tuple[int, str] | None:
    """The list that was used last, and the program that read it."""
    c = t.schedule_run.c
    query = (
        select(c.list_id, t.snapshot.c.program)
        .join(t.snapshot, t.snapshot.c.id == c.snapshot_id)
        .where(c.schedule_id == schedule_id, c.list_id.is_not(None))
        # Not by ticks: those are of clocks, which may have been wrong.
        .order_by(c.snapshot_id.desc())
        .limit(1)
    )
    with store.read() as connection:
        row = connection.execute(query).first()
        return None if row is None else (int(row.list_id), str(row.program))


def _dump(options: ScheduleOptions) -> dict[str, Any]:
    return {
        "networks": None if options.networks is None else list(options.networks),
        "at": dict(options.at),
        "quorum": options.quorum,
        "proof": options.proof,
        "format": options.format,
        "columns": dict(options.columns),
        "network": options.network,
        "asset": options.asset,
        "challenge": options.challenge,
        "wanted": list(options.wanted),
        "hashes": dict(options.hashes),
        "spread": options.spread,
    }


def _read(row: Any) -> Schedule:  # noqa: ANN401 - a row
    stored = own_json(row.options)
    networks = stored.pop("networks")
    paused, since = stored.pop("paused", False), stored.pop("since", None)
    stored["wanted"] = tuple(stored.get("wanted", ()))
    options = ScheduleOptions(networks=None if networks is None else tuple(networks), **stored)
    return Schedule(
        row.id,
        row.name,
        row.publisher,
        row.location,
        row.cron,
        options,
        row.created,
        row.etag,
        row.modified,
        paused,
        datetime.fromisoformat(since) if since else None,
    )


def _read_run(row: Any) -> Run:  # noqa: ANN401 - a row
    return Run(
        row.schedule_id,
        row.tick,
        RunState(row.state),
        row.attempts,
        row.list_id,
        row.snapshot_id,
        row.error,
        row.claimed,
    )
