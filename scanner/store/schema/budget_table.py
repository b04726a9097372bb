"""The table of rate budgets: until when each endpoint's timeline is given away."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Table, Text

from scanner.store.schema.alert_tables import metadata

__all__ = ["metadata", "rate_budget"]

rate_budget = Table(
    "rate_budget",
    metadata,
    Column("endpoint", Text, primary_key=True),  # its name, never its URL
    Column("free_at", BigInteger, nullable=False),  # microseconds since 1970 by the server's clock
)
