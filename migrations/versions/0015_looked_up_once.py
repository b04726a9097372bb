"""What rows of the largest tables refer to, looked up once for each statement on PostgreSQL.

Why: a foreign key looks at every row by itself, which took the server longer than storing verdicts
and balances. Triggers of the same promise take the place of three keys (scanner.store.schema.
referred). Nothing changes on SQLite. Works with the previous release, whose `scanner db check`
calls the new triggers not its own.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from scanner.store.schema import referred

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

KEYS = (
    (
        "control_result",
        "fk_control_result_snapshot_id_snapshot",
        "snapshot",
        ["snapshot_id"],
        ["id"],
    ),
    ("finding", "fk_finding_snapshot_id_snapshot", "snapshot", ["snapshot_id"], ["id"]),
    (
        "balance",
        "fk_balance_snapshot_id_chunk_no_chunk",
        "chunk",
        ["snapshot_id", "chunk_no"],
        ["snapshot_id", "no"],
    ),
)


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        return
    for table, name, *_ in KEYS:
        op.drop_constraint(name, table, type_="foreignkey")
    for statement in referred.create_statements():
        op.execute(sa.DDL(statement.replace("%", "%%")))


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        return
    for statement in referred.drop_statements():
        op.execute(statement)
    for table, name, of, mine, theirs in KEYS:
        op.create_foreign_key(name, table, of, mine, theirs)
