"""`scanner demo`: the whole job on real nodes and a published list with planted faults."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from scanner.demo.run import run_demo
from scanner.settings.tables import load_registry

Folder = Annotated[
    Path, typer.Option("--folder", metavar="DIR", help="Where nodes, list and results lie.")
]


def demo(folder: Folder = Path(".demo")) -> None:
    """Audit a published list on two real nodes of its own.

    Starts a bitcoind and an Ethereum node on this machine, loads them, audits a list, stops them.
    Exit status 0 when exactly the planted faults were found.
    """
    raise typer.Exit(run_demo(folder, load_registry()))
