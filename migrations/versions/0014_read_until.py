"""Until when a chunk's balances were read that are of a network's newest state.

Why: a height that a list states can be pinned on a network that tells of its newest state alone;
its balances are then of the day of reading, and nothing but the rows' own details said so. NULL:
everything was read at the pinned block, or an older program read it. Works with the previous
release: it does not read the column, and chunks that it takes say nothing.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("chunk", sa.Column("read_until", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    op.drop_column("chunk", "read_until")
