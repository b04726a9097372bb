"""Opens the published list a command names, with the options that say how to read it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from scanner.errors import ConfigError
from scanner.lists.interface import OpenList
from scanner.lists.open import open_list
from scanner.model.registry import Registry

Format = Annotated[
    str, typer.Option("--format", metavar="NAME", help="Format of the file; default: its content.")
]
Columns = Annotated[
    list[str] | None,
    typer.Option(
        "--columns",
        metavar="FIELD=NAME[,..]",
        help="Which column holds what, for other formats: address=wallet,amount=qty. May be "
        "repeated.",
    ),
]
RowNetwork = Annotated[
    str, typer.Option("--network", metavar="NAME", help="Network of rows that name none.")
]
RowAsset = Annotated[
    str, typer.Option("--asset", metavar="NAME", help="Asset of rows that name none.")
]


@dataclass(frozen=True, slots=True)
class ListOptions:
    """How to read a list, as the user said it; see `scanner.lists.open.open_list`."""

    format: str = ""
    columns: Sequence[str] = ()
    network: str = ""
    asset: str = ""


def open_published(file: Path, registry: Registry, options: ListOptions) -> OpenList:
    """Open the list. Raises InputError or ListFormatError with the remedy."""
    return open_list(
        file,
        registry,
        format=options.format or None,
        columns=parse_columns(options.columns),
        network=options.network,
        asset=options.asset,
    )


def parse_columns(texts: Sequence[str]) -> dict[str, str]:
    """Read `--columns FIELD=NAME,..` options. Raises ConfigError naming the part that is wrong."""
    columns: dict[str, str] = {}
    for part in (part for text in texts for part in text.split(",")):
        field, equals, name = (p.strip() for p in part.partition("="))
        if not (field and equals and name):
            raise ConfigError(f"--columns wants FIELD=NAME, not {part!r}")
        if field in columns:
            raise ConfigError(f"--columns names the field {field!r} twice")
        columns[field] = name
    return columns


def share(progress: tuple[int, int]) -> float:
    """Turn bytes read and bytes in all into a share from 0 to 1."""
    done, size = progress
    return done / size if size else 1.0
