"""Keeps prices, and finds those nearest to a moment. What is stored is never changed."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from scanner.errors import StoreError
from scanner.prices.interface import CURRENCY, Price, make_price, moment
from scanner.snapshots.values import SnapshotState
from scanner.store.database import chain
from scanner.store.database.engine import Store
from scanner.store.database.read_until import newest_moment
from scanner.store.reading import history, queries
from scanner.store.schema import tables as t
from scanner.store.schema.bulk import insert_rows
from scanner.store.writing.publishers import list_publisher

Key = tuple[str, datetime, str]
FEW = 1_000
"""Prices of one asset that are looked through at once, rather than asked for moment by moment."""


@dataclass(frozen=True, slots=True)
class Nearest:
    """An asset's prices around a moment: the last at or before it, the first after it."""

    before: Price | None
    after: Price | None


@dataclass(frozen=True, slots=True)
class Taken:
    """A snapshot and when it is of: the newest block its balances were read at.

    Where no block has a time, when the snapshot ended, or else was begun.
    """

    snapshot: int
    at: datetime


def add_prices(store: Store, prices: Sequence[Price]) -> int:
    """Keep prices, all or none. Returns how many were not known yet.

    Raises StoreError if one of them is stored with another value for its moment and source.
    """
    if not prices:
        return 0
    with store.write() as connection:
        known = _stored(connection, prices)
        new: dict[Key, Price] = {}
        for price in prices:
            key = (price.asset, price.at, price.source)
            old = known.get(key) or new.setdefault(key, price)
            if old.value * 10**price.decimals != price.value * 10**old.decimals:
                raise StoreError(
                    f"{price.source} already gave {price.asset} another price for "
                    f"{price.at.isoformat()}: {old.text}, now {price.text}; nothing was saved"
                )
        rows = [(p.asset, CURRENCY, p.at, p.source, p.text) for p in new.values()]
        insert_rows(connection, t.price, rows)
        chain.append_rows(connection, chain.PRICES, t.price, rows)
    return len(new)


def _stored(connection: Connection, prices: Sequence[Price]) -> dict[Key, Price]:
    """The stored prices of the assets and times that `prices` span."""
    c = t.price.c
    moments = [price.at for price in prices]
    query = select(c.asset, c.at, c.source, c.value).where(
        c.asset.in_(sorted({price.asset for price in prices})),
        c.currency == CURRENCY,
        c.at.between(min(moments), max(moments)),
    )
    found = (make_price(*row) for row in connection.execute(query))
    return {(price.asset, price.at, price.source): price for price in found}


def prices_near(
    store: Store, assets: Iterable[str], at: datetime, source: str = ""
) -> dict[str, Nearest]:
    """The prices of each asset nearest to a moment, on either side.

    source: only of sources whose name begins so. Of several of one moment the first by name.
    """
    with store.read() as connection:
        if connection.execute(select(t.price.c.at).limit(1)).first() is None:  # as nearly always
            return dict.fromkeys(assets, Nearest(None, None))
        return {
            asset: Nearest(
                _nearest(connection, asset, at, source, before=True),
                _nearest(connection, asset, at, source, before=False),
            )
            for asset in assets
        }


def prices_at(store: Store, asset: str, moments: Iterable[datetime]) -> list[Nearest]:
    """The prices of one asset nearest to each of several moments, in their order."""
    with store.read() as connection:
        every = _first(connection, asset, FEW + 1)
        if len(every) <= FEW:
            times = [row[1] for row in every]
            return [_beside(every, times, at) for at in moments]
        return [
            Nearest(
                _nearest(connection, asset, at, "", before=True),
                _nearest(connection, asset, at, "", before=False),
            )
            for at in moments
        ]


def _first(connection: Connection, asset: str, limit: int) -> Sequence[Any]:
    """The asset's first prices in time, of one moment by source."""
    c = t.price.c
    query = select(c.asset, c.at, c.source, c.value)
    query = query.where(c.asset == asset, c.currency == CURRENCY).order_by(c.at, c.source)
    return connection.execute(query.limit(limit)).all()


def _beside(every: Sequence[Any], times: Sequence[datetime], at: datetime) -> Nearest:
    behind = bisect_right(times, at)
    before = bisect_left(times, times[behind - 1]) if behind else None
    return Nearest(
        None if before is None else make_price(*every[before]),
        make_price(*every[behind]) if behind < len(every) else None,
    )


def _nearest(
    connection: Connection, asset: str, at: datetime, source: str, *, before: bool
) -> Price | None:
    c = t.price.c
    order = c.at.desc() if before else c.at
    query = (
        select(c.asset, c.at, c.source, c.value)
        .where(c.asset == asset, c.currency == CURRENCY, c.at <= at if before else c.at > at)
        .order_by(order, c.source)
        .limit(1)
    )
    if source:
        query = query.where(c.source.startswith(source, autoescape=True))
    row = connection.execute(query).first()
    return None if row is None else make_price(*row)


def taken(store: Store, snapshot_id: int) -> Taken:
    """When a snapshot is of. Raises SnapshotNotFoundError."""
    head = queries.head(store, snapshot_id)
    newest = max((pin.as_of or 0 for pin in head.blocks), default=0)
    return Taken(snapshot_id, _moment(newest, head.finished, head.created))


def taken_by_publisher(store: Store, snapshot_id: int) -> list[Taken]:
    """The other complete snapshots of the same publisher, oldest first."""
    s = t.snapshot.c
    query = (
        select(s.id, newest_moment(s.id), s.finished, s.created)
        .join(t.reserve_list, s.list_id == t.reserve_list.c.id)
        .where(
            list_publisher() == history.publisher_of(store, snapshot_id),
            s.state == SnapshotState.COMPLETE.value,
            s.id != snapshot_id,
        )
    )
    with store.read() as connection:
        found = [
            Taken(row[0], _moment(row[1], row[2], row[3])) for row in connection.execute(query)
        ]
    return sorted(found, key=lambda each: (each.at, each.snapshot))


def _moment(seconds: int | None, finished: datetime | None, created: datetime) -> datetime:
    return moment(seconds) if seconds else finished or created
