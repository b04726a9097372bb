"""Arguments and options that several subcommands share."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from scanner.settings.logs import LogFormat


@dataclass(slots=True)
class Globals:
    """What was said before the subcommand. database: URL or None."""

    database: str | None = None


ListFile = Annotated[Path, typer.Argument(metavar="FILE", help="A published reserve list.")]
Snapshot = Annotated[str, typer.Argument(metavar="SNAPSHOT", help="A snapshot's id, or 'latest'.")]
Database = Annotated[
    str | None,
    typer.Option(
        "--database",
        metavar="URL",
        help="SQLite file or PostgreSQL database; default SCANNER_DATABASE, else a file in the "
        "user's data folder.",
    ),
]
Endpoints = Annotated[
    Path | None,
    typer.Option(
        "--endpoints",
        metavar="FILE",
        help="Endpoint table to use in place of the shipped one.",
    ),
]
LogForm = Annotated[
    LogFormat, typer.Option("--log-format", help="How a line of the log looks, on stderr.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Write JSON to stdout.")]


def database_url(context: typer.Context, given: str | None) -> str:
    """Decide which database is meant: the subcommand's option, the global one, the default.

    The result may hold a password: never print it.
    """
    from scanner.settings.database import database_url as chosen_database

    state = context.find_object(Globals)
    return chosen_database(given or (state.database if state else None) or "")


def start_logs(form: LogFormat, *urls: str, secrets: Iterable[str] = ()) -> None:
    """Log to stderr from now on.

    urls: whose keys must not be seen; shorter parts of them may be words of a message, and whole
    URLs are left out anyway. secrets: as they are. Processes that this one starts read the format
    from the environment.
    """
    import os

    from scanner.reports.text import harmless
    from scanner.settings import logs
    from scanner.settings.secrets import secret_parts

    os.environ[logs.VARIABLE] = form.value
    hidden = [*secrets, *(part for url in urls for part in secret_parts(url, shortest=12))]
    logs.configure(form, harmless, hidden)
