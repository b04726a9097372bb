"""A named pipe in place of a file keeps whoever opens it waiting for ever: each is refused."""

from __future__ import annotations

import os

import pytest
from support.command import run_scanner

COMMANDS = (
    ("liabilities", "verify"), ("liabilities", "verify-inclusion"), ("liabilities", "import"),
    ("verify",), ("verify-transactions",), ("lists", "inspect"), ("challenge",), ("doctor",),
    ("report", "verify"), ("prices", "import"),
)  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_it_is_refused_at_once(command, tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    named = {("liabilities", "import"), ("prices", "import")}
    database = ["--database", f"sqlite:///{tmp_path / 'x.db'}"] if command in named else []
    done = run_scanner([*command, pipe, *database], timeout=60)
    assert done.status == 2, done.err
    assert "not a regular file: give one file, or '-' for stdin" in done.err
