"""`scanner publishers list|rename|merge`: whose lists the database holds, and under which name."""

from __future__ import annotations

from typing import Annotated

import typer

from scanner.cli.common.console import emit, say
from scanner.cli.common.options import AsJson, Database, database_url
from scanner.model.publisher import Publisher
from scanner.net import locations
from scanner.reports.tables import grid, jsontext
from scanner.settings import publishers as publisher_table
from scanner.store.database import engine
from scanner.store.reading import history
from scanner.store.writing import publishers as stored_publishers

app = typer.Typer(
    help="Name, rename and merge the publishers of lists.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Known = Annotated[
    bool,
    typer.Option("--known", help="Show the shipped table of publishers instead of the database."),
]
Old = Annotated[str, typer.Argument(metavar="NAME", help="The publisher's name now.")]
New = Annotated[str, typer.Argument(metavar="NEW", help="The name it gets.")]
Into = Annotated[
    str, typer.Argument(metavar="INTO", help="The publisher that takes over its lists.")
]


@app.command("list")
def list_publishers(
    context: typer.Context,
    known: Known = False,
    as_json: AsJson = False,
    database: Database = None,
) -> None:
    """Show publishers with their lists and snapshots, or the table of known publishers."""
    if known:
        records = [_record(p) for p in publisher_table.load_publishers().all.values()]
    else:
        with engine.open_store(database_url(context, database)) as store:
            records = [
                {"name": p.name, "lists": p.lists, "snapshots": p.snapshots, "newest": p.latest}
                for p in history.publishers(store)
            ]
    if as_json:
        emit(jsontext.pretty(records))
        return
    if not records:
        say("no publisher yet: 'scanner snapshot FILE' makes one; --known shows the known ones")
        return
    titles = list(records[0])
    rows = [[_cell(record[title]) for title in titles] for record in records]
    grid.print_grid([grid.Column(title) for title in titles], rows, title="Publishers")


@app.command("rename")
def rename(context: typer.Context, name: Old, new: New, database: Database = None) -> None:
    """Give a publisher another name; its lists and snapshots do not change."""
    with engine.open_store(database_url(context, database)) as store:
        stored_publishers.rename(store, name, new)
    say(f"publisher {name} is now named {new}")


@app.command("merge")
def merge(context: typer.Context, name: Old, into: Into, database: Database = None) -> None:
    """Merge two publishers: the lists of the first go to the second."""
    with engine.open_store(database_url(context, database)) as store:
        stored_publishers.merge(store, name, into)
    say(f"the lists of {name} now belong to {into}")


def _record(publisher: Publisher) -> dict[str, object]:
    return {
        "name": publisher.name,
        "aliases": list(publisher.aliases),
        "texts": list(publisher.texts),
        "tokens": list(publisher.tokens),
        "every": publisher.every,
        "layout": publisher.layout,
        "page": publisher.page,
        "location": locations.shown(publisher.location),
    }


def _cell(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)
