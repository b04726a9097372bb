"""How an endpoint has been doing: speed, failures, and a breaker that gives it time to recover."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Final

from scanner.chains.fleet.tried import End

_WEIGHT: Final = 0.2  # of the newest observation in the moving averages
_TRIPS_AFTER: Final = 4  # failures in a row
_FIRST_REST: Final = 2.0
_LONGEST_REST: Final = 300.0


class Health:
    """Health of one endpoint. Safe to use from several threads.

    The breaker: after some failures in a row nobody asks for a while, then one request tries; if it
    fails too, the rest is twice as long. A wait that the server itself asked for is kept too.
    clock: seconds, monotonic. told: hears how each request ended, and the seconds of an answer.
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        told: Callable[[End, float], None] = lambda _end, _seconds: None,
    ) -> None:
        self._clock, self._told = clock, told
        self._lock = threading.Lock()
        self._latency = 0.0
        self._errors = 0.0
        self._in_a_row = 0
        self._rest = _FIRST_REST
        self._open_until = 0.0
        self._trying = False
        self.in_flight = 0

    def score(self) -> float:
        """Lower is better: expected seconds, made worse by errors and by work in flight."""
        return (0.05 + self._latency) * (1 + 20 * self._errors) * (1 + self.in_flight)

    def wait(self) -> float:
        """Seconds until it may be asked; 0 now."""
        with self._lock:
            if self._trying:
                return _FIRST_REST
            return max(0.0, self._open_until - self._clock())

    def start(self) -> float:
        """A request begins; returns the time for `succeeded` or `failed`."""
        with self._lock:
            self.in_flight += 1
            if self._in_a_row >= _TRIPS_AFTER:
                self._trying = True
            return self._clock()

    def succeeded(self, started: float) -> None:
        """The request was answered."""
        with self._lock:
            self._end()
            taken = self._clock() - started
            self._told(End.ANSWERED, taken)
            self._latency += _WEIGHT * (taken - self._latency)
            self._errors -= _WEIGHT * self._errors
            self._in_a_row = 0
            self._rest = _FIRST_REST

    def failed(self, retry_after: float | None = None) -> None:
        """The request failed. retry_after: seconds the server asked us to wait."""
        with self._lock:
            self._end()
            self._told(End.FAILED, 0.0)
            self._errors += _WEIGHT * (1 - self._errors)
            self._in_a_row += 1
            now = self._clock()
            if self._in_a_row >= _TRIPS_AFTER:
                self._open_until = now + self._rest
                self._rest = min(_LONGEST_REST, self._rest * 2)
            if retry_after is not None:
                self._open_until = max(self._open_until, now + min(retry_after, _LONGEST_REST))

    def left(self) -> None:
        """The request ended in an answer that says nothing about health (a refusal)."""
        with self._lock:
            self._end()
            self._told(End.REFUSED, 0.0)

    def _end(self) -> None:
        self.in_flight -= 1
        self._trying = False
