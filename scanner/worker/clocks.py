"""What a clock that is set back would keep waiting, and how a worker notices that its own was.

Procrastinate stamps signs of life and retries with wall clocks, and gives out a periodic job once
for each moment. After a clock was set back by an hour, a dead worker would seem alive for an hour,
and nobody would look for it, for those moments were had. Schedules need nothing: a tick is claimed
once, whatever the clock says (ticks.py).
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Final

from sqlalchemy import text

from scanner.store.database.engine import Store

AHEAD: Final = 120
"""Seconds ahead of the server's clock that stamps of other machines may be."""
SET_BACK: Final = 5.0
"""Seconds that a wall clock must lose at once to count as set back; slewing is slower."""

log = logging.getLogger(__name__)

_STATEMENTS = (
    "UPDATE procrastinate_workers SET last_heartbeat = now() "
    "WHERE last_heartbeat > now() + make_interval(secs => :ahead)",
    "UPDATE procrastinate_jobs SET scheduled_at = now() WHERE status = 'todo' "
    "AND scheduled_at > now() + make_interval(secs => :ahead + :longest)",
)
_MOMENTS = (
    "DELETE FROM procrastinate_periodic_defers "
    "WHERE defer_timestamp > extract(epoch FROM now()) + :ahead"
)


def forget_future(store: Store, longest_wait: float, ahead: float = AHEAD) -> int:
    """Bring stamps that lie in the server's future back to now. Returns how many there were.

    longest_wait: seconds that a job may rightly wait to be tried again. A worker that is alive
    stamps itself anew within seconds; one that is dead counts as gone soon. Moments of periodic
    jobs that lie there are forgotten, to be had again: such jobs change nothing when done twice.
    Raises StoreError.
    """
    found = 0
    values = {"ahead": ahead, "longest": longest_wait}
    with store.write() as connection:
        for statement in _STATEMENTS:
            known = {name: value for name, value in values.items() if f":{name}" in statement}
            found += connection.execute(text(statement), known).rowcount
        connection.execute(text(_MOMENTS), {"ahead": ahead})
    if found:
        log.warning("a clock was set back: %s time stamps in the future were corrected", found)
    return found


class WallClock:
    """Watches this machine's wall clock against one that nobody can set."""

    def __init__(
        self,
        wall: Callable[[], float] = time.time,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self._wall, self._steady = wall, steady
        self._offset = wall() - steady()

    def was_set_back(self) -> bool:
        """Whether it lost time since the last look."""
        before, self._offset = self._offset, self._wall() - self._steady()
        return self._offset < before - SET_BACK
