"""A digest on each chunk that is done, over its rows.

Why: results are sealed as they come in, chunk by chunk, so the seal of a snapshot costs nothing at
its end, and a change is found in its chunk. Snapshots completed before have no digests:
`scanner db check` says so. Works with the previous release: the new column has a default.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("chunk", sa.Column("digest", sa.Text(), server_default="", nullable=False))


def downgrade() -> None:
    op.drop_column("chunk", "digest")
