"""Brings a database to this program's schema, through Alembic and without an alembic.ini.

Opening a store only compares revision names (Alembic takes a second to import): a migration's file
name starts with its revision, "0001_first_tables.py", and revisions sort by age.
"""

from __future__ import annotations

from functools import cache, partial
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, text
from sqlalchemy.schema import SchemaItem

from scanner.errors import MigrationNeededError, StoreError
from scanner.settings.paths import shipped
from scanner.store.database import chain, new_file
from scanner.store.database.connection import Store, connect
from scanner.store.schema.restatement_table import metadata

if TYPE_CHECKING:
    from alembic.config import Config


@cache
def revisions() -> tuple[str, ...]:
    """Every revision this program knows, oldest first."""
    folder = shipped("migrations") / "versions"
    return tuple(sorted(file.name.partition("_")[0] for file in folder.glob("[0-9]*_*.py")))


def head() -> str:
    """The revision this program was made for. Raises StoreError."""
    if not revisions():
        raise StoreError(f"no migrations in {shipped('migrations')}: the installation is damaged")
    return revisions()[-1]


def current(connection: Connection) -> str | None:
    """The revision a database is at, None if it has no schema of ours."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found = connection.execute(text("SELECT version_num FROM alembic_version")).scalars().all()
    return str(found[0]) if found else None


def require_head(connection: Connection) -> None:
    """Raise MigrationNeededError for an older schema, StoreError for a newer one."""
    found = current(connection)
    if found == head():
        return
    if found is not None and found not in revisions():
        raise StoreError(
            f"the database is at migration {found}, which this program does not know (it knows up "
            f"to {head()}): it was made by a newer scanner; use that one"
        )
    raise MigrationNeededError(found, head())


def upgrade(url: str, revision: str = "head") -> str:
    """Upgrade a database; a SQLite file that does not exist is made. Returns the revision now.

    All migrations of one upgrade are one transaction: it is at the old schema or the new one.
    Raises StoreError, also when the database is newer than this program.
    """
    with connect(url, create=True) as store:
        return upgrade_store(store, revision)


def upgrade_store(store: Store, revision: str = "head") -> str:
    """`upgrade` for a database that is open already."""
    with store.write() as connection:
        found = current(connection)
        if found is not None and found not in revisions():
            require_head(connection)
        if revision != "head" or not new_file.make(connection, head()):
            by_migrations(connection, revision)
        now = current(connection) or ""
        if now == head():
            chain.begin(connection)
    store.read_while_writing()
    return now


def by_migrations(connection: Connection, revision: str) -> None:
    """Run every migration up to a revision, in the caller's transaction."""
    from alembic import command  # noqa: PLC0415 - heavy, rarely needed

    command.upgrade(_config(connection), revision)


def downgrade_store(store: Store, revision: str) -> None:
    """Go back to an older revision ("base" for none). Results are lost with their tables."""
    from alembic import command  # noqa: PLC0415 - heavy, rarely needed

    with store.write() as connection:
        command.downgrade(_config(connection), revision)


def differences(store: Store) -> list[str]:
    """How the database differs from tables.py; empty when it does not."""
    from alembic.autogenerate import compare_metadata  # noqa: PLC0415 - heavy, rarely needed
    from alembic.migration import MigrationContext  # noqa: PLC0415 - heavy, rarely needed

    with store.read() as connection:
        options = {
            "compare_type": True,
            "include_name": _is_ours,
            "include_object": partial(_is_of, connection.dialect.name),
        }
        context = MigrationContext.configure(connection, opts=options)
        return [str(difference) for difference in compare_metadata(context, metadata)]


def _is_ours(name: str | None, kind: str, _parents: object) -> bool:
    """The queue of the workers keeps its tables in the same database; they are its own."""
    return kind != "table" or not (name or "").startswith("procrastinate_")


def _is_of(dialect: str, item: SchemaItem, *_: object) -> bool:
    """Keys that another kind of database has are not looked for in this one."""
    return bool(item.info.get("only", dialect) == dialect)


def _config(connection: Connection) -> Config:
    from alembic.config import Config  # noqa: PLC0415 - heavy, rarely needed

    config = Config()
    # Alembic reads "%" in option values as interpolation.
    config.set_main_option("script_location", str(shipped("migrations")).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config
