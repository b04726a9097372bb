"""`scanner diff SNAPSHOT SNAPSHOT`: what changed between two snapshots."""

from __future__ import annotations

import sys
from typing import Annotated, BinaryIO

import typer

from scanner.cli.common.console import emit, say, say_incomplete
from scanner.cli.common.options import AsJson, Database, database_url
from scanner.cli.results.show import Jsonl
from scanner.errors import ConfigError, clip
from scanner.reports.figures.difference import compare_totals
from scanner.reports.figures.difference_text import (
    difference_record,
    differences,
    print_changes,
    print_differences,
    print_short,
)
from scanner.reports.tables.jsontext import compact, pretty
from scanner.reports.tables.writers import whole_file
from scanner.store.database.engine import Store, open_store
from scanner.store.reading import queries
from scanner.store.reading.across import Change, Taken
from scanner.store.reading.history import in_order, publisher_of

Older = Annotated[str, typer.Argument(metavar="OLD", help="The earlier snapshot's id.")]
Newer = Annotated[
    str,
    typer.Argument(
        metavar="NEW",
        help="The later snapshot's id, or 'latest' of all. Default: the publisher's newest.",
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
    with open_store(database_url(context, database)) as store:
        before = _taken(store, old)
        after = _taken(store, new or _newest_like(store, before))
        if before == after:
            what = f"snapshot {before.snapshot} cannot be compared with itself: name another one"
            raise ConfigError(what)
        if jsonl:
            with whole_file(jsonl) as out:
                _write_lines(store, before, after, out)
        else:
            _show(store, before, after, "json" if as_json else "exact" if exact else "short")


def _newest_like(store: Store, taken: Taken) -> str:
    """The newest snapshot of the same publisher."""
    return str(in_order(store, publisher_of(store, taken.snapshot))[0])


def _taken(store: Store, wanted: str) -> Taken:
    snapshot_id = queries.resolve(store, wanted)
    return Taken(snapshot_id, queries.head(store, snapshot_id).list_id)


def _show(store: Store, old: Taken, new: Taken, form: str) -> None:
    totals = [queries.totals(store, taken.snapshot) for taken in (old, new)]
    changes = compare_totals(*totals)
    for total in totals:
        if not total.complete:
            say_incomplete(total.snapshot)
    whose = [queries.head(store, taken.snapshot).publisher for taken in (old, new)]
    if whose[0] != whose[1]:
        say(f"these snapshots are of two publishers: {clip(whose[0])} and {clip(whose[1])}")
    if form == "json":
        assets = [change.to_json() for change in changes]
        emit(pretty({"old": old.snapshot, "new": new.snapshot, "assets": assets}))
        return
    title = f"From snapshot {old.snapshot} to {new.snapshot}"
    if form == "exact":
        print_changes(changes, title, sys.stdout)
    else:
        print_short(changes, title, sys.stdout)
    for change in Change:
        print_differences(differences(store, old, new, change), change, sys.stdout)


def _write_lines(store: Store, old: Taken, new: Taken, out: BinaryIO) -> None:
    for change in Change:
        for difference in differences(store, old, new, change):
            out.write(compact(difference_record(difference)))
