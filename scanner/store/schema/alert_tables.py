"""Tables of alerts: which snapshots were looked at, what there was to say, who was told."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, Table, Text, UniqueConstraint

from scanner.store.schema.tables import metadata, serial, snapshot_key
from scanner.store.schema.types import ExactText, UtcTime

__all__ = ["alert_check", "alert_delivery", "alert_event", "metadata"]

alert_check = Table(
    "alert_check",
    metadata,
    snapshot_key(),
    Column("state", Text, primary_key=True),  # of the snapshot when the rules were applied
    Column("at", UtcTime, nullable=False),
)

alert_event = Table(
    "alert_event",
    metadata,
    serial(),
    Column("rule", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("snapshot_id", ForeignKey("snapshot.id"), nullable=False),
    Column("subject", ExactText, nullable=False),  # an asset, a publisher; "" for the whole
    Column("reason", ExactText, nullable=False),
    Column("facts", ExactText, nullable=False),  # JSON object
    Column("created", UtcTime, nullable=False),
    UniqueConstraint("rule", "snapshot_id", "subject"),
)

alert_delivery = Table(
    "alert_delivery",
    metadata,
    Column("event_id", ForeignKey("alert_event.id"), primary_key=True, autoincrement=False),
    Column("channel", Text, primary_key=True),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_try", UtcTime, nullable=False),
    Column("error", ExactText, nullable=False),
)
Index(None, alert_delivery.c.state, alert_delivery.c.next_try)
