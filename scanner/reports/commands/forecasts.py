"""What a snapshot of a list would meet, for `scanner doctor`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TextIO

from scanner.reports.tables.grid import Cell, Column, print_grid
from scanner.reports.tables.text import printable
from scanner.snapshots.forecast import Forecast


def forecast_record(found: Forecast) -> dict[str, object]:
    """The object of one network and height in `doctor --json`."""
    return {
        "network": found.network,
        "height": found.height,
        "rows": found.rows,
        "source": found.source,
        "tried": found.tried,
        "answered": found.answered,
        "block": found.block,
        "evidence": found.evidence.value,
        "seconds": None if found.seconds is None else round(found.seconds),
        "problem": found.problem,
        "advice": found.advice,
        "block_time": _time(found),
        "doubt": found.doubt,
    }


def print_forecasts(forecasts: Sequence[Forecast], stream: TextIO) -> None:
    """Print a table, one line per network and height, and below it what to do."""
    columns = [Column("network"), Column("height", right=True), Column("rows", right=True)]
    columns += [Column("its time"), Column("endpoint"), Column("tried", right=True)]
    columns += [Column("evidence")]
    columns += [Column("at least", right=True)]
    print_grid(columns, [_row(f) for f in forecasts], stream=stream)
    for found in forecasts:
        # A height that is in doubt is the problem, too: once is enough.
        said = dict.fromkeys(part for part in (found.problem, found.doubt, found.advice) if part)
        if said:
            height = "" if found.height is None else f" {found.height:,}"
            words = "; ".join(said)
            stream.write(f"{found.network}{height}: {printable(words)}\n")


def _row(found: Forecast) -> list[str | Cell]:
    height = "newest" if found.height is None else f"{found.height:,}"
    tried = f"{found.answered} of {found.tried}" if found.tried else "-"
    evidence: str | Cell = found.evidence.value
    if not found.good:
        evidence = Cell(found.evidence.value, "red")
    start: list[str | Cell] = [found.network, height, f"{found.rows:,}", _time(found) or "-"]
    return [*start, found.source or "-", tried, evidence, duration(found.seconds)]


def _time(found: Forecast) -> str | None:
    return None if found.time is None else datetime.fromtimestamp(found.time, UTC).isoformat()


def duration(seconds: float | None) -> str:
    """Seconds in words: "-", "under 1 s", "40 s", "12 min", "5 h"."""
    if seconds is None:
        return "-"
    if seconds < 1:
        return "under 1 s"
    for size, unit in ((3600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"
