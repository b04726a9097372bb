"""Keeps alerts: which snapshots the rules were applied to, what they found, who was told.

An event is keyed by rule, snapshot and subject, and stored with its deliveries and the mark that
the snapshot was looked at in one transaction: it is never made twice, and never lost. Where there
is something else to say of the same, the event says that from then on, and is delivered again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Select, and_, func, or_, select

from scanner.errors import clip
from scanner.model.jsontext import own_json
from scanner.snapshots.values import SnapshotState
from scanner.store.database.chain import LATER
from scanner.store.database.engine import Store
from scanner.store.schema import alert_tables as a
from scanner.store.schema import tables as t
from scanner.store.schema.bulk import insert_new
from scanner.store.schema.pruned_table import pruned as pruned_table
from scanner.store.schema.restatement_table import restatement
from scanner.store.writing.publishers import list_publisher

ENDED = (SnapshotState.COMPLETE.value, SnapshotState.INCOMPLETE.value)
LONGEST_ERROR = 500


class DeliveryState(StrEnum):
    """Where a delivery stands."""

    WAITING = "waiting"  # to be tried at `next_try`
    DELIVERED = "delivered"
    GIVEN_UP = "given_up"


@dataclass(frozen=True, slots=True)
class NewEvent:
    """Something to tell. subject: what it is about within its rule, "" for the snapshot.

    facts: JSON values, amounts as text. channels: names of those to tell.
    """

    rule: str
    kind: str
    subject: str
    reason: str
    facts: Mapping[str, object]
    channels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """An event as it was stored."""

    id: int
    rule: str
    kind: str
    snapshot_id: int
    subject: str
    reason: str
    facts: Mapping[str, object]
    created: datetime

    @property
    def key(self) -> str:
        """32 hex digits, the same at every delivery: receivers know a repetition by it."""
        named = [self.rule, self.snapshot_id, self.subject, self.created.isoformat()]
        return hashlib.sha256(json.dumps(named).encode()).hexdigest()[:32]

    def to_json(self) -> dict[str, object]:
        """What `scanner alerts run --json` shows of it."""
        return {
            "event": self.key,
            "rule": self.rule,
            "kind": self.kind,
            "snapshot": self.snapshot_id,
            "subject": self.subject,
            "reason": self.reason,
            "facts": dict(self.facts),
            "created": self.created.isoformat(),
        }


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event for one channel. attempts: how often it was tried before."""

    event: StoredEvent
    channel: str
    attempts: int


def record(
    store: Store,
    snapshot_id: int,
    stand: str,
    events: Sequence[NewEvent],
    now: datetime,
) -> int:
    """Keep what the rules found in a snapshot. Returns how many events are new, or say else now.

    stand: as `stand` said before the rules were applied.
    """
    made = 0
    with store.write() as connection:
        for event in events:
            event_id = _keep(connection, snapshot_id, event, now)
            if event_id is None:
                continue
            made += 1
            for channel in event.channels:
                _give_out(connection, event_id, channel, now)
        connection.execute(
            insert_new(connection, a.alert_check).values(
                snapshot_id=snapshot_id, state=str(stand), at=now
            )
        )
    return made


def _give_out(connection: Connection, event_id: int, channel: str, now: datetime) -> None:
    """Let an event be delivered to a channel, also if it was before."""
    d = a.alert_delivery
    wait = {"state": DeliveryState.WAITING.value, "attempts": 0, "next_try": now, "error": ""}
    same = and_(d.c.event_id == event_id, d.c.channel == channel)
    if not connection.execute(d.update().where(same).values(**wait)).rowcount:
        connection.execute(d.insert().values(event_id=event_id, channel=channel, **wait))


def _keep(connection: Connection, snapshot_id: int, event: NewEvent, now: datetime) -> int | None:
    """Keep an event. Returns its id, None where it said the same before."""
    values = {
        "kind": event.kind,
        "reason": event.reason,
        "facts": json.dumps(event.facts, sort_keys=True),
        "created": now,
    }
    key = {"rule": event.rule, "snapshot_id": snapshot_id, "subject": event.subject}
    table = a.alert_event
    row = connection.execute(
        insert_new(connection, table).values(**key, **values).returning(table.c.id)
    ).first()
    if row is not None:
        return int(row.id)
    same = and_(*(table.c[name] == value for name, value in key.items()))
    before = _event(connection.execute(select(table).where(same)).one())
    if said(before.reason, before.facts) == said(event.reason, event.facts):
        return None
    connection.execute(table.update().where(table.c.id == before.id).values(**values))
    return before.id


def said(reason: str, facts: Mapping[str, object]) -> tuple[object, str]:
    """What makes two events of one subject the same."""
    return facts.get("fingerprint"), reason


def stand(store: Store, snapshot_id: int) -> str:
    """Where a snapshot stands, as far as rules can tell; another one, and they are applied again.

    Its state; and how much was stored beside it since it is complete: what is owed, and second
    readings that differ.
    """
    with store.read() as connection:
        return _stand(connection.execute(_stands().where(t.snapshot.c.id == snapshot_id)).one())


def unchecked(store: Store, since: datetime) -> list[int]:
    """Snapshots that ended since then and stand where no rule was applied to, oldest first.

    Those that are pruned are left out: rules read rows.
    """
    s, k = t.snapshot.c, a.alert_check.c
    pruned = select(pruned_table.c.snapshot_id).where(pruned_table.c.snapshot_id == s.id).exists()
    ended = and_(s.state.in_(ENDED), s.finished >= since)
    looked = select(k.snapshot_id, k.state).join(t.snapshot, s.id == k.snapshot_id).where(ended)
    with store.read() as connection:
        known = {(row.snapshot_id, row.state) for row in connection.execute(looked)}
        found = connection.execute(_stands().where(ended, ~pruned).order_by(s.id))
        return [row.id for row in found if (row.id, _stand(row)) not in known]


def _stands() -> Select[Any]:
    s, f = t.snapshot.c, t.finding.c
    later = [
        select(func.count()).where(f.snapshot_id == s.id, f.kind == kind).scalar_subquery()
        for kind in LATER
    ]
    owed = [
        select(func.count()).where(table.c.snapshot_id == s.id).scalar_subquery()
        for table in (t.liability, restatement)
    ]
    return select(s.id, s.state, *owed, *later)


def _stand(row: Any) -> str:  # noqa: ANN401 - a row
    _, state, *counts = row
    return f"{state} {'/'.join(map(str, counts))}" if any(counts) else str(state)


def first_check(store: Store) -> datetime | None:
    """When rules were first applied to a snapshot, None if they never were."""
    with store.read() as connection:
        return connection.execute(select(func.min(a.alert_check.c.at))).scalar()


def claim_due(
    store: Store, channels: Collection[str], now: datetime, lease_until: datetime, latest: datetime
) -> Delivery | None:
    """Take the delivery that has waited longest; None if none is due.

    channels: those that can be reached now. latest: what is to be tried after that was noted by a
    clock that was ahead, and is due at once. It is due again at `lease_until` unless `settle` says
    otherwise: a process that dies over it loses it then, and no two have it at a time.
    """
    d = a.alert_delivery.c
    due = or_(d.next_try <= now, d.next_try > latest)
    query = _deliveries().where(d.channel.in_(sorted(channels)), due)
    query = query.order_by(d.next_try, d.event_id, d.channel).limit(20)
    with store.read() as connection:
        found = connection.execute(query).all()
    for row in found:
        same = and_(
            d.event_id == row.event_id,
            d.channel == row.channel,
            d.state == DeliveryState.WAITING.value,
            d.attempts == row.attempts,
        )
        values = {"attempts": row.attempts + 1, "next_try": lease_until}
        with store.write() as connection:
            ours = connection.execute(a.alert_delivery.update().where(same).values(values))
        if ours.rowcount == 1:
            return Delivery(_event(row), row.channel, row.attempts)
    return None


def settle(
    store: Store,
    delivery: Delivery,
    state: DeliveryState,
    next_try: datetime,
    error: str = "",
) -> None:
    """Keep how a claimed delivery went, unless another process has claimed it meanwhile."""
    d = a.alert_delivery.c
    with store.write() as connection:
        connection.execute(
            a.alert_delivery.update()
            .where(
                d.event_id == delivery.event.id,
                d.channel == delivery.channel,
                d.attempts == delivery.attempts + 1,
            )
            .values(state=state.value, next_try=next_try, error=clip(error, LONGEST_ERROR))
        )


def events_about(store: Store, rule: str, subject: str, publisher: str) -> Iterator[StoredEvent]:
    """Events of a rule about a subject in this publisher's snapshots, the newest first.

    By their numbers: a clock that was ahead once would put its event before all later ones.
    """
    e = a.alert_event.c
    query = (
        select(a.alert_event)
        .join(t.snapshot, t.snapshot.c.id == e.snapshot_id)
        .join(t.reserve_list, t.reserve_list.c.id == t.snapshot.c.list_id)
        .join(t.publisher, t.publisher.c.id == list_publisher())
        .where(e.rule == rule, e.subject == subject, t.publisher.c.name == publisher)
    )
    with store.read() as connection:
        for row in connection.execute(query.order_by(e.id.desc())):
            yield _event(row)


def events_of(store: Store, snapshot_id: int) -> list[StoredEvent]:
    """Every event of a snapshot, in the order in which they were found."""
    e = a.alert_event.c
    query = select(a.alert_event).where(e.snapshot_id == snapshot_id).order_by(e.id)
    with store.read() as connection:
        return [_event(row) for row in connection.execute(query)]


def delivery_counts(store: Store) -> dict[tuple[str, DeliveryState], int]:
    """How many deliveries of each channel stand where."""
    d = a.alert_delivery.c
    query = select(d.channel, d.state, func.count()).group_by(d.channel, d.state)
    with store.read() as connection:
        found = connection.execute(query)
        return {(channel, DeliveryState(state)): count for channel, state, count in found}


def _deliveries() -> Select[Any]:
    d = a.alert_delivery.c
    return (
        select(d.event_id, d.channel, d.attempts, a.alert_event)
        .join(a.alert_event, a.alert_event.c.id == d.event_id)
        .where(d.state == DeliveryState.WAITING.value)
    )


def _event(row: Any) -> StoredEvent:  # noqa: ANN401 - a row
    return StoredEvent(
        row.id,
        row.rule,
        row.kind,
        row.snapshot_id,
        row.subject,
        row.reason,
        own_json(row.facts),
        row.created,
    )
