"""Takes the results of one chunk into the running transaction; the hot path of every snapshot."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import compress
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, null, select, union_all

from scanner.model.amount import format_amount
from scanner.model.balance import Balance, Evidence
from scanner.model.claim import Claim
from scanner.model.control import ControlResult
from scanner.model.finding import Finding, FindingKind
from scanner.snapshots.findings import finding_about
from scanner.snapshots.interface import Chunk, NumberedClaim, RowResult, SnapshotState
from scanner.snapshots.tally import Tally
from scanner.store.database import chain
from scanner.store.database.pruned import refuse_pruned
from scanner.store.schema import bulk
from scanner.store.schema import tables as t
from scanner.store.schema.records import (
    BALANCE_COLUMNS,
    CONTROL_COLUMNS,
    balance_columns,
    by_column,
    control_columns,
    read_balance,
    read_control,
)
from scanner.store.writing.chunk_seal import ChunkSeal, Told, seal_stored


def store_results(
    connection: Connection, chunk: Chunk, results: Sequence[RowResult], pin: Evidence | None
) -> str:
    """Store a chunk's verdicts, findings, balances and sums. Returns its digest.

    pin: who named the block it was read at, None where that is not recorded.
    Raises ValueError unless every row has its verdict and its balance.
    """
    if any(result.control is None or result.balance is None for result in results):
        raise ValueError(f"chunk {chunk.no} is done only with all its results")
    left = _left(connection, chunk, results)
    seal, sums = ChunkSeal(), Tally()
    batches = list(_by_column(results))
    _insert_verdicts(connection, chunk, batches, left, None if left else seal)
    # An earlier try may have stored another verdict, and that one stays.
    kept = _verdicts_in(connection, chunk) if left else {}
    bulk.insert_columns(connection, t.balance, _balances(chunk, batches, sums, pin, kept))
    bulk.insert_rows(connection, t.subtotal, _subtotals(chunk, sums))
    return seal_stored(connection, chunk) if left else seal.digest()


def store_verdicts(connection: Connection, chunk: Chunk, results: Sequence[RowResult]) -> None:
    """Store the verdicts and findings of a chunk that failed, as far as there are any."""
    judged = [result for result in results if result.control is not None]
    left = _left(connection, chunk, judged)
    _insert_verdicts(connection, chunk, list(_by_column(judged)), left)


class _Batch(NamedTuple):
    """Rows of a chunk, by column. told: kind and reason of each finding, for each row."""

    claims: Sequence[NumberedClaim]
    numbers: Sequence[int]
    controls: Sequence[ControlResult]
    balances: Sequence[Balance]
    told: Sequence[Told]


def _by_column(results: Sequence[RowResult]) -> Iterator[_Batch]:
    for first in range(0, len(results), bulk.SENT):
        claims, controls, balances, findings = by_column(results[first : first + bulk.SENT], 4)
        told = [[(f.kind.value, f.reason) for f in of] if of else () for of in findings]
        yield _Batch(claims, [claim.no for claim in claims], controls, balances, told)


def _insert_verdicts(
    connection: Connection,
    chunk: Chunk,
    batches: Sequence[_Batch],
    left: Collection[tuple[int, str | None]],
    seal: ChunkSeal | None = None,
) -> None:
    """Insert verdicts and findings, but for those that an earlier, failed try has left.

    seal: takes all rows, while the database stores them.
    """
    judged = {no for no, kind in left if kind is None}
    columns = _verdicts(chunk, batches, judged, seal)
    bulk.insert_columns(connection, t.control_result, columns)
    findings = [
        (chunk.snapshot_id, no, kind, reason)
        for batch in batches
        for no, told in zip(batch.numbers, batch.told, strict=True)
        for kind, reason in told
        if (no, kind) not in left
    ]
    if findings:
        bulk.insert_rows(connection, t.finding, findings)


def _verdicts(
    chunk: Chunk, batches: Sequence[_Batch], judged: Collection[int], seal: ChunkSeal | None
) -> Iterator[bulk.Columns]:
    """Columns of `control_result`."""
    for batch in batches:
        verdicts = control_columns(batch.controls)
        columns = [[chunk.snapshot_id] * len(batch.numbers), batch.numbers, *verdicts]
        if judged:
            new = [no not in judged for no in batch.numbers]
            columns = [list(compress(values, new)) for values in columns]
        yield columns
        if seal is not None:
            found = balance_columns(batch.balances)
            each = zip(*verdicts, strict=True), zip(*found, strict=True)
            seal.add(zip(batch.claims, *each, batch.told, strict=True))


def _balances(
    chunk: Chunk,
    batches: Sequence[_Batch],
    sums: Tally,
    pin: Evidence | None,
    kept: Mapping[int, ControlResult],
) -> Iterator[bulk.Columns]:
    """Columns of `balance`; rows are added up while the database stores them.

    kept: claim number -> its verdict where another is stored: what is added up is what rows say.
    """
    for claims, numbers, controls, balances, _ in batches:
        snapshot, no = ([key] * len(numbers) for key in (chunk.snapshot_id, chunk.no))
        yield snapshot, numbers, no, *balance_columns(balances)
        said = map(kept.get, numbers, controls) if kept else controls
        sums.add_all(zip(claims, said, balances, strict=True), pin)


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
