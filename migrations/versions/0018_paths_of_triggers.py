"""The functions of PostgreSQL's triggers bring their own search path.

Why: they looked their tables up by the path of whoever fired them, temporary tables first, so a
worker's role with a temporary table `snapshot` could add to what is sealed; and a restore of data
alone, which has no path, failed. The previous release works with it, but calls the functions
changed in `scanner db check`. SQLite has no such functions: nothing changes there.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from scanner.store.schema import guards

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if op.get_bind().dialect.name != "sqlite":
        for _, create in guards.functions():
            op.execute(sa.DDL(create.replace("%", "%%")))


def downgrade() -> None:
    if op.get_bind().dialect.name != "sqlite":
        for name, _ in guards.functions():
            op.execute(f"ALTER FUNCTION public.{name}() RESET search_path")
