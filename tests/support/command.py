"""The installed `scanner` command, and how one run of it ended."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path

INSTALLED = Path(sys.executable).with_name("scanner")
COMMAND = [str(INSTALLED)] if INSTALLED.exists() else [sys.executable, "-m", "scanner.cli"]


@dataclass(frozen=True)
class Done:
    """How a command ended. out: bytes of stdout. err: text of stderr."""

    status: int
    out: bytes
    err: str

    @property
    def objects(self) -> list[dict]:
        """Stdout as JSON lines."""
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def object(self) -> dict:
        """Stdout as one JSON value."""
        return json.loads(self.out)

    @property
    def lines(self) -> list[str]:
        """Lines of stderr."""
        return self.err.splitlines()
