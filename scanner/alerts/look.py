"""What a rule looks at, and what it may find."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from scanner.model.registry import Registry
from scanner.store.database.engine import Store
from scanner.store.reading.across import Taken
from scanner.store.reading.heads import SnapshotHead


@dataclass(frozen=True, slots=True)
class Found:
    """What a rule found. subject: an asset, another publisher; "" for the snapshot itself."""

    subject: str
    reason: str
    facts: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Look:
    """A snapshot that has ended, and its publisher's complete one before it (None: the first).

    earlier: ids of all of its publisher's before it.
    """

    store: Store
    registry: Registry
    head: SnapshotHead
    before: SnapshotHead | None
    earlier: Collection[int] = ()

    @property
    def taken(self) -> Taken:
        """The snapshot, for questions across lists."""
        return Taken(self.head.id, self.head.list_id)
