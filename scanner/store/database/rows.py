"""Claims with what is known of them, streamed in list order."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import islice
from typing import Any

from sqlalchemy import BindParameter, Connection, Select, and_, bindparam, select

from scanner.errors import SnapshotNotFoundError
from scanner.model.balance import Balance, Evidence
from scanner.model.block import BlockRef
from scanner.model.claim import Claim
from scanner.model.control import ControlResult
from scanner.model.finding import FindingKind
from scanner.snapshots.plan import effective_height
from scanner.snapshots.tally import row_class
from scanner.snapshots.values import Chunk, ChunkState
from scanner.store.database.engine import Store
from scanner.store.database.moments import moments, moved_rows
from scanner.store.database.pruned import refuse_pruned
from scanner.store.schema import bulk
from scanner.store.schema import tables as t
from scanner.store.schema.records import (
    BALANCE_COLUMNS,
    CLAIM_COLUMNS,
    CONTROL_COLUMNS,
    from_wanted,
    load_policy,
    read_balance,
    read_block,
    read_chunk,
    read_claim,
    read_control,
)

_COLUMNS = (*CLAIM_COLUMNS, *CONTROL_COLUMNS, *BALANCE_COLUMNS)


@dataclass(frozen=True, slots=True)
class RowView:
    """One claim and what is known of it.

    no: its number, the key to page by. duplicate: judged and read, but not counted.
    control, balance: None until its chunk is done (`reason` then says why not, if it failed).
    block: what the balance is read at, None until it is pinned. other_moment: whether that block
    is of another moment than the snapshot, or the coins moved while they were read, so that they
    may be counted elsewhere, too.
    """

    no: int
    claim: Claim
    duplicate: bool
    control: ControlResult | None
    balance: Balance | None
    block: BlockRef | None
    reason: str = ""
    other_moment: bool = False

    @property
    def is_proof(self) -> bool:
        """Whether this row may count as verified, once its balance is known."""
        return self.control is not None and self.control.is_proof and not self.other_moment

    @property
    def evidence(self) -> Evidence | None:
        """The row's class, as totals count it; None where the balance was not asked for yet."""
        if self.balance is None:
            return None
        pin = None if self.block is None else self.block.evidence
        return row_class(self.balance, self.control, pin)


def rows(
    store: Store,
    snapshot_id: int,
    *,
    after: int = 0,
    limit: int | None = None,
    kinds: Collection[FindingKind] = (),
    numbers: Collection[int] | None = None,
) -> Iterator[RowView]:
    """Claims in list order with their results, from number `after` + 1 on.

    limit: how many at most. kinds: only claims that have a finding of one of these kinds.
    numbers: only these claims.
    Raises SnapshotNotFoundError, SnapshotPrunedError.
    """
    first, second = len(CLAIM_COLUMNS), len(CLAIM_COLUMNS) + len(CONTROL_COLUMNS)
    with store.read() as connection:
        beside = _Beside(connection, snapshot_id)
        if numbers is None:
            no = CLAIM_COLUMNS[0]
            query = joined(snapshot_id, _COLUMNS, kinds).where(no > after).limit(limit)
            found = bulk.values(connection, query)
        else:
            wanted = [n for n in numbers if n > after]
            asked = {"snapshot": snapshot_id, "numbers": wanted}
            found = islice(_numbered(frozenset(kinds)).values(connection, asked), limit)
        for values in found:
            numbered = read_claim(values[:first])
            balance = read_balance(values[second:])
            yield RowView(
                numbered.no,
                numbered.claim,
                numbered.duplicate,
                read_control(values[first:second]),
                balance,
                beside.block(numbered.claim),
                "" if balance is not None else beside.why_not(numbered.no, numbered.claim),
                beside.of_another_moment(numbered.no, numbered.claim),
            )


@cache
def _numbered(kinds: frozenset[FindingKind]) -> bulk.Plain:
    # Never with `after`: SQLite would read on from there and look each number up in the set.
    some = CLAIM_COLUMNS[0].in_(bindparam("numbers", expanding=True))
    return bulk.Plain(joined(bindparam("snapshot"), _COLUMNS, kinds).where(some))


def joined(
    snapshot_id: int | BindParameter[int],
    columns: tuple[Any, ...],
    kinds: Collection[FindingKind] = (),
) -> Select[Any]:
    """Columns of claim, control_result and balance, every claim of a snapshot by its number.

    snapshot_id: or a parameter for it, for a query that is kept.
    kinds: only claims that have a finding of one of these kinds.
    """
    c, s = t.claim.c, t.snapshot.c
    join = t.claim.join(t.snapshot, s.list_id == c.list_id)
    for table in (t.control_result, t.balance):
        same = and_(table.c.snapshot_id == s.id, table.c.claim_no == c.no)
        join = join.outerjoin(table, same)
    query = select(*columns).select_from(join).where(s.id == snapshot_id)
    if kinds:
        told = select(t.finding.c.claim_no).where(
            t.finding.c.snapshot_id == snapshot_id,
            t.finding.c.kind.in_([kind.value for kind in kinds]),
        )
        query = query.where(c.no.in_(told))
    return query.order_by(c.no)


_POLICY = select(t.snapshot.c.policy).where(t.snapshot.c.id == bindparam("snapshot"))
_BLOCKS = select(t.pinned_block).where(t.pinned_block.c.snapshot_id == bindparam("snapshot"))
_FAILED = select(t.chunk).where(
    t.chunk.c.snapshot_id == bindparam("snapshot"), t.chunk.c.state == ChunkState.FAILED.value
)


class _Beside:
    """The few things that many rows share: blocks, and why chunks failed."""

    def __init__(self, connection: Connection, snapshot_id: int) -> None:
        stored = connection.execute(_POLICY, {"snapshot": snapshot_id}).scalar()
        if stored is None:
            raise SnapshotNotFoundError(str(snapshot_id))
        refuse_pruned(connection, snapshot_id)
        self._at: Mapping[str, int | None] = load_policy(stored).at
        self._blocks = {
            (row.network, from_wanted(row.wanted_height)): read_block(row)
            for row in connection.execute(_BLOCKS, {"snapshot": snapshot_id})
        }
        self._moved = moved_rows(connection, snapshot_id)
        self._others = {
            (network, from_wanted(wanted))
            for network, wanted in moments(connection, snapshot_id).left_out
        }
        self._failed: dict[tuple[str, int | None], list[Chunk]] = {}
        for row in connection.execute(_FAILED, {"snapshot": snapshot_id}):
            chunk = read_chunk(row)
            self._failed.setdefault((chunk.plan.network, chunk.plan.height), []).append(chunk)

    def block(self, claim: Claim) -> BlockRef | None:
        return self._blocks.get(self._place(claim))

    def of_another_moment(self, no: int, claim: Claim) -> bool:
        if no in self._moved:
            return True
        return bool(self._others) and self._place(claim) in self._others

    def why_not(self, no: int, claim: Claim) -> str:
        chunks = self._failed.get(self._place(claim), ())
        return next((c.error for c in chunks if c.plan.first <= no <= c.plan.last), "not read yet")

    def _place(self, claim: Claim) -> tuple[str, int | None]:
        return claim.network, effective_height(claim.network, claim.height, self._at)
