"""Progress of long work on stderr: a bar on a terminal, a plain line now and then elsewhere."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Self

from scanner.cli.common import bar as drawn
from scanner.model.amount import counted
from scanner.reports.tables.text import printable

LINE_EVERY = 5.0
"""Seconds between two plain lines."""
BAR_EVERY = 0.1
"""Seconds between two updates of the bar."""


class ProgressBar:
    """Shows how far work is. Use as a context manager and call `update` as often as you like.

    label: what is done. unit: what is counted, in the plural ("rows").
    """

    def __init__(self, label: str, unit: str) -> None:
        self._label, self._unit = label, unit
        self._start = self._shown = time.monotonic()
        self._bar: drawn.Bar | None = None
        self._last: tuple[float, int] = (0.0, 0)
        self._told = self._last
        self.note = ""
        """What is said beside the count, of what was done last."""

    def __enter__(self) -> Self:
        if sys.stderr.isatty():
            self._bar = drawn.Bar(self._label)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._draw(*self._last)
            self._bar.stop()
        elif kind is None and self._shown > self._start and self._last != self._told:
            self._line(*self._last)

    def begin(self, label: str) -> None:
        """Go on to another part of the work, counted from 0, and say so; nothing if it is begun."""
        if label == self._label:
            return
        if self._bar is not None:
            self._draw(*self._last)
        self._label, self.note = label, ""
        self._start = self._shown = time.monotonic()
        self._last = self._told = (0.0, 0)
        if self._bar is None:
            self._line(*self._last)
        else:
            self._bar.begin(label)

    def update(self, share: float, count: int) -> None:
        """Say that `share` (0 to 1) of the work is done and `count` units are through."""
        self._last = share, count
        now = time.monotonic()
        if now - self._shown < (LINE_EVERY if self._bar is None else BAR_EVERY):
            return
        self._shown = now
        if self._bar is None:
            self._line(share, count)
        else:
            self._draw(share, count)

    def _draw(self, share: float, count: int) -> None:
        if self._bar is not None:
            self._bar.draw(share, _percent(share), self._rate(count))

    def _line(self, share: float, count: int) -> None:
        self._told = share, count
        left = _duration(self._left(share))
        done = f"{_percent(share)}%"
        sys.stderr.write(f"{printable(self._label)}: {done}, {self._rate(count)}, {left}\n")
        sys.stderr.flush()

    def _rate(self, count: int) -> str:
        seconds = max(time.monotonic() - self._start, 1e-3)
        rate = f"{counted(count, self._unit.removesuffix('s'))}, {count / seconds:,.0f}/s"
        return f"{rate}, {printable(self.note)}" if self.note else rate

    def _left(self, share: float) -> float | None:
        if share <= 0:
            return None
        return (time.monotonic() - self._start) * (1 - min(share, 1.0)) / share


def _percent(share: float) -> int:
    """A share in whole percent; 100 is said of what is done, and of nothing else."""
    return 100 if share >= 1 else min(99, round(share * 100))


def _duration(seconds: float | None) -> str:
    if seconds is None:
        return "time left unknown"
    whole = round(seconds)
    return f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02} left"
