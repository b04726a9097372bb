"""The installed `scanner` command, and how one run of it ended."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

from support.warm import Started, warm

INSTALLED = Path(sys.executable).with_name("scanner")
COMMAND = [str(INSTALLED)] if INSTALLED.exists() else [sys.executable, "-m", "scanner.cli"]

AT_START = ("PYTHON", "LANG", "LC_", "PATH", "HOME", "NO_COLOR", "FORCE_COLOR", "TERM", "COLUMNS")
"""Variables that a process reads when it starts, and not again."""


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


def run_scanner(
    arguments: Sequence[object],
    *,
    folder: Path | None = None,
    env: Mapping[str, str] | None = None,
    timeout: float = 120,
    cold: bool = False,
) -> Done:
    """Run `scanner ARGUMENTS` to its end.

    folder: where, our own if None. env: variables beside ours. cold: start the installed script,
    instead of a process that has the program's imports done.
    Raises subprocess.TimeoutExpired, once the command has been killed.
    """
    words, place = [str(a) for a in arguments], folder or Path.cwd()
    whole = {**os.environ, **(env or {})}
    if cold or any(name.startswith(AT_START) for name in env or {}):
        done = subprocess.run(
            [*COMMAND, *words], cwd=place, env=whole, capture_output=True, timeout=timeout,
            check=False,
        )  # fmt: skip
        return Done(done.returncode, done.stdout, done.stderr.decode("utf-8"))
    with TemporaryFile() as out, TemporaryFile() as err:
        run = warm().start(words, cwd=place, env=whole, stdout=out, stderr=err)
        try:
            status = run.wait(timeout)
        except subprocess.TimeoutExpired:
            run.kill()
            run.wait()
            raise
        out.seek(0)
        err.seek(0)
        return Done(status, out.read(), err.read().decode("utf-8"))


def start_scanner(
    arguments: Sequence[object],
    *,
    folder: Path | None = None,
    env: Mapping[str, str] | None = None,
    **files: Any,
) -> Started:
    """Start `scanner ARGUMENTS`, warm. env: variables beside ours. files: stdout, stderr."""
    whole = {**os.environ, **(env or {})}
    words = [str(a) for a in arguments]
    return warm().start(words, cwd=folder or Path.cwd(), env=whole, **files)


def scanner_in(folder: Path) -> Scanner:
    """Run `scanner ARGUMENTS` in a folder, with a data folder of its own there."""

    def run(*arguments: object, env: Mapping[str, str] | None = None, **more: Any) -> Done:
        own = {"SCANNER_DATA": str(folder / "data"), **(env or {})}
        return run_scanner(arguments, folder=folder, env=own, **more)

    return run
