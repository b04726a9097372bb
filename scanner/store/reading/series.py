"""Which snapshots of a publisher are held against each other: for alerts, pages and `diff` alike.

A publisher may have several lists, each with a schedule of its own, or be read on some networks
only: two of them by turns would take each other's rows for new ones, and their own for gone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import select

from scanner.snapshots.values import SnapshotState
from scanner.store.database.engine import Store
from scanner.store.reading import queries
from scanner.store.reading.heads import SnapshotHead
from scanner.store.reading.history import earlier, in_order, publisher_of
from scanner.store.schema import tables as t
from scanner.store.schema.pruned_table import pruned
from scanner.store.schema.records import load_policy

LOOK_BACK: Final = 500
"""Snapshots of a publisher that are searched for one to compare with."""

_COMPLETE: Final = SnapshotState.COMPLETE.value
_KEPT: Final = t.snapshot.c.id.not_in(select(pruned.c.snapshot_id))
"""Whose rows are all there."""


def earlier_in_series(store: Store, snapshot_id: int) -> list[int]:
    """All before a snapshot in its series, newest first, by the time of their balances.

    One that a schedule took is held against those of its schedule. Before its first there is no
    such telling, and those that were taken by hand belong to every series.
    """
    past = earlier(store, snapshot_id)
    r = t.schedule_run.c
    own = select(r.schedule_id).where(r.snapshot_id == snapshot_id).scalar_subquery()
    of_own = select(r.snapshot_id).where(r.schedule_id == own)
    of_others = select(r.snapshot_id).where(r.schedule_id != own, r.snapshot_id.is_not(None))
    with store.read() as connection:
        mine = set(connection.execute(of_own).scalars())
        others = set(connection.execute(of_others).scalars())
    first = max((at for at, each in enumerate(past) if each in mine), default=-1)
    return [each for at, each in enumerate(past) if at > first or each not in others]


def before(
    store: Store, head: SnapshotHead, past: Sequence[int] | None = None
) -> SnapshotHead | None:
    """The complete snapshot of the series before this one that read the same networks.

    past: of `earlier_in_series`, where it is at hand. Before by the time of the balances: an old
    list that is taken late is compared with older ones.
    """
    past = earlier_in_series(store, head.id) if past is None else past
    past = past[:LOOK_BACK]
    alike = _alike(store, head.policy.networks, past)
    found = next((each for each in past if each in alike), None)
    return None if found is None else queries.head(store, found)


def newest_after(store: Store, snapshot_id: int) -> int | None:
    """The newest complete snapshot that has this one before it in its series; None if none has yet.

    None that another schedule took: what was there before its first is before it, too, but goes on
    in a series of its own.
    """
    networks = queries.head(store, snapshot_id).policy.networks
    every = in_order(store, publisher_of(store, snapshot_id))
    later = every[: every.index(snapshot_id)] if snapshot_id in every else []
    own = _schedules(store, [snapshot_id]).get(snapshot_id)
    for start in range(0, len(later), LOOK_BACK):
        part = later[start : start + LOOK_BACK]
        alike, theirs = _alike(store, networks, part), _schedules(store, part)
        for each in part:
            same = own is None or theirs.get(each, own) == own
            if each in alike and same and snapshot_id in earlier_in_series(store, each):
                return each
    return None


def _alike(store: Store, networks: frozenset[str] | None, snapshots: Sequence[int]) -> set[int]:
    """Of these snapshots those that are complete, with their rows, and read the same networks."""
    s = t.snapshot.c
    query = select(s.id, s.policy).where(s.id.in_(snapshots), s.state == _COMPLETE, _KEPT)
    with store.read() as connection:
        found = connection.execute(query).all()
    return {each for each, policy in found if load_policy(policy).networks == networks}


def _schedules(store: Store, snapshots: Sequence[int]) -> dict[int, int]:
    """Snapshot -> the schedule that took it, of those that one took."""
    r = t.schedule_run.c
    query = select(r.snapshot_id, r.schedule_id).where(r.snapshot_id.in_(snapshots))
    with store.read() as connection:
        return {snapshot: schedule for snapshot, schedule in connection.execute(query)}
