"""Where a claim's verdict stands: in the row of its balance, or in one of its own.

One row for both is half of what storing them costs. A verdict has a row of its own (control_result)
where its balance came later, at another try, and in what programs stored before migration 0019; its
balance's row then has no verdict. Wherever both are joined, these say what is stored of it.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, FromClause, Subquery, exists, func, select, union_all

from scanner.store.schema import tables as t


class Verdict(NamedTuple):
    """The columns of a verdict, as control_result names them; NULL where there is none."""

    control: ColumnElement[str]
    binding: ColumnElement[str]
    freshness: ColumnElement[str]
    scheme: ColumnElement[str]
    required: ColumnElement[int]
    signed_by: ColumnElement[tuple[str, ...]]
    reason: ColumnElement[str]
    evidence: ColumnElement[str]
    statement: ColumnElement[str]
    stated_by: ColumnElement[str]


IN_BALANCE: Final = {
    name: {"reason": "control_reason", "evidence": "control_evidence"}.get(name, name)
    for name in Verdict._fields
}
"""A verdict's column -> its name in `balance`."""


def stored_verdict(
    balance: FromClause = t.balance, alone: FromClause = t.control_result
) -> Verdict:
    """What is stored of a verdict, in a query that joins both tables, `alone` by an outer join."""
    made: list[Any] = [
        func.coalesce(balance.c[name], alone.c[own]) for own, name in IN_BALANCE.items()
    ]
    return Verdict(*made)


def apart() -> Verdict:
    """The columns of `control_result`, where a verdict stands by itself."""
    made: list[Any] = [t.control_result.c[name] for name in Verdict._fields]
    return Verdict(*made)


def is_beside_another() -> ColumnElement[bool]:
    """Whether a row of control_result is none: its balance has a verdict, and that one counts."""
    b, r = t.balance.c, t.control_result.c
    same = b.snapshot_id == r.snapshot_id, b.claim_no == r.claim_no
    return exists().where(*same, b.control.is_not(None)).correlate(t.control_result)


def freshness(snapshot_id: int) -> Subquery:
    """Number (claim_no) and freshness of every verdict of a snapshot, also without a balance."""
    b, r = t.balance.c, t.control_result.c
    alone = select(r.claim_no, r.freshness).where(r.snapshot_id == snapshot_id)
    inside = select(b.claim_no, b.freshness).where(b.snapshot_id == snapshot_id)
    both = alone.where(~is_beside_another()), inside.where(b.freshness.is_not(None))
    return union_all(*both).subquery()
