"""The bar that `ProgressBar` draws on a terminal; apart, for rich is slow to import."""

from __future__ import annotations

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
)

from scanner.reports.tables.text import printable


class Bar:
    """One bar on stderr, drawn from now on until `stop`. label: may be text of a stranger."""

    def __init__(self, label: str) -> None:
        self._drawn = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[percent]:>3}%", style="progress.percentage"),
            TextColumn("{task.fields[note]}"),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            # Drawn when there is news: a thread for it would keep `crew.py` from forking.
            auto_refresh=False,
        )
        self._task = self._drawn.add_task(_words(label), total=1.0, note="", percent=0)
        self._drawn.start()

    def begin(self, label: str) -> None:
        """Start again at 0, with another label."""
        self._drawn.reset(self._task, total=1.0, description=_words(label), note="", percent=0)

    def draw(self, share: float, percent: int, note: str) -> None:
        """Draw it at a share from 0 to 1, in percent, with a note behind it."""
        self._drawn.update(self._task, completed=share, note=note, percent=percent, refresh=True)

    def stop(self) -> None:
        """Leave it on the terminal as it is."""
        self._drawn.stop()


def _words(label: str) -> str:
    return escape(printable(label))
