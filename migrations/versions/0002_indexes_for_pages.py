"""Indexes behind the pages: address search, rows of an asset, snapshots of a list.

Why: the web pages read a few rows out of millions; without these each one read the whole table.
Older programs go on working: they only gain indexes.
"""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

INDEXES = (
    ("claim", ("list_id", "asset", "network", "no")),
    ("claim", ("address_key", "list_id", "no")),
    ("snapshot", ("list_id", "id")),
)


def upgrade() -> None:
    for table, columns in INDEXES:
        op.create_index(_name(table, columns), table, list(columns))


def downgrade() -> None:
    for table, columns in reversed(INDEXES):
        op.drop_index(_name(table, columns), table_name=table)


def _name(table: str, columns: tuple[str, ...]) -> str:
    return op.f(f"ix_{table}_{'_'.join(columns)}")
