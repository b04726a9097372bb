"""Seals a chunk when it is done: a digest over its claims, verdicts, balances and findings.

Findings of a second reading (`chain.LATER`) come afterwards, and are not in it.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from hashlib import sha256
from itertools import repeat
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Connection, select

from scanner.model.statement import Statement
from scanner.snapshots.columns import Columns, ResultColumns
from scanner.snapshots.values import Chunk, NumberedClaim
from scanner.store.database.chain import LATER
from scanner.store.database.rows import joined
from scanner.store.schema import bulk
from scanner.store.schema import tables as t
from scanner.store.schema.records import (
    BALANCE_COLUMNS,
    CLAIM_COLUMNS,
    CONTROL_COLUMNS,
    read_claim,
)

_NOT_ASKED = Statement.NOT_ASKED.value

Told = Sequence[tuple[str, str]]
"""Kind and reason of each finding about one claim."""

SealedRow = tuple[NumberedClaim, Sequence[Any], Sequence[Any], Told]
"""A claim with the values of CONTROL_COLUMNS and of BALANCE_COLUMNS."""


class StoredRow(NamedTuple):
    """What is stored of one claim of a snapshot.

    chunk: number of the chunk that its balance belongs to, None if there is no balance.
    verdict, balance: values of CONTROL_COLUMNS and BALANCE_COLUMNS, None where there is none.
    """

    chunk: int | None
    claim: NumberedClaim
    verdict: tuple[Any, ...]
    balance: tuple[Any, ...]
    told: Told


class ChunkSeal:
    """The digest over the rows of one chunk, added by rising claim number.

    sha256 over a line of JSON for each row: [number, duplicate, asset, network, address key,
    decimals, claimed, verdict, balance, [[kind, reason] of each finding, sorted]]. verdict:
    [control, binding, freshness, scheme, required, [signers], reason, evidence, statement,
    stated_by], without evidence where it was not recorded, without the last two where the
    statement was not asked; balance: [amount, evidence, [sources], reason, detail]. Amounts are
    decimal text.
    """

    def __init__(self) -> None:
        self._hash = sha256()

    def add(self, rows: Iterable[SealedRow]) -> None:
        """Add rows, by rising claim number."""
        for (no, claim, duplicate), verdict, balance, told in rows:
            claimed, found = claim.amount, balance[0]
            record = (
                no,
                duplicate,
                claim.asset,
                claim.network,
                claim.address_key,
                claim.decimals,
                None if claimed is None else str(claimed),
                _sealed(verdict),
                (None if found is None else str(found), *balance[1:]),
                sorted(told) if told else (),
            )
            self._hash.update(_line(record))

    def add_columns(
        self, rows: ResultColumns, verdicts: Columns, balances: Columns, told: Sequence[Told]
    ) -> None:
        """Add rows as `add` does, but by column, which is quicker.

        verdicts, balances: values of CONTROL_COLUMNS and BALANCE_COLUMNS.
        """
        records = partial(_records, rows, verdicts, balances, told)
        before = self._hash.copy()
        try:
            lines = map(orjson.dumps, records(), repeat(None), repeat(orjson.OPT_APPEND_NEWLINE))
            deque(map(self._hash.update, lines), 0)
        except TypeError:  # one of them has no UTF-8 form
            self._hash = before
            for record in records():
                self._hash.update(_line(record))

    def digest(self) -> str:
        """What was added, in hex."""
        return self._hash.hexdigest()


def _line(record: Sequence[Any]) -> bytes:
    try:
        return orjson.dumps(record, None, orjson.OPT_APPEND_NEWLINE)
    except TypeError:  # lone surrogates have no UTF-8 form
        return json.dumps(record, separators=(",", ":")).encode() + b"\n"


def _records(
    rows: ResultColumns, verdicts: Columns, balances: Columns, told: Sequence[Told]
) -> Iterator[Sequence[Any]]:
    """What each row's line is made of."""
    judged: Iterable[Sequence[Any]] = zip(*verdicts, strict=True)
    if not all(verdicts[7]) or _NOT_ASKED in verdicts[8]:
        judged = map(_sealed, judged)
    claimed = _decimal(rows.claimed)
    # What was found is what is claimed, next to always: its digits need not be made again.
    as_claimed = list(balances[0]) == list(rows.claimed)
    found = claimed if as_claimed else _decimal(balances[0])
    return zip(
        *(rows.numbers, rows.duplicates, rows.assets, rows.networks, rows.keys, rows.decimals),
        *(claimed, judged),
        zip(found, *balances[1:], strict=True),
        map(sorted, told) if any(told) else told,
        strict=True,
    )


def _decimal(amounts: Sequence[int | None]) -> Sequence[str | None]:
    if None in amounts:
        return [None if amount is None else str(amount) for amount in amounts]
    return list(map(str, amounts))


def _sealed(verdict: Sequence[Any]) -> Sequence[Any]:
    """A verdict's values as they are sealed: what a program did not record is left out."""
    evidence, statement = verdict[7], verdict[8]
    if evidence and statement != _NOT_ASKED:
        return verdict
    kept = list(verdict[:7])
    if evidence:
        kept.append(evidence)
    return kept if statement == _NOT_ASKED else [*kept, *verdict[8:]]


def seal_stored(connection: Connection, chunk: Chunk) -> str:
    """The digest of a chunk from what is stored."""
    seal = ChunkSeal()
    seal.add(row[1:] for row in stored_rows(connection, chunk.snapshot_id, chunk))
    return seal.digest()


def stored_rows(
    connection: Connection, snapshot_id: int, chunk: Chunk | None = None
) -> Iterator[StoredRow]:
    """Everything that is sealed of a snapshot, or of one of its chunks, by claim number."""
    first, second = len(CLAIM_COLUMNS), len(CLAIM_COLUMNS) + len(CONTROL_COLUMNS)
    columns = (*CLAIM_COLUMNS, *CONTROL_COLUMNS, *BALANCE_COLUMNS, t.balance.c.chunk_no)
    query = joined(snapshot_id, columns)
    if chunk is not None:
        query = query.where(t.balance.c.chunk_no == chunk.no)
        query = query.where(t.claim.c.no.between(chunk.plan.first, chunk.plan.last))
    findings = _Findings(connection, snapshot_id, chunk)
    for values in bulk.values(connection, query):
        claim = read_claim(values[:first])
        verdict, balance = values[first:second], values[second:-1]
        yield StoredRow(values[-1], claim, verdict, balance, findings.about(claim.no))


class _Findings:
    """Findings of a snapshot or chunk, read beside its claims."""

    def __init__(self, connection: Connection, snapshot_id: int, chunk: Chunk | None) -> None:
        c = t.finding.c
        query = select(c.claim_no, c.kind, c.reason).where(
            c.snapshot_id == snapshot_id, c.kind.not_in(LATER)
        )
        if chunk is not None:
            query = query.where(c.claim_no.between(chunk.plan.first, chunk.plan.last))
        self._rows = bulk.values(connection, query.order_by(c.claim_no))
        self._next = next(self._rows, None)

    def about(self, claim_no: int) -> list[tuple[str, str]]:
        """Those about a claim; claims are asked for by rising number."""
        told = []
        while self._next is not None and self._next[0] <= claim_no:
            if self._next[0] == claim_no:
                told.append(self._next[1:])
            self._next = next(self._rows, None)
        return told
