"""`scanner verify FILE`: did the keys sign? Ownership only: no network, no database."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from scanner.cli.common.console import finish
from scanner.cli.common.listing import (
    Columns,
    Format,
    ListOptions,
    RowAsset,
    RowNetwork,
    open_published,
    share,
)
from scanner.cli.common.options import ListFile
from scanner.cli.common.progress import ProgressBar
from scanner.errors import ConfigError
from scanner.ownership.parallel import judge_blocks
from scanner.reports.commands.ownership import OwnershipSummary, render_block
from scanner.reports.commands.ownership_text import print_ownership
from scanner.reports.tables.writers import whole_file
from scanner.settings.tables import load_registry

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
    keep_apart(file, jsonl)
    options = ListOptions(format, columns or (), network, asset)
    summary = _verify(file, options, jsonl, challenge)
    print_ownership(summary, sys.stderr)
    finish(summary.weights)


def keep_apart(file: Path, out: str) -> None:
    """Refuse to replace the list by its verdicts. Raises ConfigError."""
    if out not in ("", "-") and file.resolve() == Path(out).resolve():
        raise ConfigError(f"--jsonl {out} is the list itself: name another file")


def _verify(file: Path, options: ListOptions, jsonl: str, challenge: str) -> OwnershipSummary:
    summary = OwnershipSummary()
    render = partial(render_block, lines=bool(jsonl), challenge=challenge)
    with ExitStack() as stack:
        rows = stack.enter_context(open_published(file, load_registry(), options))
        out = stack.enter_context(whole_file(jsonl)) if jsonl else None
        bar = stack.enter_context(ProgressBar(f"verifying {file.name}", "rows"))
        for part, lines in judge_blocks(rows.blocks(), render):
            summary.merge(part)
            if out is not None:
                out.write(lines)
            bar.update(share(rows.progress()), summary.rows)
    return summary
