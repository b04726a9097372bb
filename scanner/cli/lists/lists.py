"""`scanner lists inspect FILE`: what is in a published list, without asking anybody."""

from __future__ import annotations

import sys

import typer

from scanner.cli.common.console import emit, finish
from scanner.cli.common.listing import (
    Columns,
    Format,
    ListOptions,
    RowAsset,
    RowNetwork,
    Unit,
    open_published,
    say_if_owed,
    share,
)
from scanner.cli.common.options import AsJson, ListFile
from scanner.cli.common.places import Place, at_hand
from scanner.cli.common.progress import ProgressBar
from scanner.model.claim import ListSummary
from scanner.reports.commands import inspection, reading
from scanner.reports.tables import jsontext
from scanner.settings import tables

app = typer.Typer(help="Inspect published lists.", no_args_is_help=True, rich_markup_mode=None)


@app.command("inspect")
def inspect(
    file: ListFile,
    format: Format = "",
    columns: Columns = None,
    network: RowNetwork = "",
    asset: RowAsset = "",
    unit: Unit = "",
    as_json: AsJson = False,
) -> None:
    """Show how a list is understood: its rows, assets and problems. No chain, no database."""
    with at_hand(file) as place:
        summary, found = _read(place, ListOptions(format, columns or (), network, asset, unit))
        say_if_owed(place, summary.claims)
    if as_json:
        emit(jsontext.pretty(inspection.inspection_json(place.name, summary, found)))
    else:
        inspection.print_inspection(place.name, summary, found, sys.stdout)
    finish(found.problems.weights)


def _read(place: Place, options: ListOptions) -> tuple[ListSummary, inspection.Inspection]:
    registry = tables.load_registry()
    opened = open_published(place, registry, options)
    with opened as rows, ProgressBar(f"reading {place.name}", "rows") as bar:
        return reading.read_through(rows, registry, lambda n: bar.update(share(rows.progress()), n))
