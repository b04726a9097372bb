"""Runs the installed `scanner` command as its users do: a process of its own."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from support.command import COMMAND, Done

Scanner = Callable[..., Done]


@pytest.fixture
def scanner(tmp_path: Path) -> Scanner:
    """Run `scanner ARGUMENTS` in a folder of its own, with a data folder of its own."""

    def run(*arguments: object, env: Mapping[str, str] | None = None, timeout: float = 120) -> Done:
        done = subprocess.run(
            [*COMMAND, *map(str, arguments)],
            cwd=tmp_path,
            env={**os.environ, "SCANNER_DATA": str(tmp_path / "data"), **(env or {})},
            capture_output=True,
            timeout=timeout,
            check=False,
        )
        return Done(done.returncode, done.stdout, done.stderr.decode("utf-8"))

    return run
