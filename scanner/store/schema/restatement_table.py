"""The table of later statements of what is owed: each takes the place of one before; all stay."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Integer, Table, Text

from scanner.store.schema.pruned_table import metadata
from scanner.store.schema.types import ExactText, Sum, UtcTime

__all__ = ["metadata", "restatement"]

restatement = Table(
    "restatement",
    metadata,
    Column("snapshot_id", ForeignKey("snapshot.id"), primary_key=True, autoincrement=False),
    Column("asset", Text, primary_key=True),
    Column("no", Integer, primary_key=True, autoincrement=False),  # from 1; the highest holds
    Column("amount", Sum, nullable=False),
    Column("decimals", Integer, nullable=False),
    Column("evidence", Text, nullable=False),
    Column("source", ExactText, nullable=False),
    Column("as_of", ExactText, nullable=False),
    Column("detail", ExactText, nullable=False),  # JSON object
    Column("at", UtcTime, nullable=False),  # when it was stored
)
"""The first statement of an asset is in `liability`. Append-only and sealed, as that is."""
