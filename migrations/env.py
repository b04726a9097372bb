"""Alembic's entry: runs migrations on the connection that the store's migrate module hands over.

There is no alembic.ini and no URL here: a URL may hold a password.
"""

from __future__ import annotations

from alembic import context

from scanner.store.schema import budget_table  # noqa: F401 - its table is one of the metadata's
from scanner.store.schema.tables import metadata

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    # SQLite alters tables only by building them anew. That drops triggers silently: a migration
    # that uses batch mode on an append-only table must create its triggers again.
    render_as_batch=connection.dialect.name == "sqlite",
    compare_type=True,
    compare_server_default=True,
    transaction_per_migration=False,
)
with context.begin_transaction():
    context.run_migrations()
