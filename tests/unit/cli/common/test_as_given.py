"""Values taken as they are given are those that typer would have made of them."""

from __future__ import annotations

import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Annotated

import pytest
import typer

from scanner.cli.common.as_given import take_as_given
from scanner.cli.table import ENTRIES, _make

ENTRY_NAMES = [entry.name for entry in ENTRIES]
TEXTS = (
    "",
    " ",
    "x",
    "7",
    "latest",
    "a=b",
    "Ж",
    "\N{SNOWMAN}",
    "\x00",
    "half \udcff",
    "-",
    "/",
    "/dev/null",
)
VALUES = (None, *TEXTS, (), [], ("a", "b"), ["a"], ["a", "half \udcff"], 1, True)


def leaves(command):
    below = getattr(command, "commands", None)
    if not below:
        return [command]
    return [leaf for child in below.values() for leaf in leaves(child)]


def said(process, context, value):
    try:
        made = process(context, value)
    except (typer.TyperException, TypeError) as e:
        return type(e), str(e)
    return type(made), made


@pytest.mark.parametrize("name", ENTRY_NAMES)
def test_every_parameter_has_typers_own_value(name):
    entry = next(entry for entry in ENTRIES if entry.name == name)
    for command in leaves(_make(entry)):
        context = typer.Context(command)
        for parameter in command.get_params(context):
            if parameter.name == "help":
                continue
            typers = partial(type(parameter).process_value, parameter)
            for value in (*VALUES, parameter.default):
                expected = said(typers, context, value)
                assert said(parameter.process_value, context, value) == expected, parameter.name


def test_paths_of_which_more_is_asked_are_left_to_typer(tmp_path):
    def command(
        one: Annotated[Path | None, typer.Option(exists=True)] = None,
        two: Annotated[Path | None, typer.Option(dir_okay=False)] = None,
    ):
        raise NotImplementedError(one, two)

    app = typer.Typer()
    app.command()(command)
    made = typer.main.get_command(app)
    take_as_given(made)
    context = typer.Context(made)
    one, two, *_ = made.get_params(context)
    assert one.process_value(context, str(tmp_path)) == tmp_path
    with pytest.raises(typer.BadParameter, match="does not exist"):
        one.process_value(context, str(tmp_path / "none"))
    with pytest.raises(typer.BadParameter, match="is a directory"):
        two.process_value(context, str(tmp_path))


def test_a_parameter_with_its_own_parser_is_left_to_typer():
    def shout(text):
        return text.upper()

    def command(word: str = typer.Argument(parser=shout), much: int = 3):
        raise NotImplementedError(word, much)

    app = typer.Typer()
    app.command()(command)
    made = typer.main.get_command(app)
    take_as_given(made)
    context = typer.Context(made)
    word, much, *_ = made.get_params(context)
    assert word.process_value(context, "loud") == "LOUD"
    assert much.process_value(context, "4") == 4
    with pytest.raises(typer.BadParameter):
        much.process_value(context, "many")


@pytest.mark.parametrize(
    "arguments",
    [
        ["db", "upgrade"],
        ["totals", "latest"],
        ["show", "--only", "mismatch"],
        ["resume", "1", "--endpoints", "none.toml"],
    ],
)
def test_what_needs_no_conversion_does_not_load_pydantic(arguments, tmp_path):
    database = f"sqlite:///{tmp_path / 'new.db'}"
    program = (
        "import sys\nfrom scanner.cli.main import run\n"
        f"run({[*arguments, '--database', database]!r})\nprint('\\nMODULES', *sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=120
    )
    loaded = set(done.stdout.rpartition("MODULES")[2].split())
    assert "sqlalchemy" in loaded
    assert not loaded & {"pydantic", "pydantic_core"}
