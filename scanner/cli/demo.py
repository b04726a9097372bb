"""`scanner demo`: the main job on two real chain nodes, with planted faults it must find."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Folder = Annotated[
    Path, typer.Option(metavar="DIR", help="Where list, nodes and results go.", file_okay=False)
]


def demo(folder: Folder = Path(".demo")) -> None:
    """Scan a list of real published addresses against two local chains; find its planted faults.

    Starts bitcoind and anvil, loads them, runs 'scanner snapshot', compares the result with what
    was loaded. Leaves with 0 if exactly the planted faults were found, else 1.
    """
    from scanner.demo.run import run_demo
    from scanner.settings.tables import load_registry

    raise typer.Exit(run_demo(folder, load_registry()))
