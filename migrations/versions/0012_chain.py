"""The chain of everything sealed, and triggers that keep it so.

Why: a hash over a snapshot's numbers does not show a renamed publisher, a lost liability, a deleted
snapshot. What is stored from now on is a link of one chain; what was stored before is named by its
first link as older. Complete snapshots, publishers' names and prices are kept by triggers, too.
Works with the previous release for reading; what that stores is told of as never sealed.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from scanner.store.schema import append_only, guards

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    dialect = op.get_bind().dialect.name
    moment = sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")
    op.create_table(
        "link",
        sa.Column("no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.Column("head", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("no", name="pk_link"),
    )
    statements = append_only.create_statements(dialect, ["link"])
    for statement in (*statements, *guards.create_statements(dialect)):
        op.execute(sa.DDL(statement.replace("%", "%%")))


def downgrade() -> None:
    dialect = op.get_bind().dialect.name
    for statement in guards.drop_statements(dialect):
        op.execute(statement)
    op.drop_table("link")
