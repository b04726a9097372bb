"""Who named a pinned block, and who says that a row's signers control its address.

Why: a total is worth what its weakest link is worth: the block, the control, the balance. What was
stored before has neither: its totals stay as they were sealed. Works with the previous release:
the new columns may be left out.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("pinned_block", sa.Column("evidence", sa.Text()))
    op.add_column(
        "control_result", sa.Column("evidence", sa.Text(), server_default="", nullable=False)
    )


def downgrade() -> None:
    op.drop_column("control_result", "evidence")
    op.drop_column("pinned_block", "evidence")
