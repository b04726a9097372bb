"""Reads liabilities that a user names, and says what a tree of them shows."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import typer

from scanner.cli.common.console import say
from scanner.liabilities.interface import Liability
from scanner.liabilities.load import load_liabilities
from scanner.model.amount import counted
from scanner.model.registry import Registry


def read_owed(file: Path, registry: Registry, settled: Collection[str] = ()) -> list[Liability]:
    """Read liabilities of any form. A tree that contradicts itself ends the command with 1.

    settled: as for `load_liabilities`. Raises ListFormatError where the file cannot be read.
    """
    loaded = load_liabilities(file, registry, settled)
    check = loaded.check
    if check is None:
        return list(loaded.liabilities)
    if check.holds:
        nodes = f"{counted(check.nodes, 'node')} of the tree"
        entries = counted(check.leaves, "entry", "entries")
        say(
            f"{nodes} hashed and added up again, {entries} in it: root {check.root}"
            if check.levels > 1
            else f"{nodes} read: root {check.root}",
            *(f"gap: {gap}" for gap in check.gaps),
        )
        return list(loaded.liabilities)
    for problem in check.problems:
        say(f"{file.name}:{problem.line}: {problem.reason}")
    say(
        f"the tree contradicts itself in {counted(check.problem_count, 'place')}: nothing was saved"
    )
    raise typer.Exit(1)
