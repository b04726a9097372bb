"""A Solana node of one process: real programs over LiteSVM, behind Agave's own types."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from scanner.demo.nodes import DEVNET
from support.missing import cannot

PYTHON = DEVNET / "litesvm" / "bin" / "python"
PROGRAM = Path(__file__).parents[2] / "scripts" / "nodes" / "litesvm" / "node.py"


@dataclass(frozen=True)
class LiteSvm:
    """made: what the program has made, by name, as it says."""

    url: str
    made: dict[str, str]


@contextmanager
def litesvm() -> Iterator[LiteSvm]:
    """Start one with its accounts, stop it at the end."""
    if not PYTHON.exists():
        cannot("LiteSVM is missing: run 'scripts/install-litesvm .devnet/litesvm'")
    process = subprocess.Popen([PYTHON, PROGRAM], stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, "it ended at once"
        made = json.loads(line)
        yield LiteSvm(f"http://127.0.0.1:{made['port']}", made)
    finally:
        process.kill()
        process.communicate(timeout=20)
