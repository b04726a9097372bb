"""`scanner export WHAT SNAPSHOT`: a table of a snapshot as a file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import typer

from scanner.cli.common.completion import tables
from scanner.cli.common.console import say, say_incomplete
from scanner.cli.common.options import Database, Snapshot, database_url
from scanner.cli.common.progress import ProgressBar
from scanner.model.amount import counted
from scanner.reports.documents import exports
from scanner.reports.figures import other_chains as told
from scanner.reports.tables import writers
from scanner.store.database import engine
from scanner.store.reading import check_chain, queries

LOOK_EVERY = 1_000
"""Rows between two looks at the clock."""

What = Annotated[
    str,
    typer.Argument(
        metavar="WHAT",
        help="totals, balances, ownership, verified, claims, ratios or findings.",
        autocompletion=tables,
    ),
]
Form = Annotated[str, typer.Option("--format", "-f", help="csv, json, jsonl or parquet.")]
Output = Annotated[str, typer.Option("--output", "-o", metavar="FILE", help="'-' for stdout.")]


def export(
    context: typer.Context,
    what: What,
    snapshot: Snapshot = "latest",
    form: Form = "csv",
    output: Output = "-",
    database: Database = None,
) -> None:
    """Write a table of a snapshot to a file. Exit status 0 means that it was written."""
    table, write = exports.table_named(what), writers.writer_named(form)
    with engine.open_store(database_url(context, database)) as store:
        snapshot_id = queries.resolve(store, snapshot)
        records = table.records(store, snapshot_id)
        expected = table.count(store, snapshot_id)
        with writers.whole_file(output) as stream, ProgressBar(f"exporting {what}", "rows") as bar:
            count = write(stream, table.columns, _watched(records, expected, bar))
        head, newest = queries.head(store, snapshot_id), check_chain.newest_head(store)
    where = writers.place(output)
    say(f"{counted(count, 'row')} of {what} of snapshot {snapshot_id} written to {where}")
    say(f"newest head of the database: {newest}")
    say(*told.chain_lines(told.other_chains(head)))
    if not head.complete:
        say_incomplete(snapshot_id)


def _watched(
    records: Iterator[dict[str, object]], expected: int, bar: ProgressBar
) -> Iterator[dict[str, object]]:
    for count, record in enumerate(records, 1):
        if count % LOOK_EVERY == 0:
            bar.update(min(count / max(expected, 1), 1.0), count)
        yield record
