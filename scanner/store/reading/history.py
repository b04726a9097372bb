"""What is known over time: publishers, an asset from snapshot to snapshot, what a list claims.

Nothing here reads a list's rows, except `list_sums`, which adds them up in the database.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Lock
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    Select,
    Text,
    and_,
    cast,
    func,
    select,
    type_coerce,
)

from scanner.model.balance import Evidence
from scanner.snapshots.tally import AssetTotal, Part, PartKey, with_liabilities
from scanner.snapshots.values import SnapshotState
from scanner.store.database.engine import Store
from scanner.store.database.moments import chunks_left_out, moved_rows
from scanner.store.database.read_until import newest_moment
from scanner.store.reading.queries import SnapshotTotals
from scanner.store.schema import tables as t
from scanner.store.schema.pruned_table import pruned
from scanner.store.writing import owed as owed_rows
from scanner.store.writing import seal
from scanner.store.writing.publishers import list_publisher

ListSums = Mapping[tuple[str, int], tuple[int, int]]
"""(asset, decimals) -> (rows, base units claimed) of the claims of a list that count."""


@dataclass(frozen=True, slots=True)
class PublisherView:
    """One publisher.

    latest: id of the snapshot that was taken last; latest_complete: of the complete one whose
    balances are the newest (`newest_complete`); None if there is none.
    """

    id: int
    name: str
    lists: int
    snapshots: int
    latest: int | None
    latest_complete: int | None


@dataclass(frozen=True, slots=True)
class AssetPoint:
    """An asset's totals in one snapshot.

    at: the newest block that its balances were read at; where no block has a time, when the
        snapshot ended. total: None while the snapshot is not complete.
    """

    snapshot: int
    at: datetime
    list_name: str
    state: SnapshotState
    total: AssetTotal | None


class DataVersion:
    """Tells whether anything was committed to the database since it was last asked.

    Equal answers of one object mean equal data; a database may answer anew without a change.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = Lock()
        self._own: Connection | None = None

    def now(self) -> str:
        """A text that changes with the data. Raises StoreError."""
        if self._store.dialect != "sqlite":
            with self._store.read() as connection:
                # Two equal ones see the same transactions.
                query = "SELECT pg_current_snapshot()::text"
                return str(connection.exec_driver_sql(query).scalar_one())
        # SQLite counts for each connection by itself, so it must be one and the same.
        with self._lock:
            if self._own is None:
                self._own = self._store.engine.connect()
                # Who had it before left a clock running that would stop one question in many.
                before: Any = self._own.connection.driver_connection
                before.set_progress_handler(None, 0)
            plain: Any = self._own.connection.driver_connection
            return str(plain.execute("PRAGMA data_version").fetchone()[0])

    def close(self) -> None:
        """Give the connection back."""
        with self._lock:
            if self._own is not None:
                self._own.close()
                self._own = None


def publishers(store: Store) -> list[PublisherView]:
    """Every publisher, by name."""
    s = t.snapshot.c
    query = (
        select(
            t.publisher.c.id,
            t.publisher.c.name,
            func.count(t.reserve_list.c.id.distinct()),
            func.count(s.id.distinct()),
            func.max(s.id),
        )
        .select_from(t.publisher)
        .outerjoin(t.reserve_list, list_publisher() == t.publisher.c.id)
        .outerjoin(t.snapshot, s.list_id == t.reserve_list.c.id)
        .where(t.publisher.c.same_as.is_(None))
        .group_by(t.publisher.c.id, t.publisher.c.name)
    )
    with store.read() as connection:
        newest = newest_complete(connection)
        found = [
            PublisherView(no, name, lists, snapshots, latest, newest.get(no))
            for no, name, lists, snapshots, latest in connection.execute(query)
        ]
    return sorted(found, key=lambda p: (p.name, p.id))


def newest_complete(connection: Connection) -> dict[int, int]:
    """Publisher -> its complete snapshot of the newest balances; of one time the one taken last.

    An old list that is taken late says nothing of today.
    """
    s = t.snapshot.c
    query = (
        select(list_publisher(), s.id, s.created, s.finished, newest_moment(s.id))
        .select_from(t.reserve_list)
        .join(t.snapshot, s.list_id == t.reserve_list.c.id)
        .where(s.state == SnapshotState.COMPLETE.value)
    )
    found: dict[int, tuple[datetime, int]] = {}
    for publisher_id, no, created, finished, seconds in connection.execute(query):
        this = _moment(seconds, created, finished), no
        found[publisher_id] = max(this, found.get(publisher_id, this))
    return {publisher_id: no for publisher_id, (_, no) in found.items()}


def publisher_of(store: Store, snapshot_id: int) -> int | None:
    """The id of the publisher of a snapshot's list; None if there is no such snapshot."""
    query = (
        select(list_publisher())
        .select_from(t.reserve_list)
        .join(t.snapshot, t.snapshot.c.list_id == t.reserve_list.c.id)
        .where(t.snapshot.c.id == snapshot_id)
    )
    with store.read() as connection:
        return connection.execute(query).scalar()


def assets_of(store: Store, snapshot_id: int) -> list[str]:
    """Names of the assets that a complete snapshot has totals of."""
    query = select(t.total.c.asset).where(t.total.c.snapshot_id == snapshot_id)
    with store.read() as connection:
        return sorted(connection.execute(query).scalars())


def in_order(store: Store, publisher_id: int | None, *, with_pruned: bool = False) -> list[int]:
    """The publisher's snapshots by the time of their balances, newest first; of one time by id.

    Those that are pruned are left out unless told otherwise: there is no row to compare with.
    Lists are imported in any order: what is known of an earlier day is earlier, whenever it came.
    """
    if publisher_id is None:
        return []
    with store.read() as connection:
        query = select(pruned.c.snapshot_id)
        gone = set() if with_pruned else set(connection.execute(query).scalars())
        return [each for each in _in_order(connection, publisher_id) if each not in gone]


def _in_order(connection: Connection, publisher_id: int) -> list[int]:
    s = t.snapshot.c
    query = (
        select(s.id, s.created, s.finished, newest_moment(s.id))
        .select_from(t.reserve_list)
        .join(t.snapshot, s.list_id == t.reserve_list.c.id)
        .where(list_publisher() == publisher_id)
    )
    moments = [
        (_moment(seconds, created, finished), snapshot_id)
        for snapshot_id, created, finished, seconds in connection.execute(query)
    ]
    return [snapshot_id for _, snapshot_id in sorted(moments, reverse=True)]


def _moment(seconds: int | None, created: datetime, finished: datetime | None) -> datetime:
    """What time a snapshot's balances are of, in whole seconds, as blocks tell theirs.

    A block that says it is from after the snapshot's end is of its end: what an endpoint says
    cannot hide all that comes.
    """
    ended = (finished or created).replace(microsecond=0)
    if not seconds:
        return ended
    told = datetime.fromtimestamp(seconds, UTC)
    return told if finished is None else min(told, ended)


def asset_history(
    store: Store,
    publisher_id: int,
    asset: str,
    *,
    before: int | None = None,
    until: int | None = None,
    limit: int = 200,
) -> list[AssetPoint]:
    """An asset in the publisher's newest snapshots, newest first, as `in_order`.

    before: only snapshots before this one. until: this one and those before it. Snapshots that are
    not complete are there without totals; complete ones without the asset have totals of None, too.
    """
    with store.read() as connection:
        chosen = _in_order(connection, publisher_id)
        if until in chosen:
            chosen = chosen[chosen.index(until) :]
        if before is not None:
            chosen = chosen[chosen.index(before) + 1 :] if before in chosen else []
        return _histories(connection, chosen[:limit], asset)[asset]


def asset_histories(store: Store, snapshots: Sequence[int]) -> Mapping[str, list[AssetPoint]]:
    """Asset -> its point in each of these, in their order, of every asset that one of them has."""
    with store.read() as connection:
        return _histories(connection, snapshots)


def _histories(
    connection: Connection, chosen: Sequence[int], asset: str | None = None
) -> dict[str, list[AssetPoint]]:
    """Asset -> its point in each of these snapshots, in their order. asset: only this one."""
    s, total = t.snapshot.c, t.total.c
    same = and_(total.snapshot_id == s.id, *(() if asset is None else (total.asset == asset,)))
    newest = newest_moment(s.id)
    query = (
        select(s.id, s.state, s.created, s.finished, t.reserve_list.c.name, newest, t.total)
        .select_from(t.reserve_list)
        .join(t.snapshot, s.list_id == t.reserve_list.c.id)
        .outerjoin(t.total, same)
        .where(s.id.in_(chosen))
    )
    about: dict[int, tuple[datetime, str, SnapshotState]] = {}
    totals: dict[str, dict[int, AssetTotal]] = {} if asset is None else {asset: {}}
    for no, state, created, finished, name, seconds, *stored in connection.execute(query):
        about[no] = (_moment(seconds, created, finished), name, SnapshotState(state))
        if (found := _total(stored)) is not None:
            totals.setdefault(found.asset, {})[no] = found
    for no, stated in owed_rows.owed_beside(connection, chosen, asset or "").items():
        for owed in stated:
            if no in totals.get(owed.asset, ()):
                totals[owed.asset][no] = with_liabilities(totals[owed.asset][no], owed)
    return {
        name: [AssetPoint(no, *about[no], by_snapshot.get(no)) for no in chosen]
        for name, by_snapshot in totals.items()
    }


def _total(values: list[Any]) -> AssetTotal | None:
    if values[0] is None:
        return None
    _, asset, decimals, claimed, *held, unverified, unread, shortfall, surplus = values
    evidence = [e for e in Evidence if e is not Evidence.UNAVAILABLE]
    by_evidence = dict(zip(evidence, held, strict=True))
    return AssetTotal(
        asset,
        decimals,
        claimed,
        sum(held),
        by_evidence,
        unverified,
        unread,
        shortfall,
        surplus,
    )


def list_sums(store: Store, list_id: int) -> ListSums:
    """What a list claims per asset and decimals, added up by the database, without duplicates."""
    with store.read() as connection:
        found: dict[tuple[str, int], tuple[int, int]] = {}
        for asset, decimals, rows, *parts in connection.execute(_sums_query(connection, list_id)):
            found[asset, decimals] = int(rows), _joined(connection, parts)
        return found


DIGITS = 78
PART = 9
"""SQLite's integers hold the sum of 9 thousand million parts of nine digits."""


def _sums_query(connection: Connection, list_id: int) -> Select[Any]:
    c = t.claim.c
    sums: list[ColumnElement[Any]]
    if connection.dialect.name == "sqlite":
        # Amounts are text of 78 digits there; as numbers they would lose most of them.
        text = type_coerce(c.amount, Text)
        starts = range(1, DIGITS + 1, PART)
        sums = [func.sum(cast(func.substr(text, start, PART), Integer)) for start in starts]
    else:
        sums = [func.sum(c.amount)]
    query = select(c.asset, c.decimals, func.count(), *sums).where(c.list_id == list_id)
    return query.where(c.duplicate.is_(False)).group_by(c.asset, c.decimals)


def _joined(connection: Connection, parts: list[Any]) -> int:
    if connection.dialect.name != "sqlite":
        return int(parts[0] or 0)
    total = 0
    for at, part in enumerate(parts):
        digits = min(PART, DIGITS - at * PART)
        total = total * 10**digits + int(part or 0)
    return total


def totals_so_far(store: Store, snapshot_id: int, sums: ListSums) -> SnapshotTotals:
    """Totals of a snapshot that is not complete, without reading its rows.

    sums: of its list. The same as `queries.totals`: what no chunk has read yet counts as claimed
    and unavailable.
    """
    with store.read() as connection:
        owed = owed_rows.liabilities_of(connection, snapshot_id)
        tally = seal.tally_of(connection, snapshot_id)
    done: dict[tuple[str, int], tuple[int, int]] = {}
    for key, part in tally.parts.items():
        rows, claimed = done.get((key.asset, key.decimals), (0, 0))
        done[key.asset, key.decimals] = rows + part.rows, claimed + part.claimed
    for (asset, decimals), (rows, claimed) in sums.items():
        rows_done, claimed_done = done.get((asset, decimals), (0, 0))
        if rows > rows_done:
            key = PartKey(asset, decimals, proof=False, evidence=Evidence.UNAVAILABLE)
            tally.add_part(key, Part(rows - rows_done, claimed - claimed_done))
    return SnapshotTotals(snapshot_id, False, tally.totals(owed, complete=False))


def verified_rows(store: Store, snapshot_id: int) -> int:
    """How many claims of the chunks that are done are verified; duplicates count once."""
    p = t.subtotal.c
    query = select(func.sum(p.rows)).where(
        p.snapshot_id == snapshot_id,
        p.proof.is_(True),
        p.evidence != Evidence.UNAVAILABLE.value,
    )
    with store.read() as connection:
        if not moved_rows(connection, snapshot_id):  # as nearly always: then the sums say it
            if others := chunks_left_out(connection, snapshot_id):
                query = query.where(p.chunk_no.not_in(others))
            return int(connection.execute(query).scalar() or 0)
        parts = seal.tally_of(connection, snapshot_id).parts
    return sum(
        part.rows
        for key, part in parts.items()
        if key.proof and key.evidence is not Evidence.UNAVAILABLE
    )
