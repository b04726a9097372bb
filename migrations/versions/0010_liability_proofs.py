"""Proofs of one total over all coins, kept whole beside a snapshot.

Why: such a proof is no liability of any one coin, and what is kept must be verifiable again without
the publisher: the document and its key. Works with the previous release, which does not know the
table.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from scanner.store.schema.append_only import create_statements

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

TABLE = "liability_proof"


def upgrade() -> None:
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        TABLE,
        sa.Column("snapshot_id", number, autoincrement=False, nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("format", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("net", sa.Numeric(120, 0).with_variant(sa.Text(), "sqlite"), nullable=False),
        sa.Column("unit_usd", sa.Text(), nullable=False),
        sa.Column("root", sa.Text(), nullable=False),
        sa.Column("pin", sa.Text(), nullable=False),
        sa.Column("key_data", sa.LargeBinary(), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["snapshot_id"], ["snapshot.id"], name=op.f("fk_liability_proof_snapshot_id_snapshot")
        ),
        sa.PrimaryKeyConstraint("snapshot_id", "sha256", name=op.f("pk_liability_proof")),
    )
    for statement in create_statements(op.get_bind().dialect.name, [TABLE]):
        op.execute(statement)


def downgrade() -> None:
    op.drop_table(TABLE)  # and its triggers with it
