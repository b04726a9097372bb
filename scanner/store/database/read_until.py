"""The times of balances that were read in a network's newest state and not at its pinned block."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam, case, func, select

from scanner.model.jsontext import own_json
from scanner.store.schema import tables as t

Pin = tuple[int, str, int]
"""A snapshot, a network, and the height that was wanted, as it is stored."""


def newest_state(details: Collection[str], now: int) -> int | None:
    """The latest moment that balances of a chunk are of, seconds since 1970 UTC.

    details: of its balances of a newest state. now: taken where an answer names its state without
    a time, or with one that is still to come; a newest state is of about now.
    None where every balance is of the pinned block.
    """
    return max((_moment(detail, now) for detail in details), default=None)


def _moment(detail: str, now: int) -> int:
    """The time of the state that a balance's detail names, `now` where it names none."""
    state = own_json(detail).get("read_at") if detail else None
    time = state.get("time") if isinstance(state, dict) else None
    return time if type(time) is int and 0 <= time <= now else now


def read_until(connection: Connection, snapshots: Collection[int]) -> dict[Pin, int]:
    """The latest newest state that balances were read at, by pin; others are left out."""
    found = connection.execute(_UNTIL, {"snapshots": list(snapshots)})
    return {(snapshot, *pin): time for snapshot, *pin, time in found}


_UNTIL = (
    select(
        *(t.chunk.c.snapshot_id, t.chunk.c.network, t.chunk.c.wanted_height),
        func.max(t.chunk.c.read_until),
    )
    .where(
        t.chunk.c.snapshot_id.in_(bindparam("snapshots", expanding=True)),
        t.chunk.c.read_until.is_not(None),
    )
    .group_by(t.chunk.c.snapshot_id, t.chunk.c.network, t.chunk.c.wanted_height)
)


def newest_moment(snapshot_id: ColumnElement[int]) -> ColumnElement[Any]:
    """SQL of the latest moment that any balance of a snapshot is of; NULL where nobody told."""
    p, c = t.pinned_block.c, t.chunk.c
    pinned = select(func.max(p.time)).where(p.snapshot_id == snapshot_id).scalar_subquery()
    later = select(func.max(c.read_until)).where(c.snapshot_id == snapshot_id).scalar_subquery()
    return case((later > func.coalesce(pinned, 0), later), else_=pinned)
