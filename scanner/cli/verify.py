"""`scanner verify FILE`: did the keys sign? Ownership only: no network, no database."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scanner.cli.listing import (
    Columns,
    Format,
    ListOptions,
    RowAsset,
    RowNetwork,
    open_published,
    share,
)
from scanner.cli.options import ListFile

if TYPE_CHECKING:
    from scanner.lists.interface import OpenList
    from scanner.model.claim import Claim, UnreadableRow
    from scanner.model.control import ControlResult
    from scanner.model.registry import Registry
    from scanner.reports.ownership import OwnershipSummary

REPORT_EVERY = 256
"""Rows between two looks at the progress."""

Jsonl = Annotated[
    str,
    typer.Option(
        "--jsonl", metavar="OUT", help="Write one JSON object per row to a file; '-' for stdout."
    ),
]
Demanded = Annotated[
    str,
    typer.Option(
        "--challenge",
        metavar="TEXT",
        help="The message that must have been signed, as 'scanner challenge' wrote it.",
    ),
]


def verify(
    file: ListFile,
    jsonl: Jsonl = "",
    challenge: Demanded = "",
    format: Format = "",
    columns: Columns = None,
    network: RowNetwork = "",
    asset: RowAsset = "",
) -> None:
    """Check every signature of a published list. No network, no database.

    A summary per asset and network goes to stderr. What only the chain could show (who owns a
    contract) is not shown here: 'scanner snapshot' asks it.
    """
    from scanner.cli.console import finish
    from scanner.reports.ownership_text import print_ownership

    options = ListOptions(format, columns or (), network, asset)
    summary = _verify(file, options, jsonl, challenge)
    print_ownership(summary, sys.stderr)
    finish(summary.weights)


def _verify(file: Path, options: ListOptions, jsonl: str, challenge: str) -> OwnershipSummary:
    from scanner.cli.progress import ProgressBar
    from scanner.reports.jsontext import compact
    from scanner.reports.ownership import OwnershipSummary, row_object
    from scanner.reports.writers import whole_file
    from scanner.settings.tables import load_registry

    registry, summary = load_registry(), OwnershipSummary()
    with ExitStack() as stack:
        rows = stack.enter_context(open_published(file, registry, options))
        out = stack.enter_context(whole_file(jsonl)) if jsonl else None
        bar = stack.enter_context(ProgressBar(f"verifying {file.name}", "rows"))
        for row, result in _judged(rows, registry, challenge):
            summary.add(row, result)
            if out is not None:
                out.write(compact(row_object(row, result)))
            if summary.rows % REPORT_EVERY == 0:
                bar.update(share(rows.progress()), summary.rows)
    return summary


def _judged(
    rows: OpenList, registry: Registry, challenge: str
) -> Iterator[tuple[Claim | UnreadableRow, ControlResult | None]]:
    """Every data row in file order with its verdict; None for a row that gave no claim."""
    from scanner.model.claim import Claim, UnreadableRow
    from scanner.ownership.challenge import demand
    from scanner.ownership.judge import judge

    for row in rows:
        if isinstance(row, UnreadableRow):
            yield row, None
        elif isinstance(row, Claim):
            result = judge(row, registry)
            yield row, demand(result, row.message, challenge) if challenge else result
