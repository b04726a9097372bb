"""How this process's endpoints did: questions by how they ended, and how long answers took."""

from __future__ import annotations

from collections import Counter
from enum import StrEnum
from threading import Lock
from typing import Final


class End(StrEnum):
    """How a question to an endpoint ended."""

    ANSWERED = "answered"
    FAILED = "failed"  # no answer, or one that makes no sense: asked again
    REFUSED = "refused"  # an answer that is no: of another branch, a height it does not have


class Tried:
    """Counts by endpoint. Safe to use from several threads. A question may be several requests."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._ends: Counter[tuple[str, End]] = Counter()
        self._seconds: dict[str, float] = {}

    def count(self, endpoint: str, end: End, seconds: float = 0.0) -> None:
        """One question ended. seconds: how long its answer took."""
        with self._lock:
            self._ends[endpoint, end] += 1
            if end is End.ANSWERED:
                self._seconds[endpoint] = self._seconds.get(endpoint, 0.0) + seconds

    def ends(self) -> list[tuple[str, End, int]]:
        """(endpoint, end, questions), by both."""
        with self._lock:
            return sorted((name, end, n) for (name, end), n in self._ends.items())

    def seconds(self) -> list[tuple[str, float]]:
        """(endpoint, seconds that all its answers took), by endpoint."""
        with self._lock:
            return sorted(self._seconds.items())


TRIED: Final = Tried()
"""Of this process."""
