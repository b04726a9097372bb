"""The installed `scanner` command, and how one run of it ended."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
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
    def text(self) -> str:
        """Stdout as text."""
        return self.out.decode("utf-8")

    @property
    def lines(self) -> list[str]:
        """Lines of stderr."""
        return self.err.splitlines()


Scanner = Callable[..., Done]


def scanner_in(folder: Path) -> Scanner:
    """Run `scanner ARGUMENTS` in a folder, with a data folder of its own there."""

    def run(*arguments: object, env: Mapping[str, str] | None = None, timeout: float = 120) -> Done:
        done = subprocess.run(
            [*COMMAND, *map(str, arguments)],
            cwd=folder,
            env={**os.environ, "SCANNER_DATA": str(folder / "data"), **(env or {})},
            capture_output=True,
            timeout=timeout,
            check=False,
        )
        return Done(done.returncode, done.stdout, done.stderr.decode("utf-8"))

    return run
