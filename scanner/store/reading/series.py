"""Which snapshots of a publisher are held against each other: for alerts, pages and `diff` alike.

A publisher may have several lists, each with a schedule of its own, or be read on some networks
only: two of them by turns would take each other's rows for new ones, and their own for gone.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

from sqlalchemy import select

from scanner.store.database.engine import Store
from scanner.store.reading import queries
from scanner.store.reading.heads import SnapshotHead
from scanner.store.reading.history import earlier, in_order, publisher_of
from scanner.store.schema import tables as t

LOOK_BACK = 500
"""Snapshots of a publisher that are searched for one to compare with."""


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
    heads = (queries.head(store, each) for each in islice(past, LOOK_BACK))
    alike = (h for h in heads if h.complete and not h.pruned and _same_networks(h, head))
    return next(alike, None)


def newest_after(store: Store, snapshot_id: int) -> int | None:
    """The newest snapshot that has this one before it in its series; None if there is none yet.

    None that another schedule took: what was there before its first is before it, too, but goes on
    in a series of its own.
    """
    head = queries.head(store, snapshot_id)
    every = in_order(store, publisher_of(store, snapshot_id))
    later = every[: every.index(snapshot_id)] if snapshot_id in every else []
    own = _schedule(store, snapshot_id)
    for each in later:
        alike = _same_networks(queries.head(store, each), head)
        theirs = own and _schedule(store, each)
        same = not theirs or theirs == own
        if alike and same and snapshot_id in earlier_in_series(store, each):
            return each
    return None


def _schedule(store: Store, snapshot_id: int) -> int | None:
    """The schedule that took a snapshot; None if it was taken by hand."""
    r = t.schedule_run.c
    with store.read() as connection:
        found: int | None = connection.execute(
            select(r.schedule_id).where(r.snapshot_id == snapshot_id).limit(1)
        ).scalar()
        return found


def _same_networks(one: SnapshotHead, other: SnapshotHead) -> bool:
    return one.policy.networks == other.policy.networks
