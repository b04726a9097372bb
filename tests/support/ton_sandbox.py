"""A TON node's HTTP API over the sandbox: contracts run in the real virtual machine."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scanner.demo.nodes import DEVNET
from support.missing import cannot

PROGRAM = DEVNET / "ton-sandbox" / "node.mjs"
CODES = Path(__file__).parents[1] / "vectors" / "ton" / "jetton_codes.json"


@dataclass(frozen=True)
class TonSandbox:
    """made: what the program has made, by name, as it says."""

    url: str
    made: dict[str, Any]


@contextmanager
def ton_sandbox() -> Iterator[TonSandbox]:
    """Start one with its accounts, stop it at the end."""
    if not (PROGRAM.parent / "VERSION").exists():
        cannot("TON's sandbox is missing: run 'scripts/install-ton-sandbox .devnet/ton-sandbox'")
    process = subprocess.Popen(["node", PROGRAM, CODES], stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, "it ended at once"
        made = json.loads(line)
        yield TonSandbox(f"http://127.0.0.1:{made['port']}", made)
    finally:
        process.kill()
        process.communicate(timeout=20)
