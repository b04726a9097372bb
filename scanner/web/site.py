"""What all requests share: the open database, answers kept, names from the tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from threading import Lock
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from starlette.responses import Response

from scanner.errors import InputError
from scanner.model.addresses.table import address_key, undecoded_key
from scanner.model.finding import FindingKind, Weight
from scanner.model.registry import Registry
from scanner.store.database.chain import LATER
from scanner.store.database.engine import Store
from scanner.store.reading import queries
from scanner.store.reading.across import Change, Taken, difference_counts
from scanner.store.reading.check_chain import newest_head
from scanner.store.reading.coverage import RowsFound, rows_found
from scanner.store.reading.history import (
    DataVersion,
    ListSums,
    PublisherView,
    list_sums,
    publisher_of,
    publishers,
    totals_so_far,
)
from scanner.store.reading.queries import SnapshotHead, SnapshotTotals
from scanner.store.reading.row_pages import pairs_of
from scanner.web.cache import Answer, AnswerCache, answer

if TYPE_CHECKING:
    from starlette.requests import Request

MOST_FRESH = 1_000
"""Values of one kind that are kept between changes of the data."""
Key = TypeVar("Key")
Value = TypeVar("Value")

MOST_SEARCHED = 256
"""Characters of a search; no address is longer."""


class Site:
    """One process's view of one database. Safe to use from several threads."""

    def __init__(self, store: Store, registry: Registry, *, keep_bytes: int | None = None) -> None:
        self.store = store
        self.registry = registry
        self.version = DataVersion(store)
        self._cache = AnswerCache() if keep_bytes is None else AnswerCache(keep_bytes)
        self._lists = _Kept()
        self._heads: _Fresh[tuple[str, bool], SnapshotHead] = _Fresh()
        self._newest: _Fresh[int, str] = _Fresh()
        self._totals: _Fresh[int, SnapshotTotals] = _Fresh()
        self._counts: _Fresh[int, Mapping[FindingKind, int]] = _Fresh()
        self._weights: _Fresh[int, set[Weight]] = _Fresh()
        self._rows: _Fresh[int, RowsFound] = _Fresh()
        self._settled: _Fresh[tuple[int, tuple[int, ...]], RowsFound] = _Fresh()
        self._worths: _Fresh[int, Mapping[str, Any] | None] = _Fresh()
        self._publishers: _Fresh[int, Sequence[PublisherView]] = _Fresh()
        self._snapshots: _Fresh[tuple[int, int], Mapping[str, Any]] = _Fresh()
        self._owners: _Fresh[int, int | None] = _Fresh()
        self._changed: _Fresh[tuple[int, int], Mapping[Change, tuple[int, bool]]] = _Fresh()
        self.families = _families(registry)

    def close(self) -> None:
        """Give up the database."""
        self.version.close()
        self.store.close()

    def head(self, wanted: str, *, pruned: bool = False) -> SnapshotHead:
        """The snapshot meant by an id or "latest".

        pruned: whether one whose rows are gone will do. Raises SnapshotNotFoundError,
        SnapshotPrunedError.
        """

        def make() -> SnapshotHead:
            return queries.head(self.store, queries.resolve(self.store, wanted, pruned=pruned))

        return self._heads.get(self.version.now(), (wanted, pruned), make)

    def newest_head(self) -> str:
        """The head of all that is sealed, for readers to keep elsewhere; "" if nothing is."""
        return self._newest.get(self.version.now(), 0, lambda: newest_head(self.store))

    def totals(self, head: SnapshotHead) -> SnapshotTotals:
        """The totals of `scanner totals`; of a running snapshot without reading its rows."""

        def make() -> SnapshotTotals:
            if head.complete:
                return queries.totals(self.store, head.id)
            sums = self._lists.sums(self.store, head.list_id)
            return totals_so_far(self.store, head.id, sums)

        return self._totals.get(self.version.now(), head.id, make)

    def counts(self, snapshot_id: int) -> Mapping[FindingKind, int]:
        """How many findings of each kind a snapshot has."""
        return self._counts.get(
            self.version.now(),
            snapshot_id,
            lambda: queries.finding_counts(self.store, snapshot_id),
        )

    def weights(self, snapshot_id: int) -> set[Weight]:
        """What a snapshot's findings weigh."""
        return self._weights.get(
            self.version.now(),
            snapshot_id,
            lambda: queries.weights_found(self.store, snapshot_id),
        )

    def rows_found(self, head: SnapshotHead) -> RowsFound:
        """How many rows a snapshot's findings are about.

        Of a complete one that changes only where something was found later: a second reading that
        differs.
        """

        def make() -> RowsFound:
            return rows_found(self.store, head.id)

        if head.complete:
            counts = self.counts(head.id)
            later = tuple(counts.get(FindingKind(kind), 0) for kind in LATER)
            return self._settled.get("", (head.id, later), make)
        return self._rows.get(self.version.now(), head.id, make)

    def changed(self, old: SnapshotHead, new: SnapshotHead) -> Mapping[Change, tuple[int, bool]]:
        """How many claims came, went and moved; one question for all pages of two snapshots."""

        def make() -> Mapping[Change, tuple[int, bool]]:
            before, now = Taken(old.id, old.list_id), Taken(new.id, new.list_id)
            return difference_counts(self.store, before, now)

        return self._changed.get(self.version.now(), (old.id, new.id), make)

    def worth(
        self, head: SnapshotHead, make: Callable[[], Mapping[str, Any] | None]
    ) -> Mapping[str, Any] | None:
        """What a snapshot was worth, as `make` says; asked for every page of differences."""
        return self._worths.get(self.version.now(), head.id, make)

    def publishers(self) -> Sequence[PublisherView]:
        """Every publisher, by name; each search looks through them."""
        return self._publishers.get(self.version.now(), 0, lambda: publishers(self.store))

    def snapshots_of(
        self, publisher: int, limit: int, make: Callable[[], Mapping[str, Any]]
    ) -> Mapping[str, Any]:
        """A publisher's newest snapshots, as `make` says; every page of differences offers them."""
        return self._snapshots.get(self.version.now(), (publisher, limit), make)

    def publisher_of(self, snapshot_id: int) -> int | None:
        """The id of the publisher of a snapshot's list; None if there is no such snapshot."""
        return self._owners.get(
            self.version.now(), snapshot_id, lambda: publisher_of(self.store, snapshot_id)
        )

    def pairs(self, list_id: int) -> Sequence[tuple[str, str]]:
        """Assets and networks of a list, as pairs."""
        return self._lists.pairs(self.store, list_id)

    def keys(self, text: str) -> frozenset[str]:
        """Every address key that a text may mean, over all networks; none for an empty text."""
        wanted = text.strip()
        if not wanted or len(wanted) > MOST_SEARCHED:
            return frozenset()
        found = {undecoded_key(wanted), undecoded_key(text)}
        for network in self.registry.networks.values():
            try:
                found.add(address_key(network, wanted))
            except InputError:
                continue
        return frozenset(found)

    def respond(self, request: Request, make: Callable[[], bytes], media: str) -> Response:
        """Answer from what is kept, or make it; 304 if the reader has it already.

        make: called at most once; the answer counts until the database changes.
        """
        asked = _target(request)
        version = self.version.now()
        found = self._cache.get(version, asked)
        if found is None:
            found = answer(make(), media)
            self._cache.put(version, asked, found)
        headers = {"etag": found.tag, "cache-control": "no-cache"}
        if _has(request.headers.get("if-none-match", ""), found):
            return Response(status_code=304, headers=headers)
        return Response(found.body, media_type=found.media, headers=headers)


class _Fresh(Generic[Key, Value]):
    """Values that hold until the data changes.

    Each is made by one request while others wait for it: some read a million rows, and as many
    readers at once would each do so.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._version = ""
        self._values: dict[Key, Value] = {}
        self._making: dict[Key, Lock] = {}

    def get(self, version: str, key: Key, make: Callable[[], Value]) -> Value:
        with self._lock:
            if version != self._version or len(self._values) >= MOST_FRESH:
                self._version, self._values, self._making = version, {}, {}
            if key in self._values:
                return self._values[key]
            making = self._making.setdefault(key, Lock())
        with making:
            try:
                with self._lock:
                    if version == self._version and key in self._values:
                        return self._values[key]
                value = make()
                with self._lock:
                    if version == self._version:
                        self._values[key] = value
            finally:
                # Also of what could not be made: else anybody could have a lock kept per question.
                with self._lock:
                    if self._making.get(key) is making:
                        del self._making[key]
        return value


class _Kept:
    """What is known of a list stays true for ever: a list never changes once it is stored."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._sums: dict[int, ListSums] = {}
        self._pairs: dict[int, Sequence[tuple[str, str]]] = {}

    def sums(self, store: Store, list_id: int) -> ListSums:
        # One at a time: a hundred readers of one new list must not add it up a hundred times.
        with self._lock:
            if list_id not in self._sums:
                self._sums[list_id] = list_sums(store, list_id)
            return self._sums[list_id]

    def pairs(self, store: Store, list_id: int) -> Sequence[tuple[str, str]]:
        with self._lock:
            if list_id not in self._pairs:
                self._pairs[list_id] = pairs_of(store, list_id)
            return self._pairs[list_id]


def _target(request: Request) -> bytes:
    """What was asked, byte by byte as it was sent: two questions are never taken for one.

    A URL that is put together from them would end at a "#" or begin its query at a "?" of a name.
    """
    path: bytes = request.scope["raw_path"]
    query: bytes = request.scope["query_string"]
    return path + b"?" + query


def _has(given: str, found: Answer) -> bool:
    tags = {tag.strip().removeprefix("W/") for tag in given.split(",")}
    return found.tag in tags or "*" in tags


def _families(registry: Registry) -> list[Sequence[str]]:
    """Networks of one kind: equal keys on them are one holder."""
    kinds: dict[str, list[str]] = {}
    for network in registry.networks.values():
        kinds.setdefault(network.kind, []).append(network.name)
    return [names for names in kinds.values() if len(names) > 1]


def filters_of(pairs: Sequence[tuple[str, str]]) -> Mapping[str, list[str]]:
    """The assets and the networks of pairs, each once, sorted."""
    return {
        "assets": sorted({asset for asset, _ in pairs}),
        "networks": sorted({network for _, network in pairs}),
    }
