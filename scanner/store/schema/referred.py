"""PostgreSQL's triggers that do what foreign keys do, on the largest tables, once a statement.

A foreign key looks at every row by itself, and took longer than storing the row. These triggers
look once for each statement, at what its rows have in common, and lock what they find as a foreign
key does: neither half of the two can come or go beside the other. SQLite keeps its foreign keys.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from sqlalchemy import Connection, text

from scanner.store.schema.functions import trigger_function


class _Referring(NamedTuple):
    """A table whose rows refer to another's: columns here, and the columns they name there."""

    table: str
    columns: tuple[str, ...]
    of: str
    named: tuple[str, ...]


_REFERRING: Final = (
    _Referring("control_result", ("snapshot_id",), "snapshot", ("id",)),
    _Referring("finding", ("snapshot_id",), "snapshot", ("id",)),
    _Referring("balance", ("snapshot_id", "chunk_no"), "chunk", ("snapshot_id", "no")),
)


def functions() -> list[tuple[str, str]]:
    """Functions of the triggers: name and statement."""
    found = {each.of: each for each in _REFERRING}
    bodies: dict[str, str] = {}
    for each in found.values():
        bodies[f"scanner_refers_to_{each.of}"] = _looked_up(each)
        bodies[f"scanner_{each.of}_is_referred_to"] = _kept(each.of)
    return [(name, trigger_function(name, body)) for name, body in bodies.items()]


def wanted() -> dict[str, str]:
    """Every trigger, of PostgreSQL alone: name and statement."""
    return {name: create for name, _, create in _triggers()}


def create_statements() -> list[str]:
    """SQL that makes the triggers, in place of any there are."""
    return [
        *(create for _, create in functions()),
        *(f"DROP TRIGGER IF EXISTS {name} ON {table}" for name, table, _ in _triggers()),
        *wanted().values(),
    ]


def drop_statements() -> list[str]:
    """SQL that undoes `create_statements`."""
    return [
        *(f"DROP TRIGGER {name} ON {table}" for name, table, _ in _triggers()),
        *(f"DROP FUNCTION {name}()" for name, _ in functions()),
    ]


def dangling(connection: Connection) -> Iterator[str]:
    """Tables with rows that refer to nothing, on PostgreSQL."""
    for table, columns, of, named in _REFERRING:
        mine = ", ".join(columns)
        query = (
            f"SELECT EXISTS (SELECT {mine} FROM {table} EXCEPT "  # noqa: S608 - our own names
            f"SELECT {', '.join(named)} FROM {of})"
        )
        if connection.execute(text(query)).scalar():
            yield table


def _triggers() -> Iterator[tuple[str, str, str]]:
    """Name, table, statement."""
    for table, _, of, _ in _REFERRING:
        yield (
            f"{table}_refers_insert",
            table,
            f"CREATE TRIGGER {table}_refers_insert AFTER INSERT ON {table} REFERENCING NEW TABLE "
            f"AS added FOR EACH STATEMENT EXECUTE FUNCTION scanner_refers_to_{of}()",
        )
    for of, key in sorted({(each.of, each.named) for each in _REFERRING}):
        changed = " OR ".join(f"OLD.{name} <> NEW.{name}" for name in key)
        for event, when in (("delete", ""), ("update", f"WHEN ({changed}) ")):
            yield (
                f"{of}_still_referred_{event}",
                of,
                f"CREATE TRIGGER {of}_still_referred_{event} BEFORE {event.upper()} ON {of} "
                f"FOR EACH ROW {when}EXECUTE FUNCTION scanner_{of}_is_referred_to()",
            )


def _looked_up(each: _Referring) -> str:
    """Refuse what names nothing; keep what is named until the transaction ends."""
    of, mine = each.of, ", ".join(each.columns)
    same = " AND ".join(
        f"a.{column} = o.{name}" for column, name in zip(each.columns, each.named, strict=True)
    )
    return (
        "DECLARE wanted bigint; there bigint; BEGIN "  # noqa: S608 - our own names
        f"SELECT count(*) INTO wanted FROM (SELECT DISTINCT {mine} FROM added) a; "
        f"SELECT count(*) INTO there FROM (SELECT 1 FROM {of} o JOIN (SELECT DISTINCT {mine} "
        f"FROM added) a ON {same} FOR KEY SHARE OF o) found; "
        "IF wanted <> there THEN RAISE EXCEPTION 'a row of % refers to no row of "
        f"{of}', TG_TABLE_NAME USING ERRCODE = 'foreign_key_violation'; END IF; "
        "RETURN NULL; END"
    )


def _kept(of: str) -> str:
    """Refuse to delete or rename what rows refer to."""
    checks = []
    for each in _REFERRING:
        if each.of == of:
            same = " AND ".join(
                f"r.{column} = OLD.{name}"
                for column, name in zip(each.columns, each.named, strict=True)
            )
            checks.append(f"EXISTS (SELECT 1 FROM {each.table} r WHERE {same})")  # noqa: S608
    return (
        f"BEGIN IF {' OR '.join(checks)} THEN RAISE EXCEPTION 'rows refer to this row of %', "
        "TG_TABLE_NAME USING ERRCODE = 'foreign_key_violation'; END IF; "
        "IF TG_OP = 'DELETE' THEN RETURN OLD; END IF; RETURN NEW; END"
    )
