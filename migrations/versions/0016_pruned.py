"""Snapshots whose rows were deleted are named in a table, and their rows may then go.

Why: verdicts, balances and findings of each snapshot are kept for ever, and a database that takes
one each hour grows without end. A row here, append-only and sealed, is what lets them go; totals
and seals stay. Works with the previous release for all that is not pruned; of a pruned snapshot
that release would read no rows, so let it not read such a database.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from scanner.store.schema import append_only

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    dialect = op.get_bind().dialect.name
    moment = sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "pruned",
        sa.Column("snapshot_id", number, autoincrement=False, nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.Column("program", sa.Text(), nullable=False),
        sa.Column("findings", sa.Text(), nullable=False),
        sa.Column("rows", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["snapshot_id"], ["snapshot.id"], name="fk_pruned_snapshot_id_snapshot"
        ),
        sa.PrimaryKeyConstraint("snapshot_id", name="pk_pruned"),
    )
    _drop(dialect)
    wanted = append_only.create_statements(dialect, append_only.PRUNABLE)
    for statement in append_only.create_statements(dialect, ["pruned"]):
        op.execute(sa.DDL(statement.replace("%", "%%")))
    for statement in wanted:
        if "_no_delete " in statement:
            op.execute(sa.DDL(statement.replace("%", "%%")))


def downgrade() -> None:
    dialect = op.get_bind().dialect.name
    if op.get_bind().execute(sa.text("SELECT 1 FROM pruned LIMIT 1")).first() is not None:
        raise RuntimeError("snapshots are pruned: an older program would take them for empty")
    _drop(dialect)
    for table in append_only.PRUNABLE:
        refuse = (
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            if dialect == "sqlite"
            else "FOR EACH STATEMENT EXECUTE FUNCTION scanner_append_only()"
        )
        op.execute(f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} {refuse}")
    op.drop_table("pruned")
    if dialect != "sqlite":
        op.execute("DROP FUNCTION IF EXISTS scanner_not_pruned()")


def _drop(dialect: str) -> None:
    for table in append_only.PRUNABLE:
        op.execute(
            f"DROP TRIGGER {table}_no_delete" + ("" if dialect == "sqlite" else f" ON {table}")
        )
