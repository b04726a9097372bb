"""Questions across lists: who claims an address, what changed between two lists, what two share.

Pages look at no more than a window of rows and say how far they got, as in row_pages.py; the
addresses on them are cut (cut.py).
"""

from __future__ import annotations

import heapq
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, func, literal, or_, select, tuple_

from scanner.store.database.engine import Store
from scanner.store.reading.cut import cut
from scanner.store.schema import tables as t
from scanner.store.writing.publishers import list_publisher

WINDOW = 2_500
"""Rows of a list that one page of differences or shared addresses looks at."""
MOST_OTHERS = 20
"""Claims by others that are shown for one address."""

Place = tuple[int, int]
"""A list and the number of a claim in it: (list_id, no)."""


@dataclass(frozen=True, slots=True)
class ClaimPlace:
    """A claim and where it stands. snapshot: the newest one of its list, None without any."""

    publisher: str
    list_id: int
    list_name: str
    snapshot: int | None
    no: int
    row: int
    asset: str
    network: str
    address: str
    address_key: str
    decimals: int
    amount: int | None
    duplicate: bool


@dataclass(frozen=True, slots=True)
class PlacePage:
    """Claims, newest list first. next: place to go on behind, None at the end."""

    claims: tuple[ClaimPlace, ...]
    next: Place | None


class Change(StrEnum):
    """What became of a claim between two snapshots."""

    ADDED = "added"  # only the newer list claims it
    GONE = "gone"  # only the older list claims it
    MOVED = "moved"  # both do, and what is claimed or was found differs


@dataclass(frozen=True, slots=True)
class Side:
    """One list's word on a claim. claimed, found: base units, None where nobody said."""

    no: int
    row: int
    decimals: int
    claimed: int | None
    found: int | None


@dataclass(frozen=True, slots=True)
class Difference:
    """One claim that differs. old, new: None where that list has no such claim."""

    change: Change
    asset: str
    network: str
    address: str
    old: Side | None
    new: Side | None


@dataclass(frozen=True, slots=True)
class DifferencePage:
    """Differences in list order. next: number to go on after, None at the end."""

    differences: tuple[Difference, ...]
    next: int | None


@dataclass(frozen=True, slots=True)
class SharedClaim:
    """A claim whose address another publisher claims, too. others: MOST_OTHERS at most."""

    claim: ClaimPlace
    others: tuple[ClaimPlace, ...]


@dataclass(frozen=True, slots=True)
class SharedPage:
    """Shared claims in list order. next: number to go on after, None at the end."""

    claims: tuple[SharedClaim, ...]
    next: int | None


@dataclass(frozen=True, slots=True)
class Taken:
    """Which snapshot is meant, and the list it is of."""

    snapshot: int
    list_id: int


def claims_of(
    store: Store, keys: Collection[str], *, behind: Place | None = None, limit: int = 50
) -> PlacePage:
    """Claims of these address keys in all lists, newest list first."""
    c = t.claim.c
    streams = []
    with store.read() as connection:
        for key in sorted(keys):
            query = _place_query().where(c.address_key == key)
            if behind is not None:
                query = query.where(tuple_(c.list_id, c.no) < behind)
            query = query.order_by(c.list_id.desc(), c.no.desc()).limit(limit + 1)
            streams.append([ClaimPlace(*row) for row in connection.execute(query)])
    merged = heapq.merge(*streams, key=lambda p: (-p.list_id, -p.no))
    found = list(islice(merged, limit + 1))
    page = tuple(found[:limit])
    more = (page[-1].list_id, page[-1].no) if len(found) > limit else None
    return PlacePage(page, more)


def claimants(store: Store, keys: Collection[str]) -> list[str]:
    """Names of the publishers that claim one of these address keys in any list."""
    c, r = t.claim.c, t.reserve_list.c
    names: set[str] = set()
    with store.read() as connection:
        for key in keys:
            claims = select(c.no).where(c.address_key == key, c.list_id == r.id).exists()
            query = select(t.publisher.c.name).join(
                t.reserve_list, list_publisher() == t.publisher.c.id
            )
            names.update(connection.execute(query.where(claims).distinct()).scalars())
    return sorted(names)


def difference_page(
    store: Store, old: Taken, new: Taken, change: Change, *, after: int = 0, limit: int = 50
) -> DifferencePage:
    """Claims that came, went or moved between two snapshots; repeated claims are left out.

    after: number of a claim, in the older list for GONE, in the newer one otherwise.
    """
    base, other = (old, new) if change is Change.GONE else (new, old)
    with store.read() as connection:
        end, last = _window(connection, base.list_id, after)
        query = _moved(old, new) if change is Change.MOVED else _only_in(base, other)
        rows = connection.execute(_within(query, base.list_id, after, end, limit + 1)).all()
    page = tuple(_difference(change, tuple(row)) for row in rows[:limit])
    return DifferencePage(page, _following([int(r[0]) for r in rows], limit, end, last))


def difference_counts(store: Store, old: Taken, new: Taken) -> dict[Change, tuple[int, bool]]:
    """How many claims came, went and moved, and whether that is all of them.

    Only the first WINDOW claims of a list are looked at; of longer lists there may be more.
    """
    counts: dict[Change, tuple[int, bool]] = {}
    with store.read() as connection:
        for change in Change:
            base, other = (old, new) if change is Change.GONE else (new, old)
            end, last = _window(connection, base.list_id, 0)
            query = _moved(old, new) if change is Change.MOVED else _only_in(base, other)
            found = _within(query, base.list_id, 0, end, WINDOW).subquery()
            number = connection.execute(select(func.count()).select_from(found)).scalar_one()
            counts[change] = int(number), end >= last
    return counts


def shared_page(
    store: Store,
    snapshot: Taken,
    families: Sequence[Collection[str]],
    *,
    after: int = 0,
    limit: int = 50,
) -> SharedPage:
    """Claims of a list whose address is in a list of another publisher, too.

    families: networks on which equal keys are one holder (all EVM networks are one such family);
        any other network is a family of its own. Undecodable addresses are left out.
    """
    c = t.claim.c
    mine = select(list_publisher()).where(t.reserve_list.c.id == snapshot.list_id)
    with store.read() as connection:
        end, last = _window(connection, snapshot.list_id, after)
        publisher = connection.execute(mine).scalar_one()
        query = select(c.no).where(
            c.duplicate.is_(False),
            func.substr(c.address_key, 1, 1) != "?",
            _claimed_elsewhere(publisher, families),
        )
        numbers = _within(query, snapshot.list_id, after, end, limit + 1)
        found = [int(no) for no in connection.execute(numbers).scalars()]
        own = _place_query().where(c.list_id == snapshot.list_id, c.no.in_(found[:limit]))
        claims = [ClaimPlace(*row) for row in connection.execute(own.order_by(c.no))]
        others = _others(connection, claims, publisher, families)
        page = tuple(SharedClaim(claim, tuple(others[claim.no])) for claim in claims)
    return SharedPage(page, _following(found, limit, end, last))


def _window(connection: Connection, list_id: int, after: int) -> tuple[int, int]:
    """Where a page's look ends, and the last number of the list."""
    query = select(func.max(t.claim.c.no)).where(t.claim.c.list_id == list_id)
    last = connection.execute(query).scalar() or 0
    return after + WINDOW, int(last)


def _within(query: Select[Any], list_id: int, after: int, end: int, limit: int) -> Select[Any]:
    c = t.claim.c
    return query.where(c.list_id == list_id, c.no > after, c.no <= end).order_by(c.no).limit(limit)


def _following(numbers: Sequence[int], limit: int, end: int, last: int) -> int | None:
    if len(numbers) > limit:
        return numbers[limit - 1]
    return end if end < last else None


def _place_query() -> Select[Any]:
    c, r = t.claim.c, t.reserve_list.c
    newest = select(func.max(t.snapshot.c.id)).where(t.snapshot.c.list_id == r.id).scalar_subquery()
    return (
        select(
            *(t.publisher.c.name, r.id, r.name, newest, c.no, c.row, c.asset, c.network),
            *(cut(c.address), c.address_key, c.decimals, c.amount, c.duplicate),
        )
        .join_from(t.claim, t.reserve_list, r.id == c.list_id)
        .join(t.publisher, t.publisher.c.id == list_publisher())
    )


def _only_in(base: Taken, other: Taken) -> Select[Any]:
    c, b, o = t.claim.c, t.balance.c, t.claim.alias("o")
    same = and_(b.snapshot_id == base.snapshot, b.claim_no == c.no)
    there = select(o.c.no).where(o.c.list_id == other.list_id, *_same_claim(o)).exists()
    return (
        select(c.no, c.asset, c.network, cut(c.address), c.row, c.decimals, c.amount, b.amount)
        .outerjoin_from(t.claim, t.balance, same)
        .where(c.duplicate.is_(False), ~there)
    )


def _moved(old: Taken, new: Taken) -> Select[Any]:
    c, o = t.claim.c, t.claim.alias("o")
    now, then = t.balance.alias("now"), t.balance.alias("then")
    return (
        select(
            *(c.no, c.asset, c.network, cut(c.address), c.row, c.decimals, c.amount, now.c.amount),
            *(o.c.no, o.c.row, o.c.decimals, o.c.amount, then.c.amount),
        )
        .join_from(t.claim, o, and_(o.c.list_id == old.list_id, *_same_claim(o)))
        .outerjoin(now, and_(now.c.snapshot_id == new.snapshot, now.c.claim_no == c.no))
        .outerjoin(then, and_(then.c.snapshot_id == old.snapshot, then.c.claim_no == o.c.no))
        .where(c.duplicate.is_(False), o.c.duplicate.is_(False))
        .where(
            or_(
                c.amount.is_distinct_from(o.c.amount),
                now.c.amount.is_distinct_from(then.c.amount),
            )
        )
    )


def _same_claim(other: Any) -> tuple[ColumnElement[bool], ...]:  # noqa: ANN401 - an alias of claim
    c, o = t.claim.c, other.c
    # Joined to nothing, so that databases look the address up, and not all claims of the asset.
    return (
        o.address_key == c.address_key,
        o.asset.concat("") == c.asset,
        o.network.concat("") == c.network,
    )


def _difference(change: Change, row: tuple[Any, ...]) -> Difference:
    no, asset, network, address, line, decimals, claimed, found, *rest = row
    side = Side(no, line, decimals, claimed, found)
    old, new = (side, None) if change is Change.GONE else (None, side)
    if rest:
        old = Side(*rest)
    return Difference(change, asset, network, address, old, new)


def _one_holder(
    network: ColumnElement[str], other: ColumnElement[str], families: Sequence[Collection[str]]
) -> ColumnElement[bool]:
    together = [and_(network.in_(sorted(f)), other.in_(sorted(f))) for f in families]
    return or_(network == other, *together)


def _claimed_elsewhere(publisher: int, families: Sequence[Collection[str]]) -> ColumnElement[bool]:
    c, o, r = t.claim.c, t.claim.alias("o"), t.reserve_list.c
    foreign = select(r.id).where(list_publisher() != publisher)
    return (
        select(o.c.no)
        .where(
            o.c.address_key == c.address_key,
            o.c.list_id.in_(foreign),
            o.c.duplicate.is_(False),
            _one_holder(c.network, o.c.network, families),
        )
        .exists()
    )


def _others(
    connection: Connection,
    claims: Sequence[ClaimPlace],
    publisher: int,
    families: Sequence[Collection[str]],
) -> dict[int, list[ClaimPlace]]:
    """For each claim, by its number, the claims of others: MOST_OTHERS at most, newest first."""
    limit = MOST_OTHERS * len(claims)
    found = _foreign(connection, claims, publisher, families, limit)
    if len(found) == limit and len(claims) > 1:
        # One address has so many that they may have crowded out others': each by itself.
        apart = [_others(connection, [claim], publisher, families) for claim in claims]
        return {no: others for one in apart for no, others in one.items()}
    return {
        claim.no: [
            other
            for other in found
            if other.address_key == claim.address_key
            and _same_family(claim.network, other.network, families)
        ][:MOST_OTHERS]
        for claim in claims
    }


def _foreign(
    connection: Connection,
    claims: Sequence[ClaimPlace],
    publisher: int,
    families: Sequence[Collection[str]],
    limit: int,
) -> list[ClaimPlace]:
    c = t.claim.c
    query = _place_query().where(
        c.address_key.in_(sorted({claim.address_key for claim in claims})),
        list_publisher() != publisher,
        c.duplicate.is_(False),
    )
    if len(claims) == 1:
        query = query.where(_one_holder(literal(claims[0].network), c.network, families))
    query = query.order_by(c.list_id.desc(), c.no.desc()).limit(limit)
    return [ClaimPlace(*row) for row in connection.execute(query)]


def _same_family(network: str, other: str, families: Sequence[Collection[str]]) -> bool:
    return network == other or any(network in f and other in f for f in families)
