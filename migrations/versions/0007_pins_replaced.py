"""A pinned block may be taken away as long as no chunk that was read at it is done.

Why: a block that leaves the best chain before anything of it is stored is replaced, and its chunks
are taken at the new one. Works with the previous release, which never takes one away.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from scanner.store.schema import append_only

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

TRIGGER = "pinned_block_no_delete"


def upgrade() -> None:
    dialect = op.get_bind().dialect.name
    _drop(dialect)
    for statement in append_only.create_statements(dialect, ["pinned_block"]):
        if TRIGGER in statement or statement.startswith("CREATE OR REPLACE FUNCTION"):
            op.execute(sa.DDL(statement.replace("%", "%%")))


def downgrade() -> None:
    dialect = op.get_bind().dialect.name
    _drop(dialect)
    refuse = (
        "BEGIN SELECT RAISE(ABORT, 'pinned_block is append-only'); END"
        if dialect == "sqlite"
        else "FOR EACH STATEMENT EXECUTE FUNCTION scanner_append_only()"
    )
    op.execute(f"CREATE TRIGGER {TRIGGER} BEFORE DELETE ON pinned_block {refuse}")


def _drop(dialect: str) -> None:
    op.execute(f"DROP TRIGGER {TRIGGER}" + ("" if dialect == "sqlite" else " ON pinned_block"))
