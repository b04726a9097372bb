"""PostgreSQL looks at new rows as soon as a list or snapshot is stored.

Why: until it has, it plans for a single row, and an export of a new snapshot took minutes. Works
with the previous release, which does not call the function.
"""

from __future__ import annotations

from alembic import op

from scanner.store.database import statistics

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        for statement in statistics.create_statements():
            op.execute(statement)


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        for statement in statistics.drop_statements():
            op.execute(statement)
