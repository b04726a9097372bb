"""Takes the results of one chunk into the running transaction; the hot path of every snapshot."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import compress
from typing import Any

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
from scanner.store.writing.chunk_seal import ChunkSeal, seal_stored


def store_results(
    connection: Connection, chunk: Chunk, results: Sequence[RowResult], pin: Evidence | None
) -> str:
    """Store a chunk's verdicts, findings, balances and sums. Returns its digest.

    pin: who named the block it was read at, None where that is not recorded.
    Raises ValueError unless every row has its verdict and its balance.
    """
    rows = [
        (claim, control, balance)
        for claim, control, balance, _ in results
        if control is not None and balance is not None
    ]
    if len(rows) < len(results):
        raise ValueError(f"chunk {chunk.no} is done only with all its results")
    claims, controls, balances = by_column(rows, 3)
    verdicts, found = control_columns(controls), balance_columns(balances)
    told = _told([result.findings for result in results])
    seal, sums = ChunkSeal(), _Sums(pin)

    def seal_rows() -> None:
        each = zip(*verdicts, strict=True), zip(*found, strict=True)
        seal.add(zip(claims, *each, told, strict=True))

    anew = _insert_verdicts(connection, chunk, claims, verdicts, told, seal_rows)
    bulk.insert_columns(
        connection,
        t.balance,
        [*_keys(chunk.snapshot_id, claims), [chunk.no] * len(claims), *found],
        partial(sums.add, rows if anew else ()),
    )
    if not anew:  # an earlier try may have stored another verdict, and that one stays
        sums.add(_as_stored(connection, chunk, rows))
    bulk.insert_rows(connection, t.subtotal, sums.rows(chunk))
    return seal.digest() if anew else seal_stored(connection, chunk)


def store_verdicts(connection: Connection, chunk: Chunk, results: Sequence[RowResult]) -> None:
    """Store the verdicts and findings of a chunk that failed, as far as there are any."""
    judged = [(r.claim, r.control, r.findings) for r in results if r.control is not None]
    claims, controls, findings = by_column(judged, 3)
    verdicts = control_columns(controls)
    _insert_verdicts(connection, chunk, claims, verdicts, _told(findings), lambda: None)


_Row = tuple[NumberedClaim, ControlResult, Balance]
_Told = Sequence[tuple[str, str]]


def _keys(snapshot_id: int, claims: Sequence[NumberedClaim]) -> tuple[list[int], list[int]]:
    """The columns of a row's key: snapshot and claim number."""
    return [snapshot_id] * len(claims), [claim.no for claim in claims]


def _told(findings: Sequence[Sequence[Finding]]) -> list[_Told]:
    """Kind and reason of each finding, for each row."""
    return [[(f.kind.value, f.reason) for f in of] if of else () for of in findings]


def _insert_verdicts(
    connection: Connection,
    chunk: Chunk,
    claims: Sequence[NumberedClaim],
    verdicts: bulk.Columns,
    told: Sequence[_Told],
    meanwhile: Callable[[], None],
) -> bool:
    """Insert verdicts and findings, but for those that an earlier, failed try has left.

    verdicts: CONTROL_COLUMNS, by column. told: kind and reason of each finding, by claim.
    meanwhile: work that is done while the database stores them.
    Returns whether there were none.
    """
    keys, numbers = _keys(chunk.snapshot_id, claims)
    mine = set(numbers)  # others' claims may lie between a chunk's own
    left = {(no, kind) for no, kind in _left(connection, chunk) if no in mine}
    judged = {no for no, kind in left if kind is None}
    columns = [keys, numbers, *verdicts]
    if judged:
        new = [no not in judged for no in numbers]
        columns = [list(compress(values, new)) for values in columns]
    bulk.insert_columns(connection, t.control_result, columns, meanwhile)
    new_findings = [
        (chunk.snapshot_id, no, kind, reason)
        for no, findings in zip(numbers, told, strict=True)
        for kind, reason in findings
        if (no, kind) not in left
    ]
    if new_findings:
        bulk.insert_rows(connection, t.finding, new_findings)
    return not left


def _as_stored(connection: Connection, chunk: Chunk, rows: Sequence[_Row]) -> list[_Row]:
    """The same rows with the verdicts that are stored: what is added up is what rows say."""
    c = t.control_result.c
    query = select(c.claim_no, *CONTROL_COLUMNS).where(
        c.snapshot_id == chunk.snapshot_id, c.claim_no.between(chunk.plan.first, chunk.plan.last)
    )
    kept = {no: read_control(tuple(values)) for no, *values in bulk.values(connection, query)}
    return [(claim, kept[claim.no] or control, balance) for claim, control, balance in rows]


class _Sums:
    """Adds a chunk's results up. pin: who named the block they were read at."""

    def __init__(self, pin: Evidence | None) -> None:
        self._tally, self._pin = Tally(), pin

    def add(self, rows: Sequence[_Row]) -> None:
        """Add results."""
        self._tally.add_all(rows, self._pin)

    def rows(self, chunk: Chunk) -> Iterator[tuple[Any, ...]]:
        """Rows of `subtotal`."""
        for k, p in self._tally.parts.items():
            key = chunk.snapshot_id, chunk.no, k.asset, k.decimals, k.proof, k.evidence.value
            yield *key, p.rows, p.claimed, p.found, p.shortfall, p.surplus


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


def _left(connection: Connection, chunk: Chunk) -> Iterator[tuple[int, str | None]]:
    """Claims with a verdict (and None) and with a finding (and its kind) of a chunk's range."""
    plan = chunk.plan
    given = {"of": chunk.snapshot_id, "first": plan.first, "last": plan.last}
    return ((no, kind) for no, kind in connection.execute(_LEFT, given))
