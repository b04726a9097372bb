"""`scanner liabilities`: what is owed to users, for the reserve ratio; and one user's own share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from scanner.cli.common.console import say
from scanner.cli.common.options import Database, database_url
from scanner.cli.liabilities.inclusion import verify_inclusion
from scanner.cli.liabilities.proof import verify
from scanner.liabilities.interface import Liability
from scanner.liabilities.load import load_liabilities
from scanner.model.finding import FindingKind
from scanner.model.registry import Registry
from scanner.settings.tables import load_registry
from scanner.store.database.engine import open_store
from scanner.store.reading.queries import findings, head, resolve
from scanner.store.writing.runs import set_liabilities

app = typer.Typer(help="Import and check liabilities.", no_args_is_help=True, rich_markup_mode=None)

app.command()(verify)
app.command()(verify_inclusion)

File = Annotated[
    Path,
    typer.Argument(
        metavar="FILE", help="CSV of asset,amount in whole coins, or a whole Merkle sum tree."
    ),
]
OfSnapshot = Annotated[
    str, typer.Option("--snapshot", metavar="SNAPSHOT", help="Which snapshot they belong to.")
]


@app.command("import")
def import_(
    context: typer.Context, file: File, snapshot: OfSnapshot = "latest", database: Database = None
) -> None:
    """Keep published liabilities beside a snapshot; its totals then show the reserve ratio.

    A Merkle sum tree (BitMEX, River, OKX) is hashed and added up again first; one that
    contradicts itself is not kept.
    """
    owed = read_owed(file, load_registry())
    with open_store(database_url(context, database)) as store:
        snapshot_id = resolve(store, snapshot)
        set_liabilities(store, snapshot_id, owed)
        whose = head(store, snapshot_id)
        missing = [
            found.finding.reason
            for found in findings(store, snapshot_id, kinds=[FindingKind.RESERVES_MISSING])
        ]
    # "latest" may be of another publisher, and what is kept is not changed: say whose it is.
    say(
        f"liabilities in {len(owed):,} assets kept beside snapshot {snapshot_id} "
        f"of {whose.list_name} by {whose.publisher}",
        *missing,
    )


def read_owed(file: Path, registry: Registry) -> list[Liability]:
    """Read liabilities of any form. A tree that contradicts itself ends the command with 1.

    Raises ListFormatError where the file cannot be read.
    """
    loaded = load_liabilities(file, registry)
    check = loaded.check
    if check is None:
        return list(loaded.liabilities)
    if check.holds:
        say(f"{check.nodes:,} nodes of the tree hashed and added up again: root {check.root}")
        return list(loaded.liabilities)
    for problem in check.problems:
        say(f"{file.name}:{problem.line}: {problem.reason}")
    say(f"the tree contradicts itself in {check.problem_count:,} places: nothing kept of it")
    raise typer.Exit(1)
