"""`scanner status`: what is going on, and how old snapshots and their balances are."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from datetime import UTC, datetime

import typer

from scanner.cli.common.console import emit
from scanner.cli.common.hints import repeating
from scanner.cli.common.options import AsJson, Database, database_url
from scanner.model.amount import counted
from scanner.model.finding import exit_status
from scanner.reports.figures import other_chains as told
from scanner.reports.tables import grid, jsontext
from scanner.reports.tables.text import printable
from scanner.store.database import engine
from scanner.store.reading import heads, queries
from scanner.store.reading import status as reading_status


def status(context: typer.Context, as_json: AsJson = False, database: Database = None) -> None:
    """Show publishers, snapshots that have not ended, schedules and the queue."""
    with engine.open_store(database_url(context, database)) as store:
        found = reading_status.status(store)
        states = {h.id: reading_status.standing_of(store, h, found.queue) for h in found.going}
        results = {
            p.complete: exit_status(queries.weights_found(store, p.complete))
            for p in found.publishers
            if p.complete is not None
        }
    now = datetime.now(UTC)
    if as_json:
        emit(jsontext.pretty(_record(found, states, results, now)))
    else:
        _print(found, states, results, now)


_RESULTS = {0: ("verified", "verified"), 1: ("false", "found false"),
            3: ("unshown", "not fully verified")}  # fmt: skip
"""Exit status of a complete snapshot -> its result in data and in words: it may be anything."""


def _record(
    found: reading_status.Status,
    states: Mapping[int, str],
    results: Mapping[int, int],
    now: datetime,
) -> dict[str, object]:
    queue = found.queue
    return {
        "publishers": [
            {
                "publisher": p.name,
                "snapshot": p.complete,
                "result": _RESULTS[results[p.complete]][0] if p.complete else None,
                "finished": p.finished.isoformat() if p.finished else None,
                "age_seconds": _seconds(p.finished, now),
                "balances_of": p.balances.isoformat() if p.balances else None,
                "balances_age_seconds": _seconds(p.balances, now),
                told.COLUMN: told.chain_objects(told.apart(p.chains)),
            }
            for p in found.publishers
        ],
        "going": [
            {
                "snapshot": h.id,
                "publisher": h.publisher,
                "state": states[h.id],
                "chunks": h.chunks,
                "done": h.chunks_done,
                "failed": h.chunks_failed,
                told.COLUMN: told.chain_objects(told.other_chains(h)),
            }
            for h in found.going
        ],
        "schedules": [
            {
                "name": s.schedule.name,
                "last": s.run.tick.isoformat() if s.run else None,
                "state": _state(s, states) or None,
                "snapshot": s.run.snapshot_id if s.run else None,
            }
            for s in found.schedules
        ],
        "pruned": {
            "snapshots": found.pruned[0],
            "last": found.pruned[1].isoformat() if found.pruned[1] else None,
        },
        "queue": None if queue is None else {"jobs": queue.jobs, "workers": queue.workers},
    }


def _print(
    found: reading_status.Status,
    states: Mapping[int, str],
    results: Mapping[int, int],
    now: datetime,
) -> None:
    names = ("publisher", "newest complete", "result", "taken", "balances")
    titles = [grid.Column(name) for name in names]
    rows = [
        [
            p.name,
            str(p.complete or "-"),
            _RESULTS[results[p.complete]][1] if p.complete else "-",
            _ago(p.finished, now, "never"),
            _ago(p.balances, now, "-"),
        ]
        for p in found.publishers
    ]
    if rows:
        grid.print_grid(titles, rows, title="Publishers")
    else:
        none = "No publisher yet: 'scanner snapshot FILE' makes the first snapshot."
        sys.stdout.write(repeating(none) + "\n")
    if found.going:
        columns = [
            grid.Column(t) for t in ("snapshot", "publisher", "state", "parts done", "failed")
        ]
        going = [_going(h, states[h.id]) for h in found.going]
        grid.print_grid(columns, going, title="Not complete")
    read = {p.complete: told.apart(p.chains) for p in found.publishers}
    read |= {h.id: told.other_chains(h) for h in found.going}
    for snapshot, chains in read.items():
        for line in told.chain_lines(chains, f"snapshot {snapshot}"):
            sys.stdout.write(printable(line) + "\n")
    if found.schedules:
        columns = [grid.Column(t) for t in ("schedule", "last run", "state", "snapshot", "error")]
        lines = [
            [
                s.schedule.name,
                f"{s.run.tick:%Y-%m-%d %H:%M}" if s.run else "-",
                _state(s, states) or "-",
                str(s.run.snapshot_id or "-") if s.run else "-",
                s.run.error if s.run else "",
            ]
            for s in found.schedules
        ]
        grid.print_grid(columns, lines, title="Schedules (UTC)")
    if found.pruned[1] is not None:
        many = counted(found.pruned[0], "snapshot")
        sys.stdout.write(f"Pruned: {many}, the last on {found.pruned[1]:%Y-%m-%d}\n")
    if found.queue is not None:
        jobs = ", ".join(f"{n:,} {state}" for state, n in sorted(found.queue.jobs.items()))
        sys.stdout.write(
            f"Queue: {jobs or 'empty'}; {counted(found.queue.workers, 'worker')} alive\n"
        )


def _state(schedule: reading_status.ScheduleStatus, states: Mapping[int, str]) -> str:
    """Of a schedule's last run; of its snapshot as it is now, if that has not ended."""
    now = states.get((schedule.run.snapshot_id if schedule.run else None) or 0, "")
    return now if now and not schedule.schedule.paused else schedule.state


_GO_ON = {
    "planned": "scanner resume {}",
    "stopped": "scanner resume {}",
    "incomplete": "scanner resume {}",
    "waiting": "scanner worker",
}
"""State -> the command that goes on with a snapshot."""


def _going(head: heads.SnapshotHead, state: str) -> list[str]:
    if state in _GO_ON:
        state = repeating(f"{state}: {_GO_ON[state].format(head.id)}")
    done = f"{head.chunks_done:,} of {head.chunks:,}"
    return [str(head.id), head.publisher, state, done, f"{head.chunks_failed:,}"]


def _seconds(moment: datetime | None, now: datetime) -> int | None:
    return int((now - moment).total_seconds()) if moment else None


def _ago(moment: datetime | None, now: datetime, otherwise: str) -> str:
    """How long ago: of balances by their blocks, which may be far older than the scan."""
    if moment is None:
        return otherwise
    hours, rest = divmod(max(0, int((now - moment).total_seconds())), 3600)
    if hours >= 48:
        return f"{hours // 24} days ago"
    return f"{hours} h {rest // 60} min ago" if hours else f"{rest // 60} min ago"
