"""What a rule of alerts is given, a snapshot that ended and the one before; what it may find."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
    """A snapshot that has ended, and the complete one before it in its series (None: the first).

    earlier: ids of all before it in its series, newest first, pruned ones with them: what its
    schedule took, or else its publisher's.
    """

    store: Store
    registry: Registry
    head: SnapshotHead
    before: SnapshotHead | None
    earlier: Sequence[int] = ()

    @property
    def taken(self) -> Taken:
        """The snapshot, for questions across lists."""
        return Taken(self.head.id, self.head.list_id)
