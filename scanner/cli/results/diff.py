"""`scanner diff SNAPSHOT SNAPSHOT`: what changed between two snapshots."""

from __future__ import annotations

import sys
from typing import Annotated, BinaryIO

import typer

from scanner.cli.common.console import emit, say, say_incomplete
from scanner.cli.common.options import AsJson, Database, database_url
from scanner.cli.results.show import Jsonl
from scanner.errors import ConfigError, clip
from scanner.reports.figures import difference as comparing
from scanner.reports.figures import difference_text as texts
from scanner.reports.tables import jsontext, writers
from scanner.store.database import engine
from scanner.store.reading import across, queries, series

Older = Annotated[str, typer.Argument(metavar="OLD", help="The earlier snapshot's id.")]
Newer = Annotated[
    str,
    typer.Argument(
        metavar="NEW",
        help="The later snapshot's id, or 'latest' of all. Default: the newest of the "
        "same publisher, networks and schedule.",
    ),
]
Exact = Annotated[bool, typer.Option("--exact", help="Show every amount to the last digit.")]


def diff(
    context: typer.Context,
    old: Older,
    new: Newer = "",
    exact: Exact = False,
    as_json: AsJson = False,
    jsonl: Jsonl = "",
    database: Database = None,
) -> None:
    """Show what changed between two snapshots.

    Compares totals, and lists addresses added, removed or changed in amount. --json writes the
    totals, --jsonl one object per address. The exit status is 0 whatever the differences.
    """
    if as_json and jsonl:
        raise ConfigError("--json and --jsonl cannot be used together")
    with engine.open_store(database_url(context, database)) as store:
        before = _taken(store, old)
        after = _taken(store, new or _newest_after(store, before))
        if before == after:
            what = f"snapshot {before.snapshot} cannot be compared with itself: name another one"
            raise ConfigError(what)
        if jsonl:
            with writers.whole_file(jsonl) as out:
                _write_lines(store, before, after, out)
        else:
            _show(store, before, after, "json" if as_json else "exact" if exact else "short")


def _newest_after(store: engine.Store, taken: across.Taken) -> str:
    """The newest snapshot of the same series: of its publisher, networks and schedule."""
    found = series.newest_after(store, taken.snapshot)
    if found is None:
        raise ConfigError(
            f"no later complete snapshot of the same publisher, networks and schedule as snapshot "
            f"{taken.snapshot} is there to compare it with: name one (scanner status)"
        )
    return str(found)


def _taken(store: engine.Store, wanted: str) -> across.Taken:
    snapshot_id = queries.resolve(store, wanted)
    return across.Taken(snapshot_id, queries.head(store, snapshot_id).list_id)


def _show(store: engine.Store, old: across.Taken, new: across.Taken, form: str) -> None:
    totals = [queries.totals(store, taken.snapshot) for taken in (old, new)]
    changes = comparing.compare_totals(*totals)
    for total in totals:
        if not total.complete:
            say_incomplete(total.snapshot)
    whose = [queries.head(store, taken.snapshot).publisher for taken in (old, new)]
    if whose[0] != whose[1]:
        say(f"these snapshots are of two publishers: {clip(whose[0])} and {clip(whose[1])}")
    if form == "json":
        assets = [change.to_json() for change in changes]
        emit(jsontext.pretty({"old": old.snapshot, "new": new.snapshot, "assets": assets}))
        return
    title = f"From snapshot {old.snapshot} to {new.snapshot}"
    if form == "exact":
        texts.print_changes(changes, title, sys.stdout)
    else:
        texts.print_short(changes, title, sys.stdout)
    for change in across.Change:
        texts.print_differences(texts.differences(store, old, new, change), change, sys.stdout)


def _write_lines(store: engine.Store, old: across.Taken, new: across.Taken, out: BinaryIO) -> None:
    record, compact = texts.difference_record, jsontext.compact  # for each of a million addresses
    for change in across.Change:
        for difference in texts.differences(store, old, new, change):
            out.write(compact(record(difference)))
