"""Later statements of what is owed beside a snapshot: each takes the place of the one before.

Why: a figure that was wrong, or that the publisher corrected, could not be corrected here, for what
is stored is not changed. Both stay, both are sealed, the newest is used and says since when. The
previous release reads a database that has such a statement as if there were only the first one.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from scanner.store.schema import append_only

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    dialect = op.get_bind().dialect.name
    moment = sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    amount = sa.Numeric(120, 0).with_variant(sa.Text(), "sqlite")
    op.create_table(
        "restatement",
        sa.Column("snapshot_id", number, autoincrement=False, nullable=False),
        sa.Column("asset", sa.Text(), nullable=False),
        sa.Column("no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("amount", amount, nullable=False),
        sa.Column("decimals", sa.Integer(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("as_of", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.ForeignKeyConstraint(
            ["snapshot_id"], ["snapshot.id"], name="fk_restatement_snapshot_id_snapshot"
        ),
        sa.PrimaryKeyConstraint("snapshot_id", "asset", "no", name="pk_restatement"),
    )
    for statement in append_only.create_statements(dialect, ["restatement"]):
        op.execute(sa.DDL(statement.replace("%", "%%")))


def downgrade() -> None:
    if op.get_bind().execute(sa.text("SELECT 1 FROM restatement LIMIT 1")).first() is not None:
        raise RuntimeError("there are later statements: an older program would use the first ones")
    op.drop_table("restatement")
