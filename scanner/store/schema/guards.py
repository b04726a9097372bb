"""Triggers that keep what is sealed: a complete snapshot, a stored list, a price.

`append_only` refuses to change results; these refuse to take a snapshot's seal off, to give it
another list, and to add to what is sealed. On SQLite rows of the four largest tables may still be
added (a look at each row would cost more than storing it): `scanner db check` sees them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from sqlalchemy import Connection, text

from scanner.store.schema import append_only, referred
from scanner.store.schema.functions import changed, trigger_function

_SNAPSHOT: Final = (
    "EXISTS (SELECT 1 FROM snapshot WHERE id = {row}.snapshot_id AND state = 'complete')"
)
_LIST: Final = "EXISTS (SELECT 1 FROM reserve_list WHERE id = {row}.list_id)"
_LATER: Final = "balance_changed"
"""The one kind of finding that may come after the seal; it is sealed by itself."""

_OF_SNAPSHOT: Final = (
    *("pinned_block", "chunk", "control_result", "balance", "finding", "subtotal", "total"),
)
_OF_LIST: Final = ("claim", "unreadable_row", "declared_total", "list_finding")
_LARGE: Final = ("claim", "control_result", "balance", "subtotal")


class Guard(NamedTuple):
    """A trigger. name, table; create: the statement that makes it, whole."""

    name: str
    table: str
    create: str


def create_statements(dialect: str) -> list[str]:
    """SQL that makes the guards. dialect: "sqlite" or "postgresql"."""
    functions = [] if dialect == "sqlite" else [create for _, create in _functions()]
    return [*functions, *(guard.create for guard in guards(dialect))]


def drop_statements(dialect: str) -> list[str]:
    """SQL that undoes `create_statements`."""
    on = "" if dialect == "sqlite" else " ON {0.table}"
    drops = [f"DROP TRIGGER {guard.name}" + on.format(guard) for guard in guards(dialect)]
    if dialect == "sqlite":
        return drops
    return [*drops, *(f"DROP FUNCTION IF EXISTS {name}()" for name, _ in _functions())]


def guards(dialect: str) -> list[Guard]:
    """Every guard of a database of that kind."""
    return list(_sqlite() if dialect == "sqlite" else _postgresql())


def _sqlite() -> Iterator[Guard]:
    def made(name: str, table: str, event: str, when: str = "") -> Guard:
        condition = f"WHEN {when} " if when else ""
        create = (
            f"CREATE TRIGGER {name} BEFORE {event} ON {table} {condition}"
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only: it is sealed'); END"
        )
        return Guard(name, table, create)

    complete = "OLD.state = 'complete'"
    yield made("snapshot_sealed_update", "snapshot", "UPDATE", complete)
    yield made("snapshot_sealed_delete", "snapshot", "DELETE", complete)
    yield made("publisher_sealed_delete", "publisher", "DELETE")
    yield made("price_sealed_update", "price", "UPDATE")
    yield made("price_sealed_delete", "price", "DELETE")
    for event in ("UPDATE", "DELETE"):
        name = f"chunk_sealed_{event.lower()}"
        yield made(name, "chunk", event, _SNAPSHOT.format(row="OLD"))
    for table in (*_OF_SNAPSHOT, *_OF_LIST):
        if table not in _LARGE:
            condition = (_SNAPSHOT if table in _OF_SNAPSHOT else _LIST).format(row="NEW")
            if table == "finding":
                condition = f"NEW.kind <> '{_LATER}' AND {condition}"
            yield made(f"{table}_sealed_insert", table, "INSERT", condition)


def _functions() -> Iterator[tuple[str, str]]:
    """Functions of PostgreSQL's triggers: name and statement."""
    bodies = {
        "scanner_sealed": f"BEGIN {_RAISE} END",
        "scanner_sealed_chunk": (
            f"BEGIN IF {_SNAPSHOT.format(row='OLD')} THEN {_RAISE} END IF; "
            "IF TG_OP = 'DELETE' THEN RETURN OLD; END IF; RETURN NEW; END"
        ),
        "scanner_sealed_snapshot": _added("snapshot_id", "snapshot", "AND s.state = 'complete'"),
        "scanner_sealed_finding": _added(
            "snapshot_id", "snapshot", "AND s.state = 'complete'", f"WHERE kind <> '{_LATER}'"
        ),
        "scanner_sealed_list": _added("list_id", "reserve_list", ""),
    }
    for name, body in bodies.items():
        yield name, trigger_function(name, body)


_RAISE: Final = "RAISE EXCEPTION '% is append-only: it is sealed', TG_TABLE_NAME;"


def _added(key: str, of: str, condition: str, only: str = "") -> str:
    return (
        f"BEGIN IF EXISTS (SELECT 1 FROM {of} s WHERE s.id IN "  # noqa: S608 - our own names
        f"(SELECT DISTINCT {key} FROM added {only}) {condition}) "
        f"THEN {_RAISE} END IF; RETURN NULL; END"
    )


def _postgresql() -> Iterator[Guard]:
    def made(name: str, table: str, event: str, rest: str) -> Guard:
        return Guard(name, table, f"CREATE TRIGGER {name} {event} ON {table} {rest}")

    complete = "FOR EACH ROW WHEN (OLD.state = 'complete') EXECUTE FUNCTION scanner_sealed()"
    always = "FOR EACH STATEMENT EXECUTE FUNCTION scanner_sealed()"
    yield made("snapshot_sealed_update", "snapshot", "BEFORE UPDATE", complete)
    yield made("snapshot_sealed_delete", "snapshot", "BEFORE DELETE", complete)
    yield made("publisher_sealed_delete", "publisher", "BEFORE DELETE", always)
    yield made("price_sealed_update", "price", "BEFORE UPDATE", always)
    yield made("price_sealed_delete", "price", "BEFORE DELETE", always)
    for event in ("UPDATE", "DELETE"):
        rest = "FOR EACH ROW EXECUTE FUNCTION scanner_sealed_chunk()"
        yield made(f"chunk_sealed_{event.lower()}", "chunk", f"BEFORE {event}", rest)
    for table in ("snapshot", "publisher", "price", "chunk"):
        yield made(f"{table}_sealed_truncate", table, "BEFORE TRUNCATE", always)
    for table in (*_OF_SNAPSHOT, *_OF_LIST):
        function = "scanner_sealed_list" if table in _OF_LIST else "scanner_sealed_snapshot"
        if table == "finding":
            function = "scanner_sealed_finding"
        rest = f"REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION {function}()"
        yield made(f"{table}_sealed_insert", table, "AFTER INSERT", rest)


def wrong(connection: Connection) -> list[str]:
    """What is not as it should be with the triggers: gone, switched off, or of another text."""
    dialect = connection.dialect.name
    wanted = {guard.name: guard.create for guard in guards(dialect)}
    wanted |= append_only.wanted(dialect)
    if dialect == "postgresql":
        wanted |= referred.wanted()
    if dialect == "sqlite":
        query = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
    else:
        query = (
            "SELECT tgname, pg_get_triggerdef(oid) FROM pg_trigger "
            "WHERE NOT tgisinternal AND tgenabled IN ('O', 'A')"
        )
    found = {name: _plain(made) for name, made in connection.execute(text(query))}
    problems = [
        f"the trigger {name} is {'missing' if name not in found else 'another one'}: results can "
        "be changed"
        for name, create in wanted.items()
        if found.get(name) != _plain(create)
    ]
    problems += [
        f"the trigger {name} is not one of the scanner's"
        for name in sorted(set(found) - set(wanted))
        if not name.startswith("procrastinate_")
    ]
    if dialect != "sqlite":
        problems += [
            f"the function {name} is another one: results can be changed"
            for name in changed(connection, functions())
        ]
    return problems


def functions() -> list[tuple[str, str]]:
    """Functions of all of PostgreSQL's triggers: name and statement."""
    return [*_functions(), *append_only.functions(), *referred.functions()]


def _plain(statement: str) -> str:
    """A statement in one spelling, for PostgreSQL prints its own."""
    words = " ".join(statement.replace("(", " ").replace(")", " ").split()).lower()
    return words.replace(" on public.", " on ").replace("::text", "").replace('"', "")
