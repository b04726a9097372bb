"""The table of the chain: one row for everything that was sealed."""

from __future__ import annotations

from sqlalchemy import Column, Integer, Table, Text

from scanner.store.schema.budget_table import metadata
from scanner.store.schema.types import ExactText, UtcTime

__all__ = ["link", "metadata"]

link = Table(
    "link",
    metadata,
    Column("no", Integer, primary_key=True, autoincrement=False),
    Column("kind", Text, nullable=False),
    Column("subject", ExactText, nullable=False),  # JSON: which rows, by their keys
    Column("digest", Text, nullable=False),  # of those rows
    Column("at", UtcTime, nullable=False),
    Column("head", Text, nullable=False),  # sha256 over the head before and this link
)
"""In the order of time; see database/chain.py."""
