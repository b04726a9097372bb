"""What PostgreSQL's planner knows of tables that grow by hundreds of thousands of rows at once.

It takes the rows of a list or snapshot that it has not looked at yet for a single one, and joins
them in a loop within a loop: an export of 45,000 findings took two minutes instead of one second.
Its own look comes up to a minute later. SQLite goes by its indexes alone.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import text

from scanner.errors import StoreError
from scanner.store.database.connection import Store

FUNCTION: Final = "scanner_statistics()"
TABLES: Final = ("claim", "control_result", "finding", "balance")
MANY: Final = 1_000
"""Rows that are worth a look at once."""

_LOOK_AFTER: Final = 20_000  # new rows, and not a share of all: the newest are what is asked for


def create_statements() -> list[str]:
    """SQL of PostgreSQL for the function, which only the owner may run, and the tables' settings.

    It runs with its owner's rights: nobody else may ANALYZE, and workers have to.
    """
    settings = f"autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = {_LOOK_AFTER}"
    return [
        f"CREATE FUNCTION {FUNCTION} RETURNS void LANGUAGE plpgsql SECURITY DEFINER "
        f"SET search_path = public, pg_temp AS $$ BEGIN ANALYZE {', '.join(TABLES)}; END $$",
        f"REVOKE ALL ON FUNCTION {FUNCTION} FROM PUBLIC",
        *(f"ALTER TABLE {table} SET ({settings})" for table in TABLES),
    ]


def drop_statements() -> list[str]:
    """SQL that takes both away again."""
    settings = "autovacuum_analyze_scale_factor, autovacuum_analyze_threshold"
    return [
        f"DROP FUNCTION {FUNCTION}",
        *(f"ALTER TABLE {table} RESET ({settings})" for table in TABLES),
    ]


def refresh(store: Store, rows: int) -> None:
    """Let the planner look at what was just committed: `rows` of a list, or of a snapshot.

    What fails here costs time later and nothing else, so nothing is raised.
    """
    if store.dialect == "sqlite" or rows < MANY:
        return
    allowed = text("SELECT has_function_privilege(:name, 'execute')")
    try:
        with store.write() as connection:
            if connection.execute(allowed, {"name": FUNCTION}).scalar():
                connection.execute(text(f"SELECT {FUNCTION}"))
    except StoreError:
        return
