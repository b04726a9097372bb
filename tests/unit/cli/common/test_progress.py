"""Progress is shown on stderr only: lines without a terminal, a bar with one."""

from __future__ import annotations

import io
import sys

import pytest

from scanner.cli.common import progress
from scanner.cli.common.progress import ProgressBar


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(progress, "time", clock)
    return clock


def test_short_work_says_nothing(clock, capsys):
    with ProgressBar("verify", "rows") as bar:
        bar.update(0.5, 10)
        clock.now += 1
        bar.update(1.0, 20)
    assert capsys.readouterr() == ("", "")


def test_long_work_says_a_line_every_five_seconds(clock, capsys):
    with ProgressBar("verify", "rows") as bar:
        for second in range(1, 13):
            clock.now = 100.0 + second
            bar.update(second / 24, second * 1000)
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines() == [
        "verify: 21%, 5,000 rows, 1,000/s, 0:00:19 left",
        "verify: 42%, 10,000 rows, 1,000/s, 0:00:14 left",
        "verify: 50%, 12,000 rows, 1,000/s, 0:00:12 left",
    ]


@pytest.mark.parametrize(
    ("share", "said"),
    [(0.994, "99%"), (0.995, "99%"), (0.999999, "99%"), (1.0, "100%"), (1.2, "100%")],
)
def test_only_what_is_done_is_done_to_100_percent(clock, capsys, share, said):
    with ProgressBar("verify", "rows") as bar:
        clock.now += 6
        bar.update(share, 1)
    assert f"verify: {said}, 1 row, " in capsys.readouterr().err


def test_share_zero_has_no_time_left(clock, capsys):
    with ProgressBar("a\x1b[2J", "rows") as bar:
        clock.now += 6
        bar.update(0.0, 0)
    err = capsys.readouterr().err
    assert "time left unknown" in err
    assert "\x1b" not in err


def test_failure_prints_no_final_line(clock, capsys):
    bar = ProgressBar("verify", "rows")

    def fail():
        with bar:
            clock.now += 6
            bar.update(0.5, 1)
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert capsys.readouterr().err.count("\n") == 1


def test_the_next_part_of_the_work_begins_at_once_with_a_line_of_its_own(clock, capsys):
    with ProgressBar("snapshot 1", "claims") as bar:
        clock.now += 1
        bar.update(1.0, 2_000)
        bar.note = "of the first"
        bar.begin("snapshot 1, second reading")
        clock.now += 6
        bar.update(0.5, 600)
        bar.begin("snapshot 1, second reading")  # the same: goes on
        clock.now += 6
        bar.update(1.0, 1_200)
    assert capsys.readouterr().err.splitlines() == [
        "snapshot 1, second reading: 0%, 0 claims, 0/s, time left unknown",
        "snapshot 1, second reading: 50%, 600 claims, 100/s, 0:00:06 left",
        "snapshot 1, second reading: 100%, 1,200 claims, 100/s, 0:00:00 left",
    ]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_bar_on_a_terminal(monkeypatch, capsys):
    terminal = Terminal()
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setattr(sys, "stderr", terminal)
    with ProgressBar("verify [bold]", "rows") as bar:
        bar.update(1.0, 1234)
        bar.begin("again [bold]")
        bar.update(0.5, 7)
    assert "verify [bold]" in terminal.getvalue()
    assert "again [bold]" in terminal.getvalue()
    assert "7 rows" in terminal.getvalue()
    assert "1,234 rows" in terminal.getvalue()
    assert "100%" in terminal.getvalue()
    assert capsys.readouterr().out == ""
