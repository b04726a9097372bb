"""`scanner demo`: the whole job on real nodes and a signed list with planted faults."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from scanner.demo import run
from scanner.settings import tables

Folder = Annotated[
    Path,
    typer.Option("--folder", metavar="DIR", help="Folder for the nodes, the list and the results."),
]


def demo(folder: Folder = Path(".demo")) -> None:
    """Audit the list of an invented exchange, with planted faults.

    Starts a bitcoind, an Ethereum node and servers that replay recorded answers of other
    networks, all on this machine, audits the list, then stops them. Exit status 0 if exactly
    the planted faults were found.
    """
    raise typer.Exit(run.run_demo(folder, tables.load_registry()))
