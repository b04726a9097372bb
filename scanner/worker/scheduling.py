"""Starts what schedules ask for: claims a tick, fetches the list, plans a snapshot of it.

The same on both databases; only how the snapshot is taken then differs: workers take it from the
queue, or this process takes it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, select

from scanner import __version__
from scanner.chains.interface import ReadPolicy
from scanner.errors import (
    InputError,
    ListFormatError,
    ScannerError,
    SourceUnavailableError,
    StoreError,
)
from scanner.lists.open import open_list
from scanner.lists.reconcile import ListAudit
from scanner.model.registry import Registry
from scanner.net.fetching import Fetched, fetched
from scanner.net.locations import around, is_url
from scanner.net.words import heard
from scanner.snapshots.values import Origin, SnapshotPolicy
from scanner.store.database.engine import Store
from scanner.store.schema import tables as t
from scanner.store.writing import schedules as kept
from scanner.store.writing.lists_in import import_list
from scanner.store.writing.runs import require_validators, statement_rule
from scanner.store.writing.schedules import Run, RunState, Schedule
from scanner.worker.jobs import Sources
from scanner.worker.saying import tell
from scanner.worker.ticks import due_tick

Also = Callable[[Connection, Run], None]
"""What is done with a claimed run in the transaction that claims it."""

log = logging.getLogger(__name__)

TRIES = 5
"""How often a run is tried before it fails."""
FIRST_WAIT, LONGEST_WAIT = 15, 900
"""Seconds before what had no answer is tried again: four times as long each time."""

_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)

Plan = Callable[
    [int, SnapshotPolicy, dict[str, int], Callable[["Connection", int], None]],
    int,
]
"""plan(list id, policy, chunks in flight by network, also) -> snapshot id; `also` is done in the
transaction that makes the snapshot."""


def wait_after(tried: int, first: float = FIRST_WAIT, longest: float = LONGEST_WAIT) -> float:
    """Seconds before what was tried so often is tried again."""
    return min(longest, first * 4.0 ** min(tried - 1, 20))


def is_due(run: Run, now: datetime) -> bool:
    """Whether a claimed run may be tried now: the waits of its tries are over.

    They count from when it was claimed, so that nothing but the tries has to be kept.
    """
    if run.claimed is None or run.claimed > now:  # the clock was set back
        return True
    waits = sum(wait_after(tried) for tried in range(1, run.attempts + 1))
    return now >= run.claimed + timedelta(seconds=waits)


def claim_due(store: Store, now: datetime, also: Also | None = None) -> list[Run]:
    """Claim every tick that is due and that nobody has claimed.

    also: done with each in the transaction that claims it. A tick missed while nobody was there
    is claimed once, however many there were.
    """
    claimed = []
    for schedule in kept.schedules(store):
        tick = due_tick(schedule.cron, _due_after(store, schedule, now), now)
        if tick is None or schedule.paused:
            continue
        run = Run(schedule.id, tick, RunState.CLAIMED)
        if _claim(store, run, now, also):
            claimed.append(run)
            tell("run due", {"schedule": schedule.name, "publisher": schedule.publisher})
    return claimed


def _due_after(store: Store, schedule: Schedule, now: datetime) -> datetime:
    """The moment that ticks must lie after to be due.

    Marks of a clock that was far ahead are no marks: they would keep a schedule silent for years.
    """
    run = kept.last_run(store, schedule.id, now)
    marks = [
        mark
        for mark in (run.tick if run else schedule.created, schedule.since)
        if mark is not None and mark <= now + kept.AHEAD
    ]
    return max(marks, default=_LONG_AGO)


def claim_now(
    store: Store,
    schedule: Schedule,
    now: datetime,
    also: Also | None = None,
) -> Run:
    """Claim a run for this moment, whatever the cron expression says. Raises StoreError."""
    run = Run(schedule.id, now.astimezone(UTC), RunState.CLAIMED)
    if not _claim(store, run, now, also):
        raise StoreError(f"{schedule.name} is being run at this moment")
    return run


def start_run(
    store: Store, registry: Registry, sources: Sources, plan: Plan, run: Run
) -> int | None:
    """Fetch the list of a claimed run and plan its snapshot. Returns the snapshot's id.

    None if the run failed for good (recorded with its reason), its schedule was removed, or it
    was started before. Raises SourceUnavailableError while trying again may help; counting those
    tries is here, so that no queue is needed for it.
    """
    now = kept.run_at(store, run.schedule_id, run.tick)
    schedule = kept.schedule_by_id(store, run.schedule_id)
    if now is None or schedule is None:
        return None
    if now.state is not RunState.CLAIMED:
        return now.snapshot_id
    about = {"schedule": schedule.name, "publisher": schedule.publisher}
    try:
        with _in_our_words(schedule):
            snapshot_id = _start(store, registry, sources, plan, schedule, now)
    except SourceUnavailableError as e:
        if now.attempts + 1 >= TRIES:
            _fail(store, now, str(e), about)
            return None
        with store.write() as connection:
            kept.record(connection, now, attempts=now.attempts + 1, error=str(e))
        tell("the list could not be fetched", {**about, "reason": str(e)}, logging.WARNING)
        raise
    except StoreError as e:
        tell("the run could not start", {**about, "reason": str(e)}, logging.WARNING)
        raise
    except ScannerError as e:
        _fail(store, now, str(e), about)
        return None
    tell("snapshot planned", {**about, "snapshot": snapshot_id})
    return snapshot_id


@contextmanager
def _in_our_words(schedule: Schedule) -> Iterator[None]:
    """What goes wrong with this machine may be over soon; what is a bug of ours ends this run only.

    One list must not end the worker: all others would wait, and its next start would end the same.
    """
    try:
        yield
    except ScannerError:
        raise
    except OSError as e:
        what = f"this machine could not save or read it ({e.strerror or type(e).__name__})"
        raise SourceUnavailableError(schedule.name, what) from None
    except Exception as e:
        log.exception("schedule %s", schedule.name)
        what = f"an error in the program ({type(e).__name__}); the worker's log says more"
        raise InputError(f"{schedule.name}: {what}") from None


def give_up(store: Store, run: Run, reason: str) -> None:
    """Fail a run that is claimed. Nothing happens if it is gone, or was started after all."""
    now = kept.run_at(store, run.schedule_id, run.tick)
    schedule = kept.schedule_by_id(store, run.schedule_id)
    if now is not None and schedule is not None and now.state is RunState.CLAIMED:
        about = {"schedule": schedule.name, "publisher": schedule.publisher}
        _fail(store, now, f"{schedule.name}: {reason}", about)


def _start(
    store: Store, registry: Registry, sources: Sources, plan: Plan, schedule: Schedule, run: Run
) -> int:
    list_id, said, got = _list_of(store, registry, schedule)
    options = schedule.options
    wanted = None if options.networks is None else frozenset(options.networks)
    read = ReadPolicy(options.quorum, options.proof)
    sizes, parallel = {}, {}
    for network in _networks(store, list_id):
        source = sources(network, read) if wanted is None or network in wanted else None
        require_validators(store, list_id, {network: source})
        if source is not None:
            sizes[network] = source.ability.chunk_size
            parallel[network] = source.ability.parallel
    policy = SnapshotPolicy(
        at=options.at,
        chunk_sizes=sizes,
        networks=wanted,
        quorum=options.quorum,
        proof=options.proof,
        hashes=options.hashes,
        spread=options.spread,
        statement=statement_rule(store, list_id, options.challenge, options.wanted),
        origin=Origin(schedule.publisher, got.name, got.changed, _arguments(schedule)),
    )

    def started(connection: Connection, snapshot_id: int) -> None:
        kept.record(
            connection,
            run,
            state=RunState.STARTED.value,
            list_id=list_id,
            snapshot_id=snapshot_id,
            error="",
        )
        # Only now: a run that is tried again must not be told "unchanged" about a list it lost.
        kept.remember_fetch(connection, schedule, *said)

    return plan(list_id, policy, parallel, started)


def _arguments(schedule: Schedule) -> tuple[str, ...]:
    """The options of a command that takes the same snapshot."""
    return ("--publisher", schedule.publisher, *schedule.options.arguments())


def _list_of(
    store: Store, registry: Registry, schedule: Schedule
) -> tuple[int, tuple[str, str], Fetched]:
    """Fetch and store the list; an unchanged one is the one stored last.

    Only bytes are unchanged: they are asked for anew where another version of this program read
    them, which may read them as other rows.
    Returns its id, what its server said about its version, and what was fetched (the file is gone).
    """
    options = schedule.options
    before, program = kept.last_list(store, schedule.id) or (None, "")
    known = (schedule.etag, schedule.modified) if program == __version__ else ("", "")
    with fetched(schedule.location, schedule.name, *known) as got:
        if got.file is None:
            if before is None or not any(known):
                raise InputError(f"{schedule.name}: the server sent no list, though all was asked")
            return before, known, got
        with _unquoted(schedule, got.name):
            opened = open_list(
                got.file,
                registry,
                format=options.format or None,
                columns=options.columns,
                network=options.network,
                asset=options.asset,
                around=around(schedule.location),
            )
            with opened as rows:
                audit = ListAudit(registry)
                list_id = import_list(
                    store, rows, audit, publisher=schedule.publisher, name=got.name
                ).list_id
        return list_id, (got.etag, got.modified), got


@contextmanager
def _unquoted(schedule: Schedule, name: str) -> Iterator[None]:
    """Keep what a server sent out of the stored error: it may be no list, and not for everybody."""
    try:
        yield
    except ListFormatError as e:
        if not is_url(schedule.location):
            raise
        heard(schedule.name, e.what)
        what = (
            "what the server sent cannot be read as this list (it was not saved): fetch it "
            "yourself and check it with 'scanner lists inspect'"
        )
        raise ListFormatError(name, what, e.line, e.column) from None


def _networks(store: Store, list_id: int) -> list[str]:
    query = select(t.claim.c.network).distinct().where(t.claim.c.list_id == list_id)
    with store.read() as connection:
        return sorted(connection.execute(query).scalars())


def _claim(
    store: Store,
    run: Run,
    now: datetime,
    also: Also | None,
) -> bool:
    def give_out(connection: Connection) -> None:
        if also is not None:
            also(connection, run)

    return kept.claim(store, run.schedule_id, run.tick, now, give_out)


def _fail(store: Store, run: Run, reason: str, about: dict[str, str]) -> None:
    tell("run failed", {**about, "reason": reason}, logging.ERROR)
    with store.write() as connection:
        kept.record(
            connection,
            run,
            state=RunState.FAILED.value,
            attempts=run.attempts + 1,
            error=reason,
        )
