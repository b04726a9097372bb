"""`scanner liabilities import FILE`: what is owed to users, for the reserve ratio."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from scanner.cli.options import Database, database_url

app = typer.Typer(help="What is owed to users.", no_args_is_help=True, rich_markup_mode=None)

File = Annotated[Path, typer.Argument(metavar="FILE", help="CSV of asset,amount in whole coins.")]
OfSnapshot = Annotated[
    str, typer.Option("--snapshot", metavar="SNAPSHOT", help="Which snapshot they belong to.")
]


@app.command("import")
def import_(
    context: typer.Context, file: File, snapshot: OfSnapshot = "latest", database: Database = None
) -> None:
    """Keep published liabilities beside a snapshot; its totals then show the reserve ratio."""
    from scanner.cli.console import say
    from scanner.liabilities.published import read_liabilities
    from scanner.settings.tables import load_registry
    from scanner.store.engine import open_store
    from scanner.store.queries import resolve
    from scanner.store.runs import set_liabilities

    owed = read_liabilities(file, load_registry())
    with open_store(database_url(context, database)) as store:
        snapshot_id = resolve(store, snapshot)
        set_liabilities(store, snapshot_id, owed)
    say(f"liabilities in {len(owed):,} assets kept beside snapshot {snapshot_id}")
