"""Alerts: events found in finished snapshots, and whom they were delivered to.

Why: an event must be told once, whatever is stopped or killed in between. Works with the previous
release: it has no use for the new tables and changes none of the old ones.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def _id() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _time() -> sa.types.TypeEngine[object]:
    return sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "alert_check",
        sa.Column("snapshot_id", _id(), autoincrement=False, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("at", _time(), nullable=False),
        sa.ForeignKeyConstraint(
            ["snapshot_id"], ["snapshot.id"], name=op.f("fk_alert_check_snapshot_id_snapshot")
        ),
        sa.PrimaryKeyConstraint("snapshot_id", "state", name=op.f("pk_alert_check")),
    )
    op.create_table(
        "alert_event",
        sa.Column("id", _id(), sa.Identity(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("snapshot_id", _id(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("created", _time(), nullable=False),
        sa.ForeignKeyConstraint(
            ["snapshot_id"], ["snapshot.id"], name=op.f("fk_alert_event_snapshot_id_snapshot")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert_event")),
        sa.UniqueConstraint(
            "rule", "snapshot_id", "subject", name=op.f("uq_alert_event_rule_snapshot_id_subject")
        ),
    )
    op.create_table(
        "alert_delivery",
        sa.Column("event_id", _id(), autoincrement=False, nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_try", _time(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["event_id"], ["alert_event.id"], name=op.f("fk_alert_delivery_event_id_alert_event")
        ),
        sa.PrimaryKeyConstraint("event_id", "channel", name=op.f("pk_alert_delivery")),
    )
    op.create_index(
        op.f("ix_alert_delivery_state_next_try"), "alert_delivery", ["state", "next_try"]
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_alert_delivery_state_next_try"), table_name="alert_delivery")
    op.drop_table("alert_delivery")
    op.drop_table("alert_event")
    op.drop_table("alert_check")
