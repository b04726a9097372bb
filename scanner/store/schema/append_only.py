"""Triggers that refuse to change results, on both databases.

Alembic's batch mode rebuilds SQLite tables and drops their triggers without a word: a migration
that does so must create them again, and `missing` tells when one is gone.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, text

from scanner.store.schema.functions import trigger_function

APPEND_ONLY = (
    "reserve_list",
    "claim",
    "unreadable_row",
    "declared_total",
    "list_finding",
    "pinned_block",
    "control_result",
    "balance",
    "finding",
    "subtotal",
    "total",
    "liability",
    "liability_proof",
    "link",
    "pruned",
    "restatement",
)
"""Tables whose rows are written once."""

_REFUSE = "scanner_append_only"
_REFUSE_READ = "scanner_pin_is_read"
_REFUSE_KEPT = "scanner_not_pruned"

PRUNABLE = ("control_result", "balance", "finding")
"""Tables of rows that may go once their snapshot is named as pruned, for good, in `pruned`."""

_IS_KEPT = "NOT EXISTS (SELECT 1 FROM pruned WHERE pruned.snapshot_id = OLD.snapshot_id)"

_PIN_IS_READ = (
    "EXISTS (SELECT 1 FROM chunk WHERE chunk.snapshot_id = OLD.snapshot_id AND chunk.network = "
    "OLD.network AND chunk.wanted_height = OLD.wanted_height AND chunk.state = 'done')"
)
"""A pinned block that left the best chain may go, as long as nothing was read at it."""


def create_statements(dialect: str, tables: Sequence[str]) -> list[str]:
    """SQL that makes the tables append-only. dialect: "sqlite" or "postgresql"."""
    if dialect == "sqlite":
        return [
            f"CREATE TRIGGER {_name(table, event)} BEFORE {event.upper()} ON {table} "
            f"{_when(table, event)}BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            for table in tables
            for event in ("update", "delete")
        ]
    return [create for _, create in functions()] + [
        f"CREATE TRIGGER {_name(table, event)} BEFORE {event.upper()} ON {table} "
        + (
            f"FOR EACH ROW EXECUTE FUNCTION {_row_function(table)}()"
            if _when(table, event)
            else f"FOR EACH STATEMENT EXECUTE FUNCTION {_REFUSE}()"
        )
        for table in tables
        for event in ("update", "delete", "truncate")
    ]


def functions() -> list[tuple[str, str]]:
    """Functions of PostgreSQL's triggers: name and statement."""
    refuse = "RAISE EXCEPTION '% is append-only', TG_TABLE_NAME;"
    bodies = {
        _REFUSE: f" BEGIN {refuse} END ",
        _REFUSE_READ: f" BEGIN IF {_PIN_IS_READ} THEN {refuse} END IF; RETURN OLD; END ",
        _REFUSE_KEPT: f" BEGIN IF {_IS_KEPT} THEN {refuse} END IF; RETURN OLD; END ",
    }
    return [(name, trigger_function(name, body)) for name, body in bodies.items()]


def wanted(dialect: str) -> dict[str, str]:
    """Every trigger that should be there: name and statement."""
    made = create_statements(dialect, APPEND_ONLY)
    return {s.split()[2]: s for s in made if s.startswith("CREATE TRIGGER")}


def _when(table: str, event: str) -> str:
    """On what condition a change is refused; "" for always."""
    if event != "delete":
        return ""
    if table == "pinned_block":
        return f"WHEN {_PIN_IS_READ} "
    return f"WHEN {_IS_KEPT} " if table in PRUNABLE else ""


def _row_function(table: str) -> str:
    return _REFUSE_READ if table == "pinned_block" else _REFUSE_KEPT


def drop_statements(dialect: str, tables: Sequence[str]) -> list[str]:
    """SQL that undoes `create_statements`."""
    if dialect == "sqlite":
        return [f"DROP TRIGGER {_name(t, e)}" for t in tables for e in ("update", "delete")]
    drops = [
        f"DROP TRIGGER {_name(t, e)} ON {t}"
        for t in tables
        for e in ("update", "delete", "truncate")
    ]
    return [*drops, *(f"DROP FUNCTION IF EXISTS {name}()" for name, _ in functions())]


def missing(connection: Connection) -> list[str]:
    """Names of triggers that should be there and are not (or are switched off)."""
    sqlite = connection.dialect.name == "sqlite"
    if sqlite:
        query = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        events: tuple[str, ...] = ("update", "delete")
    else:
        query = "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled IN ('O', 'A')"
        events = ("update", "delete", "truncate")
    present = set(connection.execute(text(query)).scalars())
    wanted = [_name(table, event) for table in APPEND_ONLY for event in events]
    return [name for name in wanted if name not in present]


def _name(table: str, event: str) -> str:
    return f"{table}_no_{event}"
