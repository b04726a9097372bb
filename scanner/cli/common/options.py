"""Arguments and options that several subcommands share."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from scanner.errors import ConfigError, InputError
from scanner.settings.database import database_url as chosen_database


@dataclass(slots=True)
class Globals:
    """What was said before the subcommand. database: URL or None."""

    database: str | None = None


ListFile = Annotated[
    str,
    typer.Argument(
        metavar="FILE",
        help="A published reserve list: a file, its http(s) address, or '-' for stdin. "
        "'FILE:NAME' is one part of a zip or workbook.",
    ),
]
Snapshot = Annotated[str, typer.Argument(metavar="SNAPSHOT", help="A snapshot's id, or 'latest'.")]
Database = Annotated[
    str | None,
    typer.Option(
        "--database",
        metavar="URL",
        help="SQLite file name or PostgreSQL URL; default: SCANNER_DATABASE, else a file in the "
        "user's data folder.",
    ),
]
Endpoints = Annotated[
    Path | None,
    typer.Option(
        "--endpoints",
        metavar="FILE",
        help="Endpoint table to use instead of the shipped one.",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Write JSON to stdout.")]
Form = Annotated[
    str,
    typer.Option(
        "--format", "-f", metavar="csv|json", help="Write this format to stdout instead of a table."
    ),
]


def chosen_form(form: str, as_json: bool) -> str:
    """What is written: "table", "csv" or "json". Raises ConfigError for another, or for both."""
    if as_json and form not in ("", "json"):
        raise ConfigError(f"--json and --format {form} cannot be used together")
    if form not in ("", "csv", "json"):
        raise ConfigError(f"--format is csv or json, not {form!r}")
    return "json" if as_json else form or "table"


def database_url(context: typer.Context, given: str | None) -> str:
    """Decide which database is meant: the subcommand's option, the global one, the default.

    The result may hold a password: never print it.
    """
    state = context.find_object(Globals)
    return chosen_database(given or (state.database if state else None) or "")


def given(text: str | None, option: str) -> str:
    """What an option that narrows or proves was given; "" where it was not.

    Given and empty, as an unset variable of a script gives it, is not the same as not given: it
    would disarm the check without a word. Raises InputError.
    """
    if text is not None and not text.strip():
        raise InputError(f"{option} is empty: leave it out or give a value")
    return text or ""
