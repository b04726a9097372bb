"""What the publisher itself says its ratio is, kept with its proof of one total.

Why: a ratio of a period stands beside ours wherever ours is shown, not only where somebody types it
again. Proofs that are kept already say none. Works with the previous release: it does not read the
column, and proofs that it keeps say none.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    column = sa.Column("published_ratio", sa.Text(), server_default="", nullable=False)
    op.add_column("liability_proof", column)


def downgrade() -> None:
    op.drop_column("liability_proof", "published_ratio")
