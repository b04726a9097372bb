"""How PostgreSQL's trigger functions are made: the tables they name are the scanner's own.

Names in a function are looked up by the path of whoever fires the trigger, temporary tables first:
a role that makes a table `snapshot` of its own would have the trigger ask that one. So each
function brings its path. That also holds where there is none, as when data alone is restored.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from sqlalchemy import Connection, text

SETTING: Final = "search_path=pg_catalog, public, pg_temp"
"""As PostgreSQL stores it. pg_temp is named last, for unnamed it would come first."""


def trigger_function(name: str, body: str) -> str:
    """The statement that makes a trigger's function, in place of one there is. body: PL/pgSQL."""
    path = SETTING.replace("=", " = ")
    return (
        f"CREATE OR REPLACE FUNCTION public.{name}() RETURNS trigger LANGUAGE plpgsql SET {path} "
        f"AS $${body}$$"
    )


def changed(connection: Connection, wanted: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Names of functions that are not as `wanted` (name and statement) makes them, on PostgreSQL.

    Text, language, path and whose rights they run with are compared.
    """
    query = text(
        "SELECT proname, prosrc, proconfig, prosecdef, lanname FROM pg_proc "
        "JOIN pg_language ON pg_language.oid = prolang "
        "WHERE starts_with(proname, 'scanner_') AND pronamespace = 'public'::regnamespace"
    )
    found = {name: (_plain(source), *rest) for name, source, *rest in connection.execute(query)}
    for name, create in wanted:
        if found.get(name) != (_plain(create.split("$$")[1]), [SETTING], False, "plpgsql"):
            yield name


def _plain(source: str) -> str:
    return " ".join(source.split())
