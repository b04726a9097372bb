"""`scanner db upgrade|check`: the database's schema, and whether it still adds up."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from typing import Annotated

import typer

from scanner.cli.common.console import finish, say
from scanner.cli.common.options import Database, database_url
from scanner.cli.common.progress import ProgressBar
from scanner.model.amount import counted
from scanner.model.finding import Weight
from scanner.settings import database as databases
from scanner.store.database import engine, migrate
from scanner.store.database import roles as rights
from scanner.store.reading import check as checking
from scanner.store.reading import check_chain
from scanner.store.upkeep import prune
from scanner.worker import queue

Head = Annotated[
    str,
    typer.Option(
        "--head", metavar="HEX", help="A head that you kept elsewhere: the chain must contain it."
    ),
]
Role = Annotated[str, typer.Argument(metavar="ROLE", help="Name of a role.")]

app = typer.Typer(help="Maintain the database.", no_args_is_help=True, rich_markup_mode=None)


@app.command("upgrade")
def upgrade(
    context: typer.Context,
    database: Database = None,
    roles: Annotated[
        tuple[str, str] | None,
        typer.Option(
            metavar="WORKER READER",
            help="Also give two PostgreSQL roles their rights; see 'db grants'.",
        ),
    ] = None,
) -> None:
    """Bring the database to this program's schema; a missing SQLite file is created."""
    url = database_url(context, database)
    file = databases.sqlite_file(url)
    new = file is not None and not file.exists()
    revision = migrate.upgrade(url)
    if new:
        say(f"a new database was made: {file}")
    say(f"the database is at migration {revision}")
    if set_up_queue(url):
        say("the tables of the workers' queue are in place")
    if roles is not None:
        with engine.open_store(url) as store:
            rights.grant(store, *roles)
        say(f"{roles[0]} may add results but not change them, {roles[1]} may only read")


def set_up_queue(url: str) -> bool:
    """Make the tables of the workers' queue, on PostgreSQL. Returns whether they are there."""
    with engine.open_store(url) as store:
        if store.dialect == "sqlite" or find_spec("procrastinate") is None:
            return False

        queue.set_up(store)
    return True


@app.command("grants")
def grants(worker: Role, reader: Role) -> None:
    """Print the SQL that lets one PostgreSQL role add results and another only read them.

    Run it as the database's owner, after 'db upgrade', once the roles exist.
    """
    for statement in rights.grant_statements(worker, reader):
        sys.stdout.write(statement + ";\n")


@app.command("check")
def check(context: typer.Context, head: Head = "", database: Database = None) -> None:
    """Recount everything that is stored, and check the seals.

    Exit status 1 if something does not add up, 3 if an older program stored a part that no seal
    covers. Only a head that you kept elsewhere can show that the whole chain was rebuilt, or
    that its end was cut off.
    """
    with (
        engine.open_store(database_url(context, database)) as store,
        ProgressBar("checking", "snapshots") as bar,
    ):
        wanted = head.strip().lower()
        problems = checking.check(store, lambda done, of: bar.update(done / of, done), wanted)
        newest, gone = check_chain.newest_head(store), prune.how_many_pruned(store)
    for problem in problems:
        about = f"snapshot {problem.snapshot_id}: " if problem.snapshot_id else ""
        say(f"{about}{problem.what}")
    if gone:
        say(f"{counted(gone, 'snapshot')} pruned: checked by totals and seal, for rows are gone")
    if not problems:
        say("the database adds up")
    say(f"newest head of its chain: {newest}")
    finish({Weight.UNSHOWN if problem.older else Weight.FALSE for problem in problems})
