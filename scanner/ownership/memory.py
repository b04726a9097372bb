"""Verdicts remembered by what they were judged from: a publisher repeats an address per coin."""

from __future__ import annotations

import marshal
from collections.abc import Hashable
from hashlib import blake2b
from typing import Any

from scanner.model.control import ControlResult

LONGEST_KEY = 640
"""Characters of a key that is kept as it is; of a longer one its hash."""

Judged = tuple[bytes, str, bytes, str, tuple[str, ...], str, tuple[str, ...], str]
"""All that a verdict depends on: which networks judge alike, an address's format and payload, then
message, signatures, script, owners and row type of the claim."""

Verdicts = tuple[ControlResult, ControlResult]
"""What was published shows by itself; and the same where nothing can be asked."""


class Memory:
    """Verdicts by key, in two generations: flat memory, no bookkeeping."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._young: dict[Hashable, Verdicts] = {}
        self._old: dict[Hashable, Verdicts] = {}

    def find(self, key: Hashable) -> Verdicts | None:
        """What is kept under the key, if it has not aged out."""
        return self._young.get(key) or self._old.get(key)

    def keep(self, key: Hashable, verdicts: Verdicts) -> None:
        """Keep verdicts; when the young generation is full, the old one is dropped."""
        if len(self._young) >= self._size:
            self._old, self._young = self._young, {}
        self._young[key] = verdicts

    def clear(self) -> None:
        """Forget everything."""
        self._young, self._old = {}, {}


def memory_key(data: Judged) -> Hashable:
    """The key of everything that a verdict depends on.

    Rows are hostile: equal keys are equal data, but for a collision of a cryptographic hash where
    the data is long.
    """
    _, _, _, message, signatures, script, owners, row_type = data
    # Blanks between the parts, so that many empty ones are long, too.
    several = " ".join(signatures + owners)
    if len(message) + len(script) + len(row_type) + len(several) > LONGEST_KEY:
        return digest(data)
    return data


def digest(data: tuple[Any, ...]) -> bytes:
    """A short stand-in for data: 32 bytes of a cryptographic hash."""
    return blake2b(_bytes(data), digest_size=32).digest()


def _bytes(data: tuple[Any, ...]) -> bytes:
    # Version 2 has no references: equal values give equal bytes, and no two values the same.
    return marshal.dumps(data, 2)
