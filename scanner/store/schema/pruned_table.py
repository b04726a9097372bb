"""The table of what was pruned: one row for each snapshot whose rows were deleted."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Table, Text

from scanner.store.schema.chain_table import metadata
from scanner.store.schema.types import ExactText, UtcTime

__all__ = ["metadata", "pruned"]

pruned = Table(
    "pruned",
    metadata,
    Column("snapshot_id", ForeignKey("snapshot.id"), primary_key=True, autoincrement=False),
    Column("at", UtcTime, nullable=False),
    Column("program", Text, nullable=False),  # version that deleted them
    Column("findings", ExactText, nullable=False),  # JSON: kind -> how many rows of `finding`
    Column("rows", ExactText, nullable=False),  # JSON: table -> how many rows were deleted
)
"""Append-only and sealed: what is deleted is named for ever; see upkeep/prune.py."""
