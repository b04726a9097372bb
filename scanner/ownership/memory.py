"""Verdicts remembered by what they were judged from: a publisher repeats an address per coin."""

from __future__ import annotations

import marshal
from hashlib import blake2b
from typing import Any

from scanner.model.control import ControlResult

LONGEST_KEY = 640
"""Bytes of a key that is kept as it is; of a longer one its hash."""

Verdicts = tuple[ControlResult, ControlResult]
"""What was published shows by itself; and the same where nothing can be asked."""


class Memory:
    """Verdicts by key, in two generations: flat memory, no bookkeeping."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._young: dict[bytes, Verdicts] = {}
        self._old: dict[bytes, Verdicts] = {}

    def find(self, key: bytes) -> Verdicts | None:
        """What is kept under the key, if it has not aged out."""
        return self._young.get(key) or self._old.get(key)

    def keep(self, key: bytes, verdicts: Verdicts) -> None:
        """Keep verdicts; when the young generation is full, the old one is dropped."""
        if len(self._young) >= self._size:
            self._old, self._young = self._young, {}
        self._young[key] = verdicts

    def clear(self) -> None:
        """Forget everything."""
        self._young, self._old = {}, {}


def memory_key(data: tuple[Any, ...]) -> bytes:
    """The key of everything that a verdict depends on.

    Rows are hostile: equal keys are equal data, but for a collision of a cryptographic hash where
    the data is long. No hash is as short as a key: data holds one.
    """
    key = _bytes(data)
    return key if len(key) <= LONGEST_KEY else blake2b(key, digest_size=32).digest()


def digest(data: tuple[Any, ...]) -> bytes:
    """A short stand-in for data: 32 bytes of a cryptographic hash."""
    return blake2b(_bytes(data), digest_size=32).digest()


def _bytes(data: tuple[Any, ...]) -> bytes:
    # Version 2 has no references: equal values give equal bytes, and no two values the same.
    return marshal.dumps(data, 2)
