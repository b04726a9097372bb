"""Options that say whose list it is and what counts as its claim; and the words about them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated

import typer

from scanner.cli.common.completion import publishers
from scanner.errors import ConfigError
from scanner.model.publisher import Publishers, name_key, publisher_of_file
from scanner.ownership import statement

Publisher = Annotated[
    str,
    typer.Option(
        "--publisher",
        metavar="NAME",
        autocompletion=publishers,
        help="Who publishes the list; default: the file's name without dates. That a text names "
        "the publisher counts only with this option. 'scanner publishers list --known' shows the "
        "known ones.",
    ),
]
Challenge = Annotated[
    str,
    typer.Option(
        "--challenge",
        metavar="TEXT",
        help="The message that must have been signed, as 'scanner challenge' wrote it.",
    ),
]
Wanted = Annotated[
    list[str] | None,
    typer.Option(
        "--statement",
        metavar="TEXT|PATTERN",
        help="A text that counts as the publisher's claim; '*' stands for any text, {address} "
        "for the row's address. With this option no other text counts. May be repeated.",
    ),
]


@dataclass(frozen=True, slots=True)
class StatementOptions:
    """What the user says about what was signed. challenge: "" for none."""

    challenge: str = ""
    wanted: tuple[str, ...] = ()


def statement_options(challenge: str, wanted: Iterable[str] | None) -> StatementOptions:
    """Check what was given. Raises ConfigError for both at once and for patterns of anything."""
    patterns = tuple(statement.check_pattern(pattern) for pattern in wanted or ())
    if challenge and patterns:
        raise ConfigError("--challenge and --statement cannot be used together: give one of them")
    return StatementOptions(challenge, patterns)


def chosen_publisher(
    given: str, file_name: str, table: Publishers, stored: Iterable[str] = ()
) -> str:
    """The publisher's name: as given, else by the file's name; aliases are resolved.

    stored: names in the database; one of them in another spelling is the same publisher.
    """
    name = given.strip() or publisher_of_file(file_name, table)
    known = table.find(name)
    if known is not None:
        return known.name
    return next((s for s in stored if name_key(s) == name_key(name)), name)


def publisher_words(name: str, given: str, stored: Iterable[str]) -> str:
    """Say whose list it is taken for, so that a wrong guess is seen at once."""
    others = sorted(s for s in stored if s != name)
    shown = ", ".join(others[:_FEW]) + (f" and {len(others) - _FEW} more" * (len(others) > _FEW))
    parts = [] if name in set(stored) else ["new"]
    if not given:
        parts.append("from the file's name")
    if others:
        parts.append(f"also known: {shown}" if name in set(stored) else f"known: {shown}")
    return f"publisher: {name}" + (f" ({'; '.join(parts)})" if parts else "")


_FEW = 8
