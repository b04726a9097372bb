"""Adds up progress over chunks that are taken side by side, by threads and by processes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Lock

from scanner.snapshots.interface import Chunk, ChunkState, Progress


class Meter:
    """Tells `progress` how far the chunks of a snapshot are.

    others: claims that other processes have done meanwhile. afresh: whether chunks that are done
        are to be gone through once more.
    """

    def __init__(
        self, chunks: Sequence[Chunk], progress: Progress | None, *, afresh: bool = False
    ) -> None:
        self._lock = Lock()
        self._progress = progress
        self._all = sum(c.plan.claims for c in chunks)
        done = () if afresh else (c for c in chunks if c.state is ChunkState.DONE)
        self._done = sum(c.plan.claims for c in done)
        self._parts: dict[int, float] = {}
        self.others: Callable[[], int] = lambda: 0

    def part(self, chunk: Chunk, share: float) -> None:
        """A chunk is done to this share, 0 to 1."""
        with self._lock:
            self._parts[chunk.no] = min(max(share, 0.0), 1.0) * chunk.plan.claims
            self._tell()

    def done(self, chunk: Chunk) -> None:
        """A chunk is through."""
        with self._lock:
            self._parts.pop(chunk.no, None)
            self._done += chunk.plan.claims
            self._tell()

    def tell(self) -> None:
        """Tell how far it is, though nothing happened here."""
        with self._lock:
            self._tell()

    def _tell(self) -> None:
        if self._progress is not None and self._all:
            count = min(self._done + int(sum(self._parts.values())) + self.others(), self._all)
            self._progress(count / self._all, count)
