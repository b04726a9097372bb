"""How many verified rows rest on the key of their address alone, where there may be others."""

from __future__ import annotations

from sqlalchemy import Connection, and_, func, select

from scanner.model.balance import Evidence
from scanner.model.control import Binding, Control, is_proof
from scanner.model.statement import Statement
from scanner.ownership.changeable import CHANGEABLE_KINDS
from scanner.settings.tables import load_registry
from scanner.store.schema import tables as t
from scanner.store.schema.verdicts import stored_verdict


def keys_not_asked(connection: Connection, snapshot_id: int, list_id: int) -> int:
    """Verified rows whose account may have other keys than its address's, which nobody was asked.

    Where they were asked, the binding is `on_chain`. What is listed twice counts once. Costs
    nothing for networks without such accounts.
    """
    kinds = {name: network.kind for name, network in load_registry().networks.items()}
    query = select(t.chunk.c.network).where(t.chunk.c.snapshot_id == snapshot_id).distinct()
    taken = {network for (network,) in connection.execute(query)}
    changeable = [name for name in taken if kinds.get(name) in CHANGEABLE_KINDS]
    if not changeable:
        return 0
    c, r, b, apart = t.claim.c, stored_verdict(), t.balance.c, t.control_result.c
    same = and_(apart.claim_no == c.no, apart.snapshot_id == snapshot_id)
    read = and_(b.claim_no == c.no, b.snapshot_id == snapshot_id)
    rows = (
        select(r.control, r.binding, r.statement, func.count())
        .select_from(t.claim.join(t.balance, read).outerjoin(t.control_result, same))
        .where(
            c.list_id == list_id,
            c.network.in_(sorted(changeable)),
            c.duplicate.is_(False),
            r.binding == Binding.DERIVED.value,
            b.evidence != Evidence.UNAVAILABLE.value,
        )
        .group_by(r.control, r.binding, r.statement)
    )
    return sum(
        count
        for control, binding, said, count in connection.execute(rows)
        if is_proof(Control(control), Binding(binding), Statement(said))
    )
