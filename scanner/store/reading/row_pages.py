"""Pages of a snapshot's rows: filtered, by key, with work that is bounded however rare a match is.

A page looks at no more than WINDOW candidates. If it found too few among them it says how far it
got, and the next page goes on from there: nothing is left out, nothing waits for a whole scan.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice
from typing import Any

from sqlalchemy import (
    BindParameter,
    Connection,
    Select,
    Text,
    and_,
    bindparam,
    func,
    select,
    type_coerce,
)

from scanner.model.finding import Finding, FindingKind
from scanner.store.database.engine import Store
from scanner.store.database.rows import RowView, rows
from scanner.store.schema import tables as t
from scanner.store.schema.verdicts import stored_verdict

WINDOW = 20_000
"""Candidates that one page looks at."""
MOST_TEXT = 1_000_000
"""Characters of one page's rows: a page ends here as well, but never before its first row."""
MOST_PAIRS = 500
"""Pairs of asset and network that a list's filters offer; no table has as many."""


@dataclass(frozen=True, slots=True)
class RowFilter:
    """Which rows: all by default. asset, network: "" for any."""

    kind: FindingKind | None = None
    asset: str = ""
    network: str = ""


@dataclass(frozen=True, slots=True)
class FoundClaim:
    """A row with its findings."""

    row: RowView
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class RowPage:
    """Rows in list order. next: number to go on after, None at the end."""

    rows: tuple[FoundClaim, ...]
    next: int | None


def row_page(
    store: Store,
    snapshot_id: int,
    list_id: int,
    where: RowFilter,
    *,
    after: int = 0,
    limit: int = 50,
) -> RowPage:
    """Rows of a snapshot behind number `after`, `limit` and about MOST_TEXT characters at most.

    list_id: of the snapshot. Raises SnapshotNotFoundError.
    """
    with store.read() as connection:
        ids = (snapshot_id, list_id)
        numbers, following = _numbers(connection, ids, where, after, limit)
        fitting = _fitting(connection, ids, numbers)
        if len(fitting) < len(numbers):
            numbers, following = fitting, fitting[-1]
    return RowPage(tuple(claims_numbered(store, snapshot_id, numbers)), following)


def claims_numbered(store: Store, snapshot_id: int, numbers: Sequence[int]) -> Iterator[FoundClaim]:
    """The rows with these numbers, in list order, as far as they exist."""
    if not numbers:
        return
    found = list(rows(store, snapshot_id, numbers=numbers))
    told = _findings(store, snapshot_id, found)
    for row in found:
        yield FoundClaim(row, tuple(told.get(row.no, ())))


def pairs_of(store: Store, list_id: int) -> list[tuple[str, str]]:
    """The assets and networks that a list's claims are of, as pairs, sorted."""
    with store.read() as connection:
        return sorted(_pairs(connection, list_id))


def _pairs(connection: Connection, list_id: int) -> Iterator[tuple[str, str]]:
    # From one pair to the next through the index: the rows between are never read.
    given: dict[str, object] = {"list": list_id}
    found = connection.execute(_pair(), given).first()
    count = 0
    while found is not None and count < MOST_PAIRS:
        yield found[0], found[1]
        count += 1
        last = {**given, "asset": found[0], "network": found[1]}
        # Two questions: SQLite answers "(asset, network) > (a, b)" by reading on from asset a.
        found = (
            connection.execute(_pair("network"), last).first()
            or connection.execute(_pair("asset"), last).first()
        )


@cache
def _pair(behind: str = "") -> Select[Any]:
    """The first pair: of all, of the networks behind the last one, or of the assets behind it."""
    c = t.claim.c
    query = select(c.asset, c.network).where(c.list_id == bindparam("list"))
    if behind == "network":
        query = query.where(c.asset == bindparam("asset"), c.network > bindparam("network"))
    elif behind:
        query = query.where(c.asset > bindparam("asset"))
    return query.order_by(c.asset, c.network).limit(1)


def _numbers(
    connection: Connection, ids: tuple[int, int], where: RowFilter, after: int, limit: int
) -> tuple[list[int], int | None]:
    if where.kind is not None:
        return _told(connection, ids, where, after, limit)
    numbers = list(islice(_candidates(connection, ids[1], where, after, limit + 1), limit + 1))
    page = numbers[:limit]
    return page, page[-1] if len(numbers) > limit else None


def _fitting(connection: Connection, ids: tuple[int, int], numbers: list[int]) -> list[int]:
    """The first of these claims whose texts are not too long together; one at least."""
    fitting: list[int] = []
    left = MOST_TEXT
    sizes = _sizes(connection, ids, numbers)
    for no in numbers:
        left -= sizes.get(no, 0)
        if left < 0 and fitting:
            break
        fitting.append(no)
    return fitting


def _sizes(connection: Connection, ids: tuple[int, int], numbers: list[int]) -> dict[int, int]:
    """Characters of each claim with its results, counted by the database: nothing is fetched."""
    given = {"snapshot": ids[0], "list": ids[1], "numbers": numbers}
    return {no: int(found) for no, found in connection.execute(_sizes_query(), given)}


@cache
def _sizes_query() -> Select[Any]:
    c, v, b, apart = t.claim.c, stored_verdict(), t.balance.c, t.control_result.c
    texts = (
        *(c.coin, c.address, c.message, c.signatures, c.script, c.owners, c.row_type),
        *(v.signed_by, v.reason, b.sources, b.reason, b.detail),
    )
    size = sum((func.coalesce(func.length(type_coerce(text, Text)), 0) for text in texts[1:]),
               func.length(type_coerce(texts[0], Text)))  # fmt: skip
    snapshot: BindParameter[int] = bindparam("snapshot")
    query = select(c.no, size).select_from(
        t.claim.outerjoin(
            t.control_result, and_(apart.snapshot_id == snapshot, apart.claim_no == c.no)
        ).outerjoin(t.balance, and_(b.snapshot_id == snapshot, b.claim_no == c.no))
    )
    some = c.no.in_(bindparam("numbers", expanding=True))
    return query.where(c.list_id == bindparam("list"), some)


def _candidates(
    connection: Connection, list_id: int, where: RowFilter, after: int, limit: int
) -> Iterator[int]:
    given: dict[str, object] = {"list": list_id, "after": after, "limit": limit}
    if not where.asset:
        given["network"] = where.network
        query = _behind(asset=False, network=bool(where.network))
        return iter(connection.execute(query, given).scalars().all())
    networks = [n for asset, n in _pairs(connection, list_id) if asset == where.asset]
    query = _behind(asset=True, network=True)
    given["asset"] = where.asset
    streams = [
        connection.execute(query, {**given, "network": n}).scalars().all()
        for n in networks
        if where.network in ("", n)
    ]
    return heapq.merge(*streams)


@cache
def _behind(*, asset: bool, network: bool) -> Select[Any]:
    """Numbers behind `after`, in order. asset, network: whether only of those that are given."""
    c = t.claim.c
    query = select(c.no).where(c.list_id == bindparam("list"), c.no > bindparam("after"))
    if asset:
        query = query.where(c.asset == bindparam("asset"))
    if network:
        query = query.where(c.network == bindparam("network"))
    return query.order_by(c.no).limit(bindparam("limit"))


def _told(
    connection: Connection, ids: tuple[int, int], where: RowFilter, after: int, limit: int
) -> tuple[list[int], int | None]:
    """Numbers of claims with a finding of the kind that match the rest of the filter."""
    f, c = t.finding.c, t.claim.c
    kind = "" if where.kind is None else where.kind.value
    window = select(f.claim_no).where(f.snapshot_id == ids[0], f.kind == kind, f.claim_no > after)
    end = connection.execute(window.order_by(f.claim_no).offset(WINDOW - 1).limit(1)).scalar()
    query = window.order_by(f.claim_no).limit(limit + 1)
    if where.asset or where.network:
        query = query.join(t.claim, and_(c.list_id == ids[1], c.no == f.claim_no))
        if where.asset:
            query = query.where(c.asset == where.asset)
        if where.network:
            query = query.where(c.network == where.network)
    if end is not None:
        query = query.where(f.claim_no <= end)
    numbers = list(connection.execute(query).scalars())
    page = numbers[:limit]
    return page, page[-1] if len(numbers) > limit else end


def _findings(store: Store, snapshot_id: int, found: Sequence[RowView]) -> dict[int, list[Finding]]:
    claims = {row.no: row.claim for row in found}
    given = {"snapshot": snapshot_id, "numbers": list(claims)}
    told: dict[int, list[Finding]] = {}
    with store.read() as connection:
        for no, kind, reason in connection.execute(_findings_query(), given):
            claim: Any = claims[no]
            told.setdefault(no, []).append(
                Finding(
                    FindingKind(kind), reason, claim.row, claim.asset, claim.network, claim.address
                )
            )
    return told


@cache
def _findings_query() -> Select[Any]:
    f = t.finding.c
    some = f.claim_no.in_(bindparam("numbers", expanding=True))
    query = select(f.claim_no, f.kind, f.reason).where(f.snapshot_id == bindparam("snapshot"), some)
    return query.order_by(f.claim_no, f.kind)
