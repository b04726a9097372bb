"""Findings of a snapshot: of its list, its claims, its failed chunks and itself, in this order.

A finding's key is (part, number, kind): part 1 is the list's unreadable rows, 2 what is told about
the list as a whole, 3 claims by number, 4 chunks by number, 5 the snapshot as a whole.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from heapq import merge
from itertools import islice

from sqlalchemy import ColumnElement, Connection, and_, exists, func, or_, select

from scanner.lists.unreadable import finding_of
from scanner.model.amount import counted
from scanner.model.claim import UnreadableRow
from scanner.model.finding import WEIGHTS, Finding, FindingKind, Weight
from scanner.snapshots.values import Chunk, ChunkState
from scanner.store.database.engine import Store
from scanner.store.database.pruned import PruneRecordError, pruned_of, refuse_pruned
from scanner.store.reading.about_snapshot import (
    ABOUT_SNAPSHOT,
    Subject,
    about_snapshot,
    still_true,
    subject,
)
from scanner.store.reading.cut import cut
from scanner.store.schema import tables as t
from scanner.store.schema.bulk import streamed
from scanner.store.schema.records import read_chunk

Key = tuple[int, int, str]
START: Key = (0, 0, "")
Behind = tuple[int, str]
"""Number and kind of the last finding seen of a part."""


@dataclass(frozen=True, slots=True)
class FoundRow:
    """One finding. key: where it stands; give it as `after` to go on behind it."""

    key: Key
    finding: Finding


@dataclass(frozen=True, slots=True)
class _Page:
    """How many are wanted, and whether their texts are whole."""

    limit: int | None
    whole: bool

    def text(self, column: ColumnElement[str]) -> ColumnElement[str]:
        return column if self.whole else cut(column)


def findings(
    store: Store,
    snapshot_id: int,
    *,
    kinds: Collection[FindingKind] = (),
    after: Key = START,
    limit: int | None = None,
    whole: bool = True,
) -> Iterator[FoundRow]:
    """Findings of the list, of the claims in list order, of failed chunks, of the snapshot.

    kinds: only these; all if empty. after: key of the last one seen. limit: how many at most.
    whole: whether long texts are given whole, or cut as pages of many show them (cut.py).
    Raises SnapshotNotFoundError, SnapshotPrunedError.
    """
    wanted = sorted(kind.value for kind in (kinds or FindingKind))
    with store.read() as connection:
        refuse_pruned(connection, snapshot_id)
        of = subject(connection, snapshot_id)
        yield from islice(_all(connection, of, wanted, after, _Page(limit, whole)), limit)


def findings_by_place(
    store: Store, snapshot_id: int, kinds: Collection[FindingKind]
) -> Iterator[Finding]:
    """Findings of some kinds as somebody reads a list: what is of no line first, then by line.

    Findings of rows are read as they are asked for; of the others, which are few, all at once.
    Raises SnapshotNotFoundError, SnapshotPrunedError.
    """
    names, page = sorted(kind.value for kind in kinds), _Page(None, whole=True)
    with store.read() as connection:
        refuse_pruned(connection, snapshot_id)
        of = subject(connection, snapshot_id)

        def part(*wanted: int) -> Iterator[Finding]:
            rows = _all(connection, of, names, START, page, wanted)
            return (row.finding for row in rows)

        few = sorted(part(2, 4, 5), key=_line)
        yield from merge(few, part(1), part(3), key=_line)


def _line(finding: Finding) -> int:
    """The place of a finding in the list, 0 for what is of no line."""
    return finding.row or 0


def first_of_each(
    store: Store, snapshot_id: int, kinds: Collection[FindingKind], limit: int
) -> Mapping[FindingKind, list[Finding]]:
    """The first findings of each kind, in their order.

    limit: how many of each at most. What is found of the snapshot as a whole is worked out once for
    all kinds. Raises SnapshotNotFoundError, SnapshotPrunedError.
    """
    page = _Page(limit, whole=True)
    with store.read() as connection:
        refuse_pruned(connection, snapshot_id)
        of = subject(connection, snapshot_id)
        about = list(about_snapshot(connection, of)) if set(kinds) & set(ABOUT_SNAPSHOT) else []
        first = {}
        for kind in kinds:
            stored = _all(connection, of, [kind.value], START, page, _STORED)
            found = [row.finding for row in islice(stored, limit)]
            first[kind] = [*found, *(each for each in about if each.kind is kind)][:limit]
    return first


def finding_counts(store: Store, snapshot_id: int) -> Mapping[FindingKind, int]:
    """How many findings of each kind there are; kinds without any are left out."""
    counts: Counter[FindingKind] = Counter()
    with store.read() as connection:
        of = subject(connection, snapshot_id)
        gone = pruned_of(connection, snapshot_id)
        counts.update(gone.findings if gone else {})
        for table, key in (
            (t.unreadable_row, t.unreadable_row.c.list_id == of.list),
            (t.list_finding, and_(t.list_finding.c.list_id == of.list, still_true(of))),
            *(() if gone else ((t.finding, t.finding.c.snapshot_id == snapshot_id),)),
        ):
            query = select(table.c.kind, func.count()).where(key).group_by(table.c.kind)
            for kind, count in connection.execute(query):
                counts[FindingKind(kind)] += count
        failed = select(func.count()).where(
            t.chunk.c.snapshot_id == snapshot_id, t.chunk.c.state == ChunkState.FAILED.value
        )
        counts[FindingKind.CHUNK_FAILED] += connection.execute(failed).scalar_one()
        counts.update(finding.kind for finding in about_snapshot(connection, of))
    return {kind: counts[kind] for kind in FindingKind if counts[kind]}


_OF_AMOUNTS = (FindingKind.DIFFERS_NOW, FindingKind.MAYBE_SHORTFALL)
"""Found of amounts, and in no total."""


def worst_by_asset(store: Store, snapshot_id: int) -> Mapping[str, tuple[FindingKind, int]]:
    """The worst that totals do not say of each asset, and how often: false before unshown, then
    the kind that stands first in FindingKind.

    Whose control or balance is not shown is counted in the totals, and not here. What is found of a
    network is found of every asset that the list claims on it. Assets of which nothing was found
    are left out. Raises SnapshotNotFoundError, SnapshotPrunedError.
    """
    f, c, whole = t.finding.c, t.claim.c, t.list_finding.c
    told = [kind.value for kind in FindingKind if WEIGHTS[kind] is not Weight.NOTE]
    kinds = [kind.value for kind in FindingKind if WEIGHTS[kind] is Weight.FALSE]
    counts: Counter[tuple[str, FindingKind]] = Counter()
    with store.read() as connection:
        refuse_pruned(connection, snapshot_id)
        of = subject(connection, snapshot_id)
        claims = (
            select(c.asset, f.kind, func.count())
            .join(t.claim, and_(c.list_id == of.list, c.no == f.claim_no))
            .where(f.snapshot_id == snapshot_id, f.kind.in_([*kinds, *_OF_AMOUNTS]))
            .group_by(c.asset, f.kind)
        )
        listed = (
            select(whole.asset, whole.network, whole.kind, func.count())
            .where(whole.list_id == of.list, whole.kind.in_(told), still_true(of))
            .group_by(whole.asset, whole.network, whole.kind)
        )
        for asset, kind, count in connection.execute(claims):
            counts[asset, FindingKind(kind)] += count
        about = [(a, n, FindingKind(kind), many) for a, n, kind, many in connection.execute(listed)]
        about += [
            (finding.asset, finding.network, finding.kind, 1)
            for finding in about_snapshot(connection, of)
            if finding.weight is not Weight.NOTE
        ]
        for asset, network, kind, count in about:
            named = [asset] if asset or not network else _assets_on(connection, of, network)
            for each in named or [asset]:
                counts[each, kind] += count
    order = {k: (WEIGHTS[k] is not Weight.FALSE, place) for place, k in enumerate(FindingKind)}
    worst: dict[str, tuple[FindingKind, int]] = {}
    for (asset, kind), count in sorted(counts.items(), key=lambda item: order[item[0][1]]):
        worst.setdefault(asset, (kind, count))
    return worst


def _assets_on(connection: Connection, of: Subject, network: str) -> list[str]:
    c = t.claim.c
    query = select(c.asset).distinct().where(c.list_id == of.list, c.network == network)
    return [str(asset) for asset in connection.execute(query).scalars()]


def _weights_pruned(connection: Connection, snapshot_id: int) -> set[Weight]:
    """What weighed the findings that are gone; of a record that somebody changed, nothing shows."""
    try:
        gone = pruned_of(connection, snapshot_id)
    except PruneRecordError:
        return {Weight.UNSHOWN}
    return {WEIGHTS[kind] for kind, n in gone.findings.items() if n} if gone else set()


def weights_found(store: Store, snapshot_id: int) -> set[Weight]:
    """What a snapshot's findings weigh, without counting them: FALSE, UNSHOWN, both or neither.

    Raises SnapshotNotFoundError.
    """
    c, chunk = t.finding.c, t.chunk.c
    with store.read() as connection:
        of = subject(connection, snapshot_id)
        found = {finding.weight for finding in about_snapshot(connection, of)}
        found |= _weights_pruned(connection, snapshot_id)
        found -= {Weight.NOTE}
        failed = chunk.snapshot_id == snapshot_id, chunk.state == ChunkState.FAILED.value
        if connection.execute(select(exists().where(*failed))).scalar():
            found.add(WEIGHTS[FindingKind.CHUNK_FAILED])
        for weight in {Weight.FALSE, Weight.UNSHOWN} - found:
            kinds = [kind.value for kind in FindingKind if WEIGHTS[kind] is weight]
            u, whole = t.unreadable_row.c, t.list_finding.c
            questions = (
                exists().where(c.snapshot_id == snapshot_id, c.kind.in_(kinds)),
                exists().where(whole.list_id == of.list, whole.kind.in_(kinds), still_true(of)),
                exists().where(u.list_id == of.list, u.kind.in_(kinds)),
            )
            if any(connection.execute(select(question)).scalar() for question in questions):
                found.add(weight)
    return found


_STORED = (1, 2, 3, 4)
"""Parts whose findings stand in tables."""


def _all(
    connection: Connection,
    of: Subject,
    kinds: list[str],
    after: Key,
    page: _Page,
    wanted: Collection[int] = (*_STORED, 5),
) -> Iterator[FoundRow]:
    """From every part `page.limit` at most: a page must not fetch a whole batch."""
    parts: tuple[tuple[int, Callable[..., Iterator[FoundRow]]], ...] = (
        (1, _unreadable),
        (2, _about_list),
        (3, _about_claims),
        (4, _failed_chunks),
        (5, _about_snapshot),
    )
    for part, stream in parts:
        if part not in wanted:
            continue
        if after[0] <= part:
            behind = (after[1], after[2]) if after[0] == part else (0, "")
            yield from stream(connection, of, kinds, behind, page)


def _unreadable(
    connection: Connection,
    of: Subject,
    kinds: list[str],
    behind: Behind,
    page: _Page,
) -> Iterator[FoundRow]:
    c = t.unreadable_row.c
    query = select(c.no, c.row, c.column, c.kind, page.text(c.reason), page.text(c.text))
    query = query.where(c.list_id == of.list, c.kind.in_(kinds), c.no > behind[0]).order_by(c.no)
    for no, *values in streamed(connection, query.limit(page.limit)):
        row = UnreadableRow(*values)
        yield FoundRow((1, no, row.kind), finding_of(row))


def _about_list(
    connection: Connection,
    of: Subject,
    kinds: list[str],
    behind: Behind,
    page: _Page,
) -> Iterator[FoundRow]:
    c = t.list_finding.c
    query = select(
        *(c.no, c.kind, page.text(c.reason), c.row, c.asset, c.network, page.text(c.address))
    )
    query = query.where(c.list_id == of.list, c.kind.in_(kinds), c.no > behind[0], still_true(of))
    query = query.order_by(c.no)
    for no, kind, *values in streamed(connection, query.limit(page.limit)):
        yield FoundRow((2, no, kind), Finding(FindingKind(kind), *values))


def _about_claims(
    connection: Connection,
    of: Subject,
    kinds: list[str],
    behind: Behind,
    page: _Page,
) -> Iterator[FoundRow]:
    f, c = t.finding.c, t.claim.c
    # In code point order, which is Python's too: databases have other ideas of order.
    kind = f.kind if connection.dialect.name == "sqlite" else f.kind.collate("C")
    query = (
        select(
            *(f.claim_no, f.kind, page.text(f.reason)),
            *(c.row, c.asset, c.network, page.text(c.address)),
        )
        .join(t.claim, and_(c.list_id == of.list, c.no == f.claim_no))
        .where(f.snapshot_id == of.snapshot, f.kind.in_(kinds))
        .where(f.claim_no >= behind[0])  # said apart, so that reading begins there
        .where(or_(f.claim_no > behind[0], and_(f.claim_no == behind[0], kind > behind[1])))
        .order_by(f.claim_no, kind)
    )
    for no, name, *values in streamed(connection, query.limit(page.limit)):
        yield FoundRow((3, no, name), Finding(FindingKind(name), *values))


def _failed_chunks(
    connection: Connection,
    of: Subject,
    kinds: list[str],
    behind: Behind,
    page: _Page,
) -> Iterator[FoundRow]:
    if FindingKind.CHUNK_FAILED.value not in kinds:
        return
    c = t.chunk.c
    query = select(t.chunk).where(
        c.snapshot_id == of.snapshot, c.state == ChunkState.FAILED.value, c.no > behind[0]
    )
    for row in connection.execute(query.order_by(c.no).limit(page.limit)):
        yield FoundRow((4, row.no, FindingKind.CHUNK_FAILED.value), _failed(read_chunk(row)))


def _about_snapshot(
    connection: Connection,
    of: Subject,
    kinds: list[str],
    behind: Behind,
    page: _Page,
) -> Iterator[FoundRow]:
    del page  # there are a few at most
    if not {kind.value for kind in ABOUT_SNAPSHOT}.intersection(kinds):
        return
    for no, finding in enumerate(about_snapshot(connection, of), 1):
        if no > behind[0] and finding.kind.value in kinds:
            yield FoundRow((5, no, finding.kind.value), finding)


def _failed(chunk: Chunk) -> Finding:
    plan = chunk.plan
    at = "the newest block" if plan.height is None else f"height {plan.height}"
    reason = (
        f"{counted(plan.claims, 'claim')} on {plan.network} at {at} could not be read: "
        f"{chunk.error} (tried {'once' if chunk.attempts == 1 else f'{chunk.attempts} times'})"
    )
    return Finding(FindingKind.CHUNK_FAILED, reason, network=plan.network)
