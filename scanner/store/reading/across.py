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

from sqlalchemy import Connection, Select

from scanner.store.database.engine import Store
from scanner.store.reading import asked

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
    streams = []
    given = {"limit": limit + 1} if behind is None else {
        "limit": limit + 1, "list": behind[0], "no": behind[1]
    }  # fmt: skip
    query = asked.claims_of_key(behind=behind is not None)
    with store.read() as connection:
        for key in sorted(keys):
            found = connection.execute(query, {**given, "key": key})
            streams.append([ClaimPlace(*row) for row in found])
    merged = heapq.merge(*streams, key=lambda p: (-p.list_id, -p.no))
    merged_page = list(islice(merged, limit + 1))
    page = tuple(merged_page[:limit])
    more = (page[-1].list_id, page[-1].no) if len(merged_page) > limit else None
    return PlacePage(page, more)


def claimants(store: Store, keys: Collection[str]) -> list[str]:
    """Names of the publishers that claim one of these address keys in any list."""
    names: set[str] = set()
    with store.read() as connection:
        for key in keys:
            names.update(connection.execute(asked.claimants_of_key(), {"key": key}).scalars())
    return sorted(names)


def difference_page(
    store: Store, old: Taken, new: Taken, change: Change, *, after: int = 0, limit: int = 50
) -> DifferencePage:
    """Claims that came, went or moved between two snapshots; repeated claims are left out.

    after: number of a claim, in the older list for GONE, in the newer one otherwise.
    """
    base = old if change is Change.GONE else new
    with store.read() as connection:
        end, last = _window(connection, base.list_id, after)
        given = {**_sides(old, new, change), "after": after, "end": end, "limit": limit + 1}
        rows = connection.execute(_differing(change), given).all()
    page = tuple(_difference(change, tuple(row)) for row in rows[:limit])
    return DifferencePage(page, _following([int(r[0]) for r in rows], limit, end, last))


def _sides(old: Taken, new: Taken, change: Change) -> dict[str, int]:
    """The parameters of a question about two snapshots: of GONE the older one is looked through."""
    base, other = (old, new) if change is Change.GONE else (new, old)
    return {
        **{"list": base.list_id, "snapshot": base.snapshot},
        **{"other_list": other.list_id, "other_snapshot": other.snapshot},
    }


def _differing(change: Change) -> Select[Any]:
    return asked.moved() if change is Change.MOVED else asked.only_in()


def difference_counts(store: Store, old: Taken, new: Taken) -> dict[Change, tuple[int, bool]]:
    """How many claims came, went and moved, and whether that is all of them.

    Only the first WINDOW claims of a list are looked at; of longer lists there may be more.
    """
    counts: dict[Change, tuple[int, bool]] = {}
    with store.read() as connection:
        for change in Change:
            base = old if change is Change.GONE else new
            end, last = _window(connection, base.list_id, 0)
            given = {**_sides(old, new, change), "after": 0, "end": end, "limit": WINDOW}
            number = connection.execute(asked.number_of(_differing(change)), given).scalar_one()
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
    with store.read() as connection:
        end, last = _window(connection, snapshot.list_id, after)
        publisher = connection.execute(asked.publisher(), {"list": snapshot.list_id}).scalar_one()
        given = {"list": snapshot.list_id, "after": after, "end": end, "limit": limit + 1}
        numbers = connection.execute(
            asked.shared(_together(families)), {**given, "publisher": publisher}
        )
        found = [int(no) for no in numbers.scalars()]
        own = {"list": snapshot.list_id, "numbers": found[:limit]}
        claims = [ClaimPlace(*row) for row in connection.execute(asked.claims_numbered(), own)]
        others = _others(connection, claims, publisher, families)
        page = tuple(SharedClaim(claim, tuple(others[claim.no])) for claim in claims)
    return SharedPage(page, _following(found, limit, end, last))


def _window(connection: Connection, list_id: int, after: int) -> tuple[int, int]:
    """Where a page's look ends, and the last number of the list."""
    last = connection.execute(asked.last_number(), {"list": list_id}).scalar() or 0
    return after + WINDOW, int(last)


def _following(numbers: Sequence[int], limit: int, end: int, last: int) -> int | None:
    if len(numbers) > limit:
        return numbers[limit - 1]
    return end if end < last else None


def _difference(change: Change, row: tuple[Any, ...]) -> Difference:
    no, asset, network, address, line, decimals, claimed, found, *rest = row
    side = Side(no, line, decimals, claimed, found)
    old, new = (side, None) if change is Change.GONE else (None, side)
    if rest:
        old = Side(*rest)
    return Difference(change, asset, network, address, old, new)


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
    given = {"keys": sorted({claim.address_key for claim in claims}), "publisher": publisher}
    query = asked.claims_of_others()
    if len(claims) == 1:
        given["network"] = claims[0].network
        query = asked.claims_of_others(_together(families))
    return [ClaimPlace(*row) for row in connection.execute(query, {**given, "limit": limit})]


def _together(families: Sequence[Collection[str]]) -> asked.Families:
    return tuple(tuple(sorted(family)) for family in families)


def _same_family(network: str, other: str, families: Sequence[Collection[str]]) -> bool:
    return network == other or any(network in f and other in f for f in families)
