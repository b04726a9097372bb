"""Takes the results of one chunk into the running transaction; the hot path of every snapshot."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import compress
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, null, select, union_all

from scanner.model.amount import format_amount
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
    CONTROL_COLUMNS,
    balance_columns,
    control_columns,
    read_balance,
    read_control,
)
from scanner.store.writing.chunk_seal import ChunkSeal, Told, seal_stored


def store_results(
    connection: Connection, chunk: Chunk, results: Sequence[RowResult], pin: Evidence | None
) -> tuple[str, set[str]]:
    """Store a chunk's verdicts, findings, balances and sums.

    Returns its digest, and the details of its balances of a newest state.
    pin: who named the block it was read at, None where that is not recorded.
    Raises ValueError unless every row has its verdict and its balance.
    """
    if any(result.control is None or result.balance is None for result in results):
        raise ValueError(f"chunk {chunk.no} is done only with all its results")
    left = _left(connection, chunk, results)
    if left:  # of an earlier try, which may have stored another verdict: that one stays
        kept = _verdicts_in(connection, chunk)
        results = [r._replace(control=kept.get(r.claim.no, r.control)) for r in results]
    batches, seal, sums, details = _Batches(results), ChunkSeal(), Tally(), set[str]()
    found = _balances(chunk, batches, sums, pin, details)
    balances = bulk.Converted(connection, t.balance, found)
    _insert_verdicts(connection, chunk, _sealed(batches, seal, balances), left)
    bulk.insert_converted(connection, t.balance, balances)
    bulk.insert_rows(connection, t.subtotal, _subtotals(chunk, sums))
    return (seal_stored(connection, chunk) if left else seal.digest()), details


def store_verdicts(connection: Connection, chunk: Chunk, results: Sequence[RowResult]) -> None:
    """Store the verdicts and findings of a chunk that failed, as far as there are any."""
    judged = [result for result in results if result.control is not None]
    left = _left(connection, chunk, judged)
    _insert_verdicts(connection, chunk, map(_judged, _cut(judged)), left)


class _Judged(NamedTuple):
    """Verdicts by column. verdicts: values of CONTROL_COLUMNS. told: findings of each row."""

    numbers: Sequence[int]
    verdicts: Columns
    told: Sequence[Told]


class _Batch(NamedTuple):
    """Rows of a chunk, by column. balances: values of BALANCE_COLUMNS."""

    rows: ResultColumns
    judged: _Judged
    balances: Columns


class _Batches:
    """A chunk's rows, SENT at a time, as often as wanted.

    Those of a chunk that is no longer are made once; others each time, so that nothing of a whole
    chunk is held beside its results.
    """

    def __init__(self, results: Sequence[RowResult]) -> None:
        self._results = results
        self._only = [_batch(results)] if len(results) <= bulk.SENT else None

    def __iter__(self) -> Iterator[_Batch]:
        return iter(self._only) if self._only is not None else map(_batch, _cut(self._results))


def _cut(results: Sequence[RowResult]) -> Iterator[Sequence[RowResult]]:
    return (results[first : first + bulk.SENT] for first in range(0, len(results), bulk.SENT))


def _batch(results: Sequence[RowResult]) -> _Batch:
    rows = result_columns(results)
    judged = _Judged(rows.numbers, control_columns(rows.verdicts), _told(results))
    return _Batch(rows, judged, balance_columns(rows.balances))


def _judged(results: Sequence[RowResult]) -> _Judged:
    verdicts = by_column([result.control for result in results if result.control], _FIELDS)
    numbers = [result.claim.no for result in results]
    return _Judged(numbers, control_columns(verdicts), _told(results))


_FIELDS = len(ControlResult._fields)


def _told(results: Sequence[RowResult]) -> list[Told]:
    """Kind and reason of each finding about each row."""
    findings = [result.findings for result in results]
    if not any(findings):  # as next to all chunks
        return [()] * len(findings)
    return [[(f.kind.value, f.reason) for f in of] for of in findings]


def _sealed(
    batches: Iterable[_Batch], seal: ChunkSeal, balances: bulk.Converted
) -> Iterator[_Judged]:
    """Verdicts; while the database stores them, their rows are sealed, the balances made ready."""
    for batch in batches:
        yield batch.judged
        balances.begin()
        seal.add_columns(batch.rows, batch.judged.verdicts, batch.balances, batch.judged.told)


def _insert_verdicts(
    connection: Connection,
    chunk: Chunk,
    judged: Iterable[_Judged],
    left: Collection[tuple[int, str | None]],
) -> None:
    """Insert verdicts and findings, but for those that an earlier, failed try has left."""
    findings: list[tuple[Any, ...]] = []
    columns = _verdicts(chunk, judged, left, findings)
    bulk.insert_columns(connection, t.control_result, columns)
    if findings:
        bulk.insert_rows(connection, t.finding, findings)


def _verdicts(
    chunk: Chunk,
    judged: Iterable[_Judged],
    left: Collection[tuple[int, str | None]],
    findings: list[tuple[Any, ...]],
) -> Iterator[Columns]:
    """Columns of `control_result`; rows of `finding` are added to `findings` on the way."""
    stored = {no for no, kind in left if kind is None}
    for numbers, verdicts, told in judged:
        columns = [[chunk.snapshot_id] * len(numbers), numbers, *verdicts]
        if stored:
            new = [no not in stored for no in numbers]
            columns = [list(compress(values, new)) for values in columns]
        yield columns
        if any(told):
            findings += (
                (chunk.snapshot_id, no, kind, reason)
                for no, of in zip(numbers, told, strict=True)
                for kind, reason in of
                if (no, kind) not in left
            )


def _balances(
    chunk: Chunk, batches: Iterable[_Batch], sums: Tally, pin: Evidence | None, details: set[str]
) -> Iterator[Columns]:
    """Columns of `balance`; rows are added up while the database stores them.

    details: takes those of balances of a newest state.
    """
    for rows, _, balances in batches:
        snapshot, no = ([key] * len(rows.numbers) for key in (chunk.snapshot_id, chunk.no))
        yield snapshot, rows.numbers, no, *balances
        sums.add_all(rows, pin)
        _, said, *_, detail = rows.balances
        if Evidence.LATEST_ONLY in said:
            details.update(compress(detail, (e is Evidence.LATEST_ONLY for e in said)))


def _subtotals(chunk: Chunk, sums: Tally) -> Iterator[tuple[Any, ...]]:
    """Rows of `subtotal`."""
    for k, p in sums.parts.items():
        key = chunk.snapshot_id, chunk.no, k.asset, k.decimals, k.proof, k.evidence.value
        yield *key, p.rows, p.claimed, p.found, p.shortfall, p.surplus


def _verdicts_in(connection: Connection, chunk: Chunk) -> dict[int, ControlResult]:
    """The verdicts that are stored, by claim number."""
    c = t.control_result.c
    query = select(c.claim_no, *CONTROL_COLUMNS).where(
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
    if seen is None or stored is None or stored.amount in (None, seen.amount):
        return None
    if stored.evidence is Evidence.LATEST_ONLY:
        return None if claim.duplicate else _moved(claim.claim, stored.amount, seen)
    if seen.amount is None:
        return None
    who = ", ".join(seen.sources) or "the source"
    reason = (
        f"read {stored.amount} first and {seen.amount} ({who}) later at the same block; the first "
        "stays"
    )
    return finding_about(claim.claim, FindingKind.BALANCE_CHANGED, reason)


def _moved(claim: Claim, first: int, seen: Balance) -> Finding:
    held = f"{format_amount(first, claim.decimals)} {claim.asset}"
    if seen.amount is None:
        again = f"could not be read again after the whole network ({seen.reason})"
    else:
        now = format_amount(seen.amount, claim.decimals)
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
