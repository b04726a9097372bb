"""A time becomes a height by as many operators as the rest of the command asks."""

from contextlib import contextmanager

import pytest
from typer.testing import CliRunner

from scanner.cli.common import times
from scanner.cli.main import app
from scanner.errors import ConfigError

ADD = ["schedule", "add", "x", "--list", "https://x.test/list.csv", "--cron", "0 6 * * *"]
AT = ["--at", "ETH=2026-11-01T00:00:00Z"]


@pytest.fixture
def quorums(monkeypatch):
    """Those that sources were opened with, to find a block by time."""
    found = []

    @contextmanager
    def open_sources(names, file, registry, policy):
        found.append(policy.quorum)
        raise ConfigError("enough")
        yield

    monkeypatch.setattr(times, "open_sources", open_sources)
    return found


@pytest.mark.parametrize(
    "command",
    [
        ["snapshot", "list.csv"],
        ["validators", "0x" + "ab" * 20],
        ADD,
    ],
)
def test_the_commands_quorum(quorums, command, tmp_path):
    database = [] if command[0] == "validators" else ["--database", str(tmp_path / "x.db")]
    CliRunner().invoke(app, [*command, *AT, "--quorum", "2", *database])
    assert quorums == [2]


@pytest.mark.parametrize(("more", "expected"), [([], 3), (["--quorum", "2"], 2)])
def test_an_edit_keeps_the_schedules_quorum(quorums, tmp_path, more, expected):
    file = ["--database", str(tmp_path / "x.db")]
    runner = CliRunner()
    done = runner.invoke(app, [*ADD, "--quorum", "3", *file])
    assert done.exit_code == 0, done.stderr
    runner.invoke(app, ["schedule", "edit", "x", *AT, *more, *file])
    assert quorums == [expected]
