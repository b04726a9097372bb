"""`scanner export WHAT SNAPSHOT`: a table of a snapshot as a file."""

from __future__ import annotations

from typing import Annotated

import typer

from scanner.cli.options import Database, Snapshot, database_url

What = Annotated[
    str, typer.Argument(metavar="WHAT", help="totals, balances, ownership, claims or findings.")
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
    """Write a table of a snapshot to a file. Exit status 0 means it was written."""
    from scanner.cli.console import say
    from scanner.reports.exports import table_named
    from scanner.reports.writers import whole_file, writer_named
    from scanner.store.engine import open_store
    from scanner.store.queries import resolve

    table, write = table_named(what), writer_named(form)
    with open_store(database_url(context, database)) as store:
        snapshot_id = resolve(store, snapshot)
        with whole_file(output) as stream:
            count = write(stream, table.columns, table.records(store, snapshot_id))
    say(f"{count:,} rows of {what} of snapshot {snapshot_id} written to {output}")
