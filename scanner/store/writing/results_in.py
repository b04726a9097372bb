"""Takes the results of one chunk into the running transaction; the hot path of every snapshot."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

from sqlalchemy import Connection, select

from scanner.model.amount import format_amount
from scanner.model.balance import Balance, Evidence
from scanner.model.claim import Claim
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
    balance_values,
    control_values,
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
    key, no = chunk.snapshot_id, chunk.no
    rows = [_values(result) for result in results]
    seal, sums = ChunkSeal(), _Sums(pin)

    def seal_rows() -> None:
        for row in rows:
            seal.add(*row)

    anew = _insert_verdicts(
        connection,
        chunk,
        [(claim.no, verdict, told) for claim, verdict, _, told in rows],
        seal_rows,
    )
    bulk.insert_rows(
        connection,
        t.balance,
        [(key, claim.no, no, *balance) for claim, _, balance, _ in rows],
        partial(sums.add, results if anew else ()),
    )
    if not anew:  # an earlier try may have stored another verdict, and that one stays
        sums.add(_as_stored(connection, chunk, results))
    bulk.insert_rows(connection, t.subtotal, sums.rows(chunk))
    return seal.digest() if anew else seal_stored(connection, chunk)


def store_verdicts(connection: Connection, chunk: Chunk, results: Sequence[RowResult]) -> None:
    """Store the verdicts and findings of a chunk that failed, as far as there are any."""
    rows = [
        (r.claim.no, control_values(r.control), _told(r.findings))
        for r in results
        if r.control is not None
    ]
    _insert_verdicts(connection, chunk, rows, lambda: None)


_Told = Sequence[tuple[str, str]]


def _values(result: RowResult) -> tuple[NumberedClaim, tuple[Any, ...], tuple[Any, ...], _Told]:
    claim, control, balance, findings = result
    if control is None or balance is None:
        raise ValueError(f"claim {claim.no}: a chunk is done only with all its results")
    return claim, control_values(control), balance_values(balance), _told(findings)


def _told(findings: Sequence[Finding]) -> _Told:
    return [(f.kind.value, f.reason) for f in findings] if findings else ()


def _insert_verdicts(
    connection: Connection,
    chunk: Chunk,
    rows: Sequence[tuple[int, tuple[Any, ...], _Told]],
    meanwhile: Callable[[], None],
) -> bool:
    """Insert verdicts and findings, but for those that an earlier, failed try has left.

    rows: claim number, values of CONTROL_COLUMNS, kind and reason of each finding.
    meanwhile: work that is done while the database stores them.
    Returns whether there were none.
    """
    key = chunk.snapshot_id
    numbers = {no for no, _, _ in rows}  # others' claims may lie between a chunk's own
    judged = _numbers_in(connection, t.control_result, chunk) & numbers
    told = {pair for pair in _findings_in(connection, chunk) if pair[0] in numbers}
    bulk.insert_rows(
        connection,
        t.control_result,
        ((key, no, *verdict) for no, verdict, _ in rows if no not in judged),
        meanwhile,
    )
    bulk.insert_rows(
        connection,
        t.finding,
        (
            (key, no, kind, reason)
            for no, _, findings in rows
            for kind, reason in findings
            if (no, kind) not in told
        ),
    )
    return not (judged or told)


def _as_stored(
    connection: Connection, chunk: Chunk, results: Sequence[RowResult]
) -> list[RowResult]:
    """The same results with the verdicts that are stored: what is added up is what rows say."""
    c = t.control_result.c
    query = select(c.claim_no, *CONTROL_COLUMNS).where(
        c.snapshot_id == chunk.snapshot_id, c.claim_no.between(chunk.plan.first, chunk.plan.last)
    )
    kept = {no: read_control(tuple(values)) for no, *values in bulk.values(connection, query)}
    return [result._replace(control=kept[result.claim.no]) for result in results]


class _Sums:
    """Adds a chunk's results up. pin: who named the block they were read at."""

    def __init__(self, pin: Evidence | None) -> None:
        self._tally, self._pin = Tally(), pin

    def add(self, results: Sequence[RowResult]) -> None:
        """Add results."""
        add, pin = self._tally.add, self._pin
        for claim, control, balance, _ in results:
            add(claim, control, balance, pin)

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


def _numbers_in(connection: Connection, table: Any, chunk: Chunk) -> set[int]:  # noqa: ANN401
    c = table.c
    query = select(c.claim_no).where(
        c.snapshot_id == chunk.snapshot_id, c.claim_no.between(chunk.plan.first, chunk.plan.last)
    )
    return set(connection.execute(query).scalars())


def _findings_in(connection: Connection, chunk: Chunk) -> set[tuple[int, str]]:
    c = t.finding.c
    query = select(c.claim_no, c.kind).where(
        c.snapshot_id == chunk.snapshot_id, c.claim_no.between(chunk.plan.first, chunk.plan.last)
    )
    return {(no, kind) for no, kind in connection.execute(query)}
