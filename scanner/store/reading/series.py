"""Which snapshots of a publisher are held against each other: for alerts, pages and `diff` alike.

A publisher may have several lists, each with a schedule of its own, or be read on some networks
only: two of them by turns would take each other's rows for new ones, and their own for gone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import func, select, true

from scanner.snapshots.values import SnapshotState
from scanner.store.database.engine import Store
from scanner.store.reading import queries
from scanner.store.reading.heads import SnapshotHead
from scanner.store.reading.history import in_order, publisher_of
from scanner.store.schema import tables as t
from scanner.store.schema.pruned_table import pruned
from scanner.store.schema.records import load_policy
from scanner.store.writing.publishers import list_publisher

AT_ONCE: Final = 500
"""Snapshots that one question names: databases take so many parameters, and no more."""

_COMPLETE: Final = SnapshotState.COMPLETE.value


def earlier_in_series(store: Store, snapshot_id: int, *, with_pruned: bool = False) -> list[int]:
    """All before a snapshot in its series, newest first; those that are pruned are left out.

    with_pruned: these, too: what was told of them was told.

    One that a schedule took is held against what its schedule took before, whatever height a list
    states, and then against what was taken by hand before its schedule began. What is taken by
    hand later is none of its series: anybody may take a list of any content. Only a schedule's
    first is held against all that was there before: until then there is no telling. So is one that
    was taken by hand, by the time of the balances: an old list that is taken late is compared with
    older ones.
    """
    known = _known(store, snapshot_id)
    past = known.earlier(snapshot_id)
    return past if with_pruned else [each for each in past if each not in known.gone]


def before(
    store: Store, head: SnapshotHead, past: Sequence[int] | None = None
) -> SnapshotHead | None:
    """The complete snapshot of the series before this one that read the same networks.

    past: of `earlier_in_series`, where it is at hand.
    """
    past = earlier_in_series(store, head.id) if past is None else past
    found = next(alike(store, head, past), None)
    return None if found is None else queries.head(store, found)


def with_totals(store: Store, snapshot_id: int, among: Sequence[int]) -> Iterator[int]:
    """Of these, in their order, the complete ones before a snapshot in its series, pruned or not.

    Those that read the same networks: only of such do totals tell how much more or less there is.
    """
    earlier = set(_known(store, snapshot_id).earlier(snapshot_id))
    chosen = [each for each in among if each in earlier]
    return alike(store, queries.head(store, snapshot_id), chosen, with_pruned=True)


def newest_after(store: Store, snapshot_id: int) -> int | None:
    """The newest complete snapshot that has this one before it in its series; None if none has yet.

    None that another schedule took: what was there before its first is before it, too, but goes on
    in a series of its own. Those of its own schedule come before those that were taken by hand.
    """
    known = _known(store, snapshot_id)
    return next(alike(store, queries.head(store, snapshot_id), known.later(snapshot_id)), None)


def newest_of_schedules(store: Store) -> set[int]:
    """The complete snapshot that each schedule took last: the next one is held against it."""
    s, r = t.snapshot.c, t.schedule_run.c
    query = (
        select(func.max(s.id))
        .join(t.schedule_run, r.snapshot_id == s.id)
        .where(s.state == _COMPLETE)
        .group_by(r.schedule_id)
    )
    with store.read() as connection:
        return set(connection.execute(query).scalars())


@dataclass(frozen=True, slots=True)
class _Known:
    """A publisher's snapshots, those of the newest balances first, and which schedule took them.

    gone: those of them that are pruned: a schedule has begun with one all the same.
    """

    order: Sequence[int]
    schedules: Mapping[int, int]
    gone: Collection[int]

    def earlier(self, snapshot: int) -> list[int]:
        """All before a snapshot in its series, newest first."""
        own = self._own(snapshot)
        past = [each for each in own if each < snapshot]
        # What its own schedule took later may be of older balances: never before its first.
        apart = self.schedules if past else set(own)
        return past + [each for each in self._behind(min(own)) if each not in apart]

    def later(self, snapshot: int) -> list[int]:
        """All that have this one before them, newest first, its own schedule's before others.

        None of another schedule, if one took this: see `newest_after`.
        """
        schedule = self.schedules.get(snapshot)
        own = [each for each in self._own(snapshot) if each > snapshot]
        begun = {} if schedule is not None else self._first_ones()
        place = {each: at for at, each in enumerate(self.order)}
        here = place.get(snapshot, 0)
        for each in self.order[:here]:
            theirs = self.schedules.get(each)
            if theirs is None or (theirs in begun and place.get(begun[theirs], here) < here):
                own.append(each)
        return own

    def _own(self, snapshot: int) -> list[int]:
        """What its schedule took, newest first; itself alone if it was taken by hand."""
        schedule = self.schedules.get(snapshot)
        if schedule is None:
            return [snapshot]
        return sorted((e for e, s in self.schedules.items() if s == schedule), reverse=True)

    def _first_ones(self) -> dict[int, int]:
        """Schedule -> the first that it took."""
        return {self.schedules[each]: each for each in sorted(self.schedules, reverse=True)}

    def _behind(self, snapshot: int) -> Sequence[int]:
        found = snapshot in self.order
        return self.order[self.order.index(snapshot) + 1 :] if found else ()


def _known(store: Store, snapshot_id: int) -> _Known:
    publisher_id = publisher_of(store, snapshot_id)
    order = in_order(store, publisher_id, with_pruned=True)
    r = t.schedule_run.c
    taken = (
        select(r.snapshot_id, r.schedule_id)
        .join(t.snapshot, t.snapshot.c.id == r.snapshot_id)
        .join(t.reserve_list, t.reserve_list.c.id == t.snapshot.c.list_id)
        .where(list_publisher() == publisher_id)
    )
    with store.read() as connection:
        gone = set(connection.execute(select(pruned.c.snapshot_id)).scalars())
        schedules = {snapshot: schedule for snapshot, schedule in connection.execute(taken)}
    return _Known(order, schedules, gone)


def alike(
    store: Store, head: SnapshotHead, snapshots: Sequence[int], *, with_pruned: bool = False
) -> Iterator[int]:
    """Of these, in their order, the complete ones that read the same networks."""
    s = t.snapshot.c
    kept = true() if with_pruned else s.id.not_in(select(pruned.c.snapshot_id))
    for start in range(0, len(snapshots), AT_ONCE):
        part = snapshots[start : start + AT_ONCE]
        query = select(s.id, s.policy).where(s.id.in_(part), s.state == _COMPLETE, kept)
        with store.read() as connection:
            found = connection.execute(query).all()
        same = {no for no, text in found if load_policy(text).networks == head.policy.networks}
        yield from (each for each in part if each in same)
