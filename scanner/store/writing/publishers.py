"""Publishers of the database: their names, renaming one, and merging two that are one.

Lists are never changed, so a merge is told on the publisher: what it is the same as.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, Connection, func, select

from scanner.errors import ConfigError
from scanner.model.publisher import name_key
from scanner.store.database import chain
from scanner.store.database.engine import Store
from scanner.store.schema import tables as t


def publisher_names(store: Store) -> list[str]:
    """Names of the publishers that lists are of; merged ones are left out."""
    c = t.publisher.c
    with store.read() as connection:
        return sorted(connection.execute(select(c.name).where(c.same_as.is_(None))).scalars())


def list_publisher() -> ColumnElement[int]:
    """The id of the publisher that a row of `reserve_list` counts as; merges are followed."""
    own = t.publisher.alias()
    query = select(func.coalesce(own.c.same_as, own.c.id))
    of_list = query.where(own.c.id == t.reserve_list.c.publisher_id)
    return of_list.correlate(t.reserve_list).scalar_subquery()


def rename(store: Store, old: str, new: str) -> None:
    """Give a publisher another name. Raises ConfigError if there is none, or the name is taken."""
    with store.write() as connection:
        key = _id(connection, old)
        taken = _find(connection, new.strip())
        if not new.strip() or (taken is not None and taken != key):
            raise ConfigError(
                f"there is already a publisher {new!r}: use 'scanner publishers merge' to merge "
                "them"
                if new.strip()
                else "a publisher needs a name"
            )
        connection.execute(
            t.publisher.update().where(t.publisher.c.id == key).values(name=new.strip())
        )
        chain.append(connection, chain.PUBLISHER, {"id": key})


def merge(store: Store, one: str, into: str) -> None:
    """Make the lists of one publisher those of another. Raises ConfigError for unknown names."""
    with store.write() as connection:
        key, target = _id(connection, one), _id(connection, into)
        if key == target:
            raise ConfigError(f"{one!r} and {into!r} are one publisher already")
        c = t.publisher.c
        merged = (c.id == key) | (c.same_as == key)
        changed = connection.execute(select(c.id).where(merged).order_by(c.id)).scalars().all()
        connection.execute(t.publisher.update().where(merged).values(same_as=target))
        for publisher_id in changed:
            chain.append(connection, chain.PUBLISHER, {"id": publisher_id})


def _id(connection: Connection, name: str) -> int:
    """The id of a publisher that is not merged. Raises ConfigError naming those there are."""
    found = _find(connection, name)
    if found is None:
        c = t.publisher.c
        names = connection.execute(select(c.name).where(c.same_as.is_(None))).scalars()
        known = ", ".join(sorted(names)) or "none"
        raise ConfigError(f"no publisher {name!r}; there are: {known}")
    return found


def _find(connection: Connection, name: str) -> int | None:
    """By the exact name, else by one that differs in case or punctuation only."""
    c = t.publisher.c
    rows = connection.execute(select(c.id, c.name, c.same_as)).all()
    exact = [row for row in rows if row.name == name]
    alike = exact or [row for row in rows if name_key(row.name) == name_key(name)]
    return None if not alike else int(alike[0].same_as or alike[0].id)
