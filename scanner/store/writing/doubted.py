"""What is doubted of a list's amounts, from the findings that are stored with it."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, Table, and_, or_, select

from scanner.lists.reconcile import MAX_DETAILED
from scanner.model.dates import from_text
from scanner.model.finding import FindingKind
from scanner.snapshots.doubts import DOUBTING, NONE, Doubts
from scanner.store.schema import tables as t


def doubts_of(connection: Connection, list_id: int) -> Doubts:
    """The doubts of a stored list.

    What stands beside a row and was not understood is about that row. A finding with the line of a
    row is about that row, with the line of a total about all that the total adds up, with the line
    of what is no row about the rows below it; one without a line is about its asset, or about
    everything.
    """
    f = t.list_finding.c
    kinds = [kind.value for kind in (*DOUBTING, FindingKind.LIST_DATED)]
    of_a_row = and_(f.kind == FindingKind.NOT_UNDERSTOOD.value, f.row.is_not(None))
    query = select(f.kind, f.row, f.asset, f.network, f.reason).where(
        f.list_id == list_id, or_(f.kind.in_(kinds), of_a_row)
    )
    found = connection.execute(query).all()
    dated = [reason for kind, *_, reason in found if kind == FindingKind.LIST_DATED.value]
    days = tuple(span for reason in dated for span in from_text(reason))
    found = [other for other in found if other[0] != FindingKind.LIST_DATED.value]
    if not found:
        return Doubts(days=days) if days else NONE
    lines = [row for _, row, *_ in found if row is not None]
    if len(lines) >= MAX_DETAILED:  # further rows are told as a number, without their lines
        return Doubts(whole=True)
    totals = _lines_of(connection, t.declared_total, list_id, lines)
    no_rows = _lines_of(connection, t.unreadable_row, list_id, lines)
    whole, assets, rows, below = False, set(), set(), []
    for kind, row, asset, network, _ in found:
        if row in no_rows and kind in DOUBTING:
            below.append(row)
        elif row is not None and row not in totals:
            rows.add(row)
        elif asset and network:
            assets.add((asset, network))
        else:
            whole = True
    line = min(below, default=None)
    return Doubts(whole, frozenset(assets), frozenset(rows), line, days)


def _lines_of(
    connection: Connection, table: Table, list_id: int, lines: Sequence[int]
) -> frozenset[int]:
    """Those of the lines that stand in a table of the list."""
    c = table.c
    query = select(c.row).where(c.list_id == list_id, c.row.in_(lines))
    return frozenset(connection.execute(query).scalars())
