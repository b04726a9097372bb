"""PostgreSQL roles: what a worker and a reader may do."""

from __future__ import annotations

from scanner.errors import ConfigError
from scanner.store.database.connection import Store
from scanner.store.database.statistics import FUNCTION
from scanner.store.schema import restatement_table as t
from scanner.store.schema.append_only import APPEND_ONLY

QUEUE = "procrastinate_"
_DELETABLE = ("schedule", "chunk", "pinned_block")
"""Schedules that are removed; chunks of a snapshot that is cut anew before any is done; blocks that
left the best chain before anything was read at them (a trigger sees to it)."""

OWNERS = ("liability", "liability_proof", "price", "pruned", "restatement")
"""What the operator says and no chain: a worker that could write it could be first; and what lets
rows go: a worker that could name a snapshot as pruned could hide what was found in it."""


def grant_statements(worker: str, reader: str) -> list[str]:
    """SQL for two roles that exist: `worker` adds results and changes none, `reader` only reads.

    Liabilities and prices are for the owner to write. Triggers hold for everybody; these hold also
    where the owner has dropped them. Run them again after every upgrade: new tables have no grants.
    """
    names = sorted(t.metadata.tables)
    every = ", ".join(_quoted(name) for name in names)
    added = ", ".join(_quoted(name) for name in names if name not in OWNERS)
    owners = ", ".join(map(_quoted, OWNERS))
    changed = ", ".join(_quoted(n) for n in names if n not in (*APPEND_ONLY, "publisher", "price"))
    deleted = ", ".join(_quoted(name) for name in _DELETABLE)
    to_worker, to_reader = _quoted(worker), _quoted(reader)
    return [
        f"GRANT USAGE ON SCHEMA public TO {to_worker}, {to_reader}",
        f"GRANT SELECT ON {every}, alembic_version TO {to_worker}, {to_reader}",
        f"GRANT INSERT ON {added} TO {to_worker}",
        f"REVOKE INSERT ON {owners} FROM {to_worker}",
        f"GRANT UPDATE ON {changed} TO {to_worker}",
        f"GRANT DELETE ON {deleted} TO {to_worker}",
        f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {to_worker}",
        f"GRANT EXECUTE ON FUNCTION {FUNCTION} TO {to_worker}",
        _queue_grants(to_worker),
        _no_temporary_tables(to_worker, to_reader),
    ]


def grant(store: Store, worker: str, reader: str) -> None:
    """Give two roles that exist their rights; see `grant_statements`.

    Raises ConfigError on SQLite, StoreError where a role is missing or we may not grant.
    """
    if store.dialect == "sqlite":
        raise ConfigError("a SQLite file has no roles: leave them out, or use PostgreSQL")
    with store.write() as connection:
        for statement in grant_statements(worker, reader):
            # The plain cursor: nothing in a role's name is a parameter.
            connection.connection.cursor().execute(statement)


def _queue_grants(worker: str) -> str:
    """Everything on the queue's tables, if they are there."""
    return (
        "DO $grants$ DECLARE name text; BEGIN FOR name IN SELECT tablename FROM pg_tables "  # noqa: S608
        f"WHERE schemaname = 'public' AND starts_with(tablename, '{QUEUE}') LOOP EXECUTE "
        f"format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO {_in_text(worker)}', name); "
        "END LOOP; END $grants$"
    )


def _no_temporary_tables(*roles: str) -> str:
    """Nobody but the owner makes temporary tables: the scanner needs none, and one named as a table
    of ours could be taken for it. Who does not own the database is not obeyed, with a warning.
    """
    whose = ", ".join(("PUBLIC", *map(_in_text, roles)))
    return (
        f"DO $temp$ BEGIN EXECUTE format('REVOKE TEMPORARY ON DATABASE %I FROM {whose}', "
        "current_database()); END $temp$"
    )


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _in_text(quoted: str) -> str:
    """A quoted name inside the text that format() reads."""
    return quoted.replace("'", "''").replace("%", "%%")
