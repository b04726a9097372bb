"""Opens the published list a command names, with the options that say how to read it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from scanner.cli.common.completion import assets, networks
from scanner.cli.common.console import say
from scanner.cli.common.places import Place
from scanner.errors import ConfigError, ListFormatError
from scanner.liabilities import not_a_list
from scanner.lists import columns as list_columns
from scanner.lists import interface as lists
from scanner.lists import open as opening
from scanner.model.registry import Registry

Format = Annotated[
    str,
    typer.Option(
        "--list-format",
        metavar="NAME",
        help="Format of the list; default: detected from its content.",
    ),
]
Columns = Annotated[
    list[str] | None,
    typer.Option(
        "--columns",
        metavar="FIELD=NAME[,..]",
        help="Which column holds what, for other formats: address=wallet,amount=qty. "
        "'ignore=NAME' leaves a column out, 'decimal=comma' reads 1.234,5 as 1234.5. Repeatable.",
    ),
]
Unit = Annotated[
    str,
    typer.Option(
        "--unit", metavar="coin|base", help="Unit of the amounts, if the list does not state it."
    ),
]
RowNetwork = Annotated[
    str,
    typer.Option(
        "--network",
        metavar="NAME",
        help="Network of rows that do not name one.",
        autocompletion=networks,
    ),
]
RowAsset = Annotated[
    str,
    typer.Option(
        "--asset", metavar="NAME", help="Asset of rows that do not name one.", autocompletion=assets
    ),
]


@dataclass(frozen=True, slots=True)
class ListOptions:
    """How to read a list, as the user said it; see `scanner.lists.open.open_list`."""

    format: str = ""
    columns: Sequence[str] = ()
    network: str = ""
    asset: str = ""
    unit: str = ""


@contextmanager
def open_published(
    place: Place, registry: Registry, options: ListOptions
) -> Iterator[lists.OpenList]:
    """The list, open. Raises InputError or ListFormatError with the remedy."""
    try:
        with opening.open_list(
            place.path,
            registry,
            format=options.format or None,
            columns=with_unit(parse_columns(options.columns), options.unit),
            network=options.network,
            asset=options.asset,
            around=place.around,
        ) as rows:
            yield rows
    except ListFormatError:
        if words := not_a_list.what_is_owed(Path(place.path)):
            raise ListFormatError(place.name, words) from None
        raise


def say_if_owed(place: Place, claims: int) -> None:
    """Say so where nothing of a file is a claim because it is about what is owed."""
    if not claims and (words := not_a_list.what_is_owed(Path(place.path))):
        say(words if words.startswith(place.name) else f"{place.name}: {words}")


def with_unit(columns: dict[str, str], unit: str) -> dict[str, str]:
    """The column map with what `--unit` says. Raises ConfigError for a unit that is none."""
    if unit and unit not in list_columns.UNITS:
        raise ConfigError(f"--unit is {' or '.join(list_columns.UNITS)}, not {unit!r}")
    return columns | {"unit": unit} if unit else columns


def parse_columns(texts: Sequence[str]) -> dict[str, str]:
    """Read `--columns FIELD=NAME,..` options. Raises ConfigError naming the part that is wrong."""
    columns: dict[str, str] = {}
    for part in (part for text in texts for part in text.split(",")):
        field, equals, name = (p.strip() for p in part.partition("="))
        if not (field and equals and name):
            raise ConfigError(f"--columns wants FIELD=NAME, not {part!r}")
        if field == "ignore" and field in columns:
            columns[field] += "," + name
            continue
        if field in columns:
            raise ConfigError(f"--columns names the field {field!r} twice")
        columns[field] = name
    return columns


def share(progress: tuple[int, int]) -> float:
    """Turn bytes read and bytes in all into a share from 0 to 1."""
    done, size = progress
    return done / size if size else 1.0
