"""Takes the results of one chunk into the running transaction; the hot path of every snapshot."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from itertools import compress
from typing import Any

from sqlalchemy import Connection, bindparam, null, select, union_all

from scanner.model.amount import grouped_amount
from scanner.model.balance import Balance, Evidence
from scanner.model.claim import Claim
from scanner.model.control import ControlResult
from scanner.model.finding import Finding, FindingKind
from scanner.snapshots.columns import Columns, ResultColumns, by_column, result_columns
from scanner.snapshots.findings import finding_about
from scanner.snapshots.tally import Tally
from scanner.snapshots.values import Chunk, NumberedClaim, RowResult, SnapshotState
from scanner.store.database import chain
from scanner.store.database.pruned import refuse_pruned
from scanner.store.schema import bulk
from scanner.store.schema import tables as t
from scanner.store.schema.records import (
    BALANCE_COLUMNS,
    balance_columns,
    control_columns,
    read_balance,
    read_control,
)
from scanner.store.schema.verdicts import apart
from scanner.store.writing.chunk_seal import ChunkSeal, Told, seal_stored


def store_results(
    connection: Connection, chunk: Chunk, results: Sequence[RowResult], pin: Evidence | None
) -> tuple[str, set[str]]:
    """Store a chunk's verdicts, findings, balances and sums.

    Returns its digest, and the details of its balances of a newest state.
    pin: who named the block it was read at, None where that is not recorded.
    Raises ValueError unless every row has its verdict and its balance.
    """
    if [result for result in results if result.control is None or result.balance is None]:
        raise ValueError(f"chunk {chunk.no} is done only with all its results")
    left = _left(connection, chunk, results)
    if left:  # of an earlier try, which may have stored another verdict: that one stays
        kept = _verdicts_in(connection, chunk)
        results = [r._replace(control=kept.get(r.claim.no, r.control)) for r in results]
    made = _Made(chunk, left, pin)
    bulk.insert_columns(connection, t.balance, made.rows(results))
    if made.findings:
        bulk.insert_rows(connection, t.finding, made.findings)
    bulk.insert_rows(connection, t.subtotal, _subtotals(chunk, made.sums))
    return (seal_stored(connection, chunk) if left else made.seal.digest()), made.details


def store_verdicts(connection: Connection, chunk: Chunk, results: Sequence[RowResult]) -> None:
    """Store the verdicts and findings of a chunk that failed, as far as there are any."""
    judged = [result for result in results if result.control is not None]
    left = _left(connection, chunk, judged)
    new = [result for result in judged if (result.claim.no, None) not in left]
    bulk.insert_columns(connection, t.control_result, _verdicts(chunk, new))
    findings = _findings(chunk, [result.claim.no for result in judged], _told(judged), left)
    bulk.insert_rows(connection, t.finding, findings)


def _verdicts(chunk: Chunk, judged: Sequence[RowResult]) -> Iterator[Columns]:
    """Columns of `control_result`."""
    for some in _cut(judged):
        verdicts = by_column([result.control for result in some if result.control], _FIELDS)
        numbers = [result.claim.no for result in some]
        yield [[chunk.snapshot_id] * len(some), numbers, *control_columns(verdicts)]


def _cut(results: Sequence[RowResult]) -> Iterator[Sequence[RowResult]]:
    """SENT rows at a time: nothing of a whole chunk is held beside its results."""
    return (results[first : first + bulk.SENT] for first in range(0, len(results), bulk.SENT))


_FIELDS = len(ControlResult._fields)
_Left = Collection[tuple[int, str | None]]


class _Made:
    """A chunk's rows of `balance`, and what is made of them while the database stores them.

    left: what an earlier try left; its verdicts stay where they are, and so do its findings.
    details: of balances of a newest state. findings: rows of `finding`.
    """

    def __init__(self, chunk: Chunk, left: _Left, pin: Evidence | None) -> None:
        self._chunk, self._left, self._pin = chunk, left, pin
        self.seal, self.sums = ChunkSeal(), Tally()
        self.details: set[str] = set()
        self.findings: list[tuple[Any, ...]] = []

    def rows(self, results: Sequence[RowResult]) -> Iterator[Columns]:
        """Columns of `balance`."""
        for some in _cut(results):
            rows = result_columns(some)
            verdicts, balances = control_columns(rows.verdicts), balance_columns(rows.balances)
            snapshot, no = ([key] * len(some) for key in (self._chunk.snapshot_id, self._chunk.no))
            yield snapshot, rows.numbers, no, *balances, *self._beside(rows.numbers, verdicts)
            told = _told(some)
            self.findings += _findings(self._chunk, rows.numbers, told, self._left)
            self.seal.add_columns(rows, verdicts, balances, told)
            self.sums.add_all(rows, self._pin)
            self._look(rows)

    def _beside(self, numbers: Sequence[int], verdicts: Columns) -> Columns:
        """Verdicts without those that stand by themselves already."""
        alone = {no for no, kind in self._left if kind is None}
        if not alone:
            return verdicts
        return [
            [None if no in alone else value for no, value in zip(numbers, values, strict=True)]
            for values in verdicts
        ]

    def _look(self, rows: ResultColumns) -> None:
        _, said, *_, details = rows.balances
        if Evidence.LATEST_ONLY in said:
            self.details |= set(compress(details, (e is Evidence.LATEST_ONLY for e in said)))


def _told(results: Sequence[RowResult]) -> Sequence[Told]:
    """Kind and reason of each finding about each row."""
    findings = [result.findings for result in results]
    if not any(findings):  # as next to all chunks
        return [()] * len(findings)
    return [[(f.kind.value, f.reason) for f in of] for of in findings]


def _findings(
    chunk: Chunk, numbers: Sequence[int], told: Sequence[Told], left: _Left
) -> list[tuple[Any, ...]]:
    """Rows of `finding`, but for those that an earlier, failed try has left."""
    if not any(told):
        return []
    return [
        (chunk.snapshot_id, no, kind, reason)
        for no, of in zip(numbers, told, strict=True)
        for kind, reason in of
        if (no, kind) not in left
    ]


def _subtotals(chunk: Chunk, sums: Tally) -> Iterator[tuple[Any, ...]]:
    """Rows of `subtotal`."""
    for k, p in sums.parts.items():
        key = chunk.snapshot_id, chunk.no, k.asset, k.decimals, k.proof, k.evidence.value
        yield *key, p.rows, p.claimed, p.found, p.shortfall, p.surplus


def _verdicts_in(connection: Connection, chunk: Chunk) -> dict[int, ControlResult]:
    """The verdicts that stand by themselves, by claim number."""
    c = t.control_result.c
    query = select(c.claim_no, *apart()).where(
        c.snapshot_id == chunk.snapshot_id, c.claim_no.between(chunk.plan.first, chunk.plan.last)
    )
    stored = ((no, read_control(tuple(rest))) for no, *rest in bulk.values(connection, query))
    return {no: control for no, control in stored if control is not None}


def compare(connection: Connection, chunk: Chunk, results: Sequence[RowResult]) -> list[Finding]:
    """A second reading of a chunk that is done: keep the first, tell where they differ.

    Raises SnapshotPrunedError where the first is gone.
    """
    refuse_pruned(connection, chunk.snapshot_id)
    c = t.balance.c
    query = select(c.claim_no, *BALANCE_COLUMNS).where(
        c.snapshot_id == chunk.snapshot_id, c.chunk_no == chunk.no
    )
    stored = {no: read_balance(tuple(values)) for no, *values in bulk.values(connection, query)}
    found, new = [], []
    sealed = _is_complete(connection, chunk.snapshot_id)
    for r in results:
        finding = _changed(r.claim, stored[r.claim.no], r.balance)
        if finding is None or (sealed and finding.kind is FindingKind.MOVED_WHILE_READ):
            continue
        found.append(finding)
        row = (chunk.snapshot_id, r.claim.no, finding.kind.value, finding.reason)
        stored_now = connection.execute(bulk.insert_new(connection, t.finding).values(row))
        if stored_now.rowcount:
            new.append(row)
    chain.append_rows(connection, chain.FINDINGS, t.finding, new)
    return found


def _is_complete(connection: Connection, snapshot_id: int) -> bool:
    """Whether a snapshot is sealed; until this transaction ends it is not, if it was not."""
    s = t.snapshot.c
    query = select(s.state).where(s.id == snapshot_id).with_for_update(read=True)
    return bool(connection.execute(query).scalar_one() == SnapshotState.COMPLETE.value)


def _changed(claim: NumberedClaim, stored: Balance | None, seen: Balance | None) -> Finding | None:
    """A finding if two readings give two amounts.

    At one block no answer contradicts nothing. Of a newest state each is another state, and one
    that cannot be read again is not shown to have held still.
    """
    if seen is None or stored is None or stored.amount is None or stored.amount == seen.amount:
        return None
    if stored.evidence is Evidence.LATEST_ONLY:
        return None if claim.duplicate else _moved(claim.claim, stored.amount, seen)
    if seen.amount is None:
        return None
    who = ", ".join(seen.sources) or "the source"
    held, now = (grouped_amount(n, claim.claim.decimals) for n in (stored.amount, seen.amount))
    reason = f"read {held} first and {now} ({who}) later at the same block; the first stays"
    return finding_about(claim.claim, FindingKind.BALANCE_CHANGED, reason)


def _moved(claim: Claim, first: int, seen: Balance) -> Finding:
    held = f"{grouped_amount(first, claim.decimals)} {claim.asset}"
    if seen.amount is None:
        again = f"could not be read again after the whole network ({seen.reason})"
    else:
        now = grouped_amount(seen.amount, claim.decimals)
        again = f"held {now} {claim.asset} after the whole network was read"
    reason = f"held {held} when it was read, and {again}: coins that move in between count twice"
    return finding_about(claim, FindingKind.MOVED_WHILE_READ, reason)


def _of_chunk(table: Any, *columns: Any) -> Any:  # noqa: ANN401
    within = table.c.claim_no.between(bindparam("first"), bindparam("last"))
    return select(table.c.claim_no, *columns).where(table.c.snapshot_id == bindparam("of"), within)


# Made once, and asked at once: a question costs as much as storing a hundred rows.
_LEFT = union_all(_of_chunk(t.control_result, null()), _of_chunk(t.finding, t.finding.c.kind))


def _left(
    connection: Connection, chunk: Chunk, results: Sequence[RowResult]
) -> set[tuple[int, str | None]]:
    """What an earlier try left: claims with a verdict (and None) and with a finding (its kind)."""
    plan = chunk.plan
    given = {"of": chunk.snapshot_id, "first": plan.first, "last": plan.last}
    found = connection.execute(_LEFT, given).all()
    # Others' claims may lie between a chunk's own.
    mine = {result.claim.no for result in results} if found else ()
    return {(no, kind) for no, kind in found if no in mine}
