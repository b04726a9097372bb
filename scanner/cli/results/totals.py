"""`scanner totals SNAPSHOT`: how much is held per asset, by strength of evidence."""

from __future__ import annotations

from typing import Annotated

import typer

from scanner.cli.common.console import finish
from scanner.cli.common.options import AsJson, Database, Snapshot, database_url
from scanner.errors import ConfigError
from scanner.reports.figures.outcome import outcome_weights
from scanner.reports.figures.ratios import ratio_objects
from scanner.reports.figures.totals import write_totals
from scanner.store.database.engine import open_store
from scanner.store.reading import queries

AsCsv = Annotated[bool, typer.Option("--csv", help="Write CSV to stdout.")]


def totals(
    context: typer.Context,
    snapshot: Snapshot = "latest",
    as_json: AsJson = False,
    as_csv: AsCsv = False,
    database: Database = None,
) -> None:
    """Show the totals of a snapshot. The exit status is that of the snapshot's findings."""
    if as_json and as_csv:
        raise ConfigError("--json and --csv exclude each other")
    with open_store(database_url(context, database)) as store:
        snapshot_id = queries.resolve(store, snapshot)
        found = queries.totals(store, snapshot_id)
        form = "json" if as_json else "csv" if as_csv else "table"
        write_totals(found, form, ratio_objects(store, found))
        finish(outcome_weights(store, snapshot_id))
