"""What is doubted of a list's amounts, from the findings that are stored with it."""

from __future__ import annotations

from sqlalchemy import Connection, and_, or_, select

from scanner.model.finding import FindingKind
from scanner.snapshots.doubts import DOUBTING, NONE, Doubts
from scanner.store.schema import tables as t


def doubts_of(connection: Connection, list_id: int) -> Doubts:
    """The doubts of a stored list.

    What stands beside a row and was not understood is about that row. A finding with the line of a
    row is about that row, with the line of a total about all that the total adds up; one without
    a line is about its asset, or about everything.
    """
    f, d = t.list_finding.c, t.declared_total.c
    kinds = [kind.value for kind in DOUBTING]
    of_a_row = and_(f.kind == FindingKind.NOT_UNDERSTOOD.value, f.row.is_not(None))
    query = select(f.row, f.asset, f.network).where(
        f.list_id == list_id, or_(f.kind.in_(kinds), of_a_row)
    )
    found = connection.execute(query).all()
    if not found:
        return NONE
    totals = set(connection.execute(select(d.row).where(d.list_id == list_id)).scalars())
    whole, assets, rows = False, set(), set()
    for row, asset, network in found:
        if row is not None and row not in totals:
            rows.add(row)
        elif asset and network:
            assets.add((asset, network))
        else:
            whole = True
    return Doubts(whole, frozenset(assets), frozenset(rows))
