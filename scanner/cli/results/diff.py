"""`scanner diff SNAPSHOT SNAPSHOT`: what changed between two snapshots."""

from __future__ import annotations

import sys
from typing import Annotated, BinaryIO

import typer

from scanner.cli.common.console import emit, say_incomplete
from scanner.cli.common.options import AsJson, Database, database_url
from scanner.cli.results.show import Jsonl
from scanner.errors import ConfigError
from scanner.reports.figures.difference import compare_totals
from scanner.reports.figures.difference_text import (
    difference_record,
    differences,
    print_changes,
    print_differences,
)
from scanner.reports.tables.jsontext import compact, pretty
from scanner.reports.tables.writers import whole_file
from scanner.store.database.engine import Store, open_store
from scanner.store.reading import queries
from scanner.store.reading.across import Change, Taken

Older = Annotated[str, typer.Argument(metavar="OLD", help="The earlier snapshot's id.")]
Newer = Annotated[str, typer.Argument(metavar="NEW", help="The later one's id, or 'latest'.")]


def diff(
    context: typer.Context,
    old: Older,
    new: Newer = "latest",
    as_json: AsJson = False,
    jsonl: Jsonl = "",
    database: Database = None,
) -> None:
    """Show what changed between two snapshots.

    Totals against totals, addresses added and gone, amounts moved. --json writes the totals,
    --jsonl one object per address. Exit status 0 whatever the differences.
    """
    if as_json and jsonl:
        raise ConfigError("--json and --jsonl exclude each other")
    with open_store(database_url(context, database)) as store:
        before, after = _taken(store, old), _taken(store, new)
        if before == after:
            what = f"snapshot {before.snapshot} cannot be compared with itself: name another one"
            raise ConfigError(what)
        if jsonl:
            with whole_file(jsonl) as out:
                _write_lines(store, before, after, out)
        else:
            _show(store, before, after, as_json)


def _taken(store: Store, wanted: str) -> Taken:
    snapshot_id = queries.resolve(store, wanted)
    return Taken(snapshot_id, queries.head(store, snapshot_id).list_id)


def _show(store: Store, old: Taken, new: Taken, as_json: bool) -> None:
    totals = [queries.totals(store, taken.snapshot) for taken in (old, new)]
    changes = compare_totals(*totals)
    for total in totals:
        if not total.complete:
            say_incomplete(total.snapshot)
    if as_json:
        assets = [change.to_json() for change in changes]
        emit(pretty({"old": old.snapshot, "new": new.snapshot, "assets": assets}))
        return
    print_changes(changes, f"Snapshot {old.snapshot} against {new.snapshot}", sys.stdout)
    for change in Change:
        print_differences(differences(store, old, new, change), change, sys.stdout)


def _write_lines(store: Store, old: Taken, new: Taken, out: BinaryIO) -> None:
    for change in Change:
        for difference in differences(store, old, new, change):
            out.write(compact(difference_record(difference)))
