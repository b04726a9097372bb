"""What was signed is asked, too; and publishers can be merged.

Why: a key that signs some text does not yet claim the reserves of a publisher. Old rows say
"not_asked". A snapshot keeps the texts that its list signs, with how many rows sign each. Works
with the previous release: it reads none of the new columns, and rows that it writes say that
nobody asked.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
COLUMNS = (
    ("control_result", "statement", sa.Text(), "not_asked"),
    ("control_result", "stated_by", sa.Text(), ""),
    ("snapshot", "texts", sa.Text(), ""),
    ("publisher", "same_as", ID, None),
)
"""Table, column, type, and what old rows say; None for nothing."""


def upgrade() -> None:
    for table, name, kind, old in COLUMNS:
        op.add_column(table, sa.Column(name, kind, server_default=old, nullable=old is None))


def downgrade() -> None:
    for table, name, *_ in reversed(COLUMNS):
        op.drop_column(table, name)
