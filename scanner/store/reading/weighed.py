"""What findings and verified rows weigh: amounts by kind and asset, and the largest rows.

Rows are compared across assets by their share of what the list claims of the asset: what is large
in a list is what makes up much of it, whatever a coin is worth.
"""

from __future__ import annotations

import heapq
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cache

from sqlalchemy import Connection, Join, and_, func, select

from scanner.model.balance import Evidence
from scanner.model.control import Binding, Control, is_proof
from scanner.model.finding import Finding, FindingKind
from scanner.model.statement import Statement
from scanner.store.database.engine import Store
from scanner.store.database.moments import chunks_left_out, moved
from scanner.store.database.rows import RowView, rows
from scanner.store.schema import tables as t
from scanner.store.schema.bulk import values
from scanner.store.schema.verdicts import stored_verdict

SCALE = 10**12
"""Shares are integers: this many parts of the whole."""

Whole = Mapping[str, tuple[int, int]]
"""Asset -> decimals and base units of all that the list claims of it (or was found of it)."""


@dataclass(slots=True)
class KindWeight:
    """The rows of one kind of finding.

    claimed: (asset, decimals) -> base units that these rows state. unstated: rows that state none.
    largest: numbers of the claims with the largest shares, largest first. reasons: how many rows
    have which reason, where several have one; the most frequent first.
    """

    claimed: dict[tuple[str, int], int] = field(default_factory=dict)
    unstated: int = 0
    largest: list[int] = field(default_factory=list)
    reasons: list[tuple[str, int]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class VerifiedRow:
    """One verified claim, with what was found. amount: base units of `decimals`."""

    row: int
    no: int
    asset: str
    network: str
    address: str
    decimals: int
    amount: int
    evidence: Evidence
    scheme: str
    signed_by: tuple[str, ...]


def weigh_findings(
    store: Store, snapshot_id: int, whole: Whole, few: int, most_reasons: int = 5
) -> dict[FindingKind, KindWeight]:
    """Every kind of finding about claims: what is claimed on its rows, and the largest ones.

    few: how many numbers of each kind. Rows are streamed: memory is that of what is returned.
    """
    f, c = t.finding.c, t.claim.c
    found: dict[FindingKind, KindWeight] = {}
    heaps: dict[FindingKind, list[tuple[int, int]]] = {}
    with store.read() as connection:
        query = (
            select(f.kind, f.claim_no, c.asset, c.decimals, c.amount)
            .join(t.snapshot, t.snapshot.c.id == f.snapshot_id)
            .join(t.claim, and_(c.list_id == t.snapshot.c.list_id, c.no == f.claim_no))
            .where(f.snapshot_id == snapshot_id)
        )
        for name, no, asset, decimals, amount in values(connection, query):
            kind = FindingKind(name)
            one = found.setdefault(kind, KindWeight())
            if amount is None:
                one.unstated += 1
            else:
                key = asset, decimals
                one.claimed[key] = one.claimed.get(key, 0) + amount
            _keep(heaps.setdefault(kind, []), _share(amount, asset, decimals, whole), no, few)
        for kind, heap in heaps.items():
            found[kind].largest = [-no for _, no in sorted(heap, reverse=True)]
            found[kind].reasons = _reasons(connection, snapshot_id, kind, most_reasons)
    return found


Stated = tuple[int, int] | None
"""Base units that a row claims, and their decimals; None where it states no amount."""


def findings_of(
    store: Store, snapshot_id: int, kind: FindingKind, numbers: Collection[int]
) -> list[tuple[Finding, Stated]]:
    """The findings of one kind about some claims, in the order of `numbers`."""
    f, c = t.finding.c, t.claim.c
    query = (
        select(f.claim_no, c.amount, c.decimals, f.reason, c.row, c.asset, c.network, c.address)
        .join(t.snapshot, t.snapshot.c.id == f.snapshot_id)
        .join(t.claim, and_(c.list_id == t.snapshot.c.list_id, c.no == f.claim_no))
        .where(f.snapshot_id == snapshot_id, f.kind == kind.value, f.claim_no.in_(numbers))
    )
    with store.read() as connection:
        found = {
            no: (Finding(kind, *rest), None if amount is None else (int(amount), decimals))
            for no, amount, decimals, *rest in connection.execute(query)
        }
    return [found[no] for no in numbers if no in found]


TEN = 10
"""Rows of an asset that are added up to say how concentrated it is."""


@dataclass(slots=True)
class Concentration:
    """How much of what is verified of an asset lies in few rows.

    rows: verified ones. largest: amounts of its TEN largest rows, largest first, in base units of
    the asset's decimals in `Whole`.
    """

    rows: int = 0
    largest: list[int] = field(default_factory=list)


def largest_verified(
    store: Store, snapshot_id: int, whole: Whole, few: int
) -> tuple[list[VerifiedRow], dict[str, Concentration]]:
    """The verified rows with the largest shares of what was found of their asset, largest first.

    Also how concentrated each asset is, by name. Rows are streamed.
    """
    c, r, b = t.claim.c, stored_verdict(), t.balance.c
    heap: list[tuple[int, int]] = []
    tops: dict[str, Concentration] = {}
    with store.read() as connection:
        query = (
            select(c.no, c.asset, c.decimals, b.amount, r.control, r.binding, r.statement)
            .select_from(verdicts())
            .where(b.snapshot_id == snapshot_id, b.evidence != Evidence.UNAVAILABLE.value)
            .where(c.duplicate.is_(False), r.control.is_not(None))
        )
        if others := chunks_left_out(connection, snapshot_id):
            query = query.where(b.chunk_no.not_in(others))
        query = query.where(b.claim_no.not_in(moved(snapshot_id)))
        for no, asset, decimals, amount, *verdict in values(connection, query):
            if _proof(*verdict):
                _keep(heap, _share(amount, asset, decimals, whole), no, few)
                _count(tops.setdefault(asset, Concentration()), asset, amount, decimals, whole)
    for top in tops.values():
        top.largest.sort(reverse=True)
    numbers = [-no for _, no in sorted(heap, reverse=True)]
    found = {view.no: _verified(view) for view in rows(store, snapshot_id, numbers=numbers)}
    return [made for no in numbers if (made := found[no]) is not None], tops


def _count(top: Concentration, asset: str, amount: int, decimals: int, whole: Whole) -> None:
    top.rows += 1
    scaled = amount * 10 ** max(whole.get(asset, (decimals, 0))[0] - decimals, 0)
    if len(top.largest) < TEN:
        heapq.heappush(top.largest, scaled)
    else:
        heapq.heappushpop(top.largest, scaled)


def _verified(view: RowView) -> VerifiedRow | None:
    claim, control, balance, evidence = view.claim, view.control, view.balance, view.evidence
    if control is None or balance is None or balance.amount is None or evidence is None:
        return None
    return VerifiedRow(
        *(claim.row, view.no, claim.asset, claim.network, claim.address, claim.decimals),
        *(balance.amount, evidence, control.scheme, control.signed_by),
    )


def verdicts() -> Join:
    """Balances of snapshots with the verdicts and claims that they are of."""
    b, r, c = t.balance.c, t.control_result.c, t.claim.c
    same = and_(r.snapshot_id == b.snapshot_id, r.claim_no == b.claim_no)
    joined = t.balance.join(t.snapshot, t.snapshot.c.id == b.snapshot_id)
    joined = joined.outerjoin(t.control_result, same)
    return joined.join(t.claim, and_(c.list_id == t.snapshot.c.list_id, c.no == b.claim_no))


@cache
def _proof(control: str, binding: str, statement: str) -> bool:
    return is_proof(Control(control), Binding(binding), Statement(statement))


def _reasons(
    connection: Connection, snapshot_id: int, kind: FindingKind, most: int
) -> list[tuple[str, int]]:
    f = t.finding.c
    rows = func.count()
    query = (
        select(f.reason, rows)
        .where(f.snapshot_id == snapshot_id, f.kind == kind.value)
        .group_by(f.reason)
        .having(rows > 1)
        .order_by(rows.desc(), f.reason)
        .limit(most)
    )
    return [(reason, int(count)) for reason, count in connection.execute(query)]


def _share(amount: int | None, asset: str, decimals: int, whole: Whole) -> int:
    """Parts of SCALE; -1 for a row without an amount, which stands behind all others."""
    if amount is None:
        return -1
    most, total = whole.get(asset, (decimals, 0))
    return amount * 10 ** max(most - decimals, 0) * SCALE // total if total else amount


def _keep(heap: list[tuple[int, int]], share: int, no: int, few: int) -> None:
    """Keep the largest shares; of equal ones the first rows."""
    if few <= 0:
        return
    if len(heap) < few:
        heapq.heappush(heap, (share, -no))
    elif (share, -no) > heap[0]:
        heapq.heapreplace(heap, (share, -no))
