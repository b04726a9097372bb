"""`scanner lists inspect FILE`: what is in a published list, without asking anybody."""

from __future__ import annotations

import sys
from pathlib import Path

import typer

from scanner.cli.common.console import emit, finish
from scanner.cli.common.listing import (
    Columns,
    Format,
    ListOptions,
    RowAsset,
    RowNetwork,
    open_published,
    share,
)
from scanner.cli.common.options import AsJson, ListFile
from scanner.cli.common.progress import ProgressBar
from scanner.lists.reconcile import ListAudit, finding_of
from scanner.model.claim import ListSummary, UnreadableRow
from scanner.reports.commands.inspection import Inspection, inspection_json, print_inspection
from scanner.reports.tables.jsontext import pretty
from scanner.settings.tables import load_registry

app = typer.Typer(help="Look into published lists.", no_args_is_help=True, rich_markup_mode=None)


@app.command("inspect")
def inspect(
    file: ListFile,
    format: Format = "",
    columns: Columns = None,
    network: RowNetwork = "",
    asset: RowAsset = "",
    as_json: AsJson = False,
) -> None:
    """Show format, rows, assets, networks and problems of a list. No network, no database."""
    summary, found = _read(file, ListOptions(format, columns or (), network, asset))
    if as_json:
        emit(pretty(inspection_json(file.name, summary, found)))
    else:
        print_inspection(file.name, summary, found, sys.stdout)
    finish(found.problems.weights)


def _read(file: Path, options: ListOptions) -> tuple[ListSummary, Inspection]:
    registry = load_registry()
    audit, found = ListAudit(registry), Inspection()
    opened = open_published(file, registry, options)
    with opened as rows, ProgressBar(f"reading {file.name}", "rows") as bar:
        for number, row in enumerate(rows, 1):
            found.add(row, audit.observe(row))
            if isinstance(row, UnreadableRow):
                found.problems.add(finding_of(row))
            if number % 1000 == 0:
                bar.update(share(rows.progress()), number)
        for finding in audit.findings():
            found.problems.add(finding)
        return rows.summary(), found
