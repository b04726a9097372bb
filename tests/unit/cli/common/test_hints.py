"""A hint that is followed to the letter acts on the same database, and asks the same endpoints."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
import typer

from scanner.cli.common import hints
from scanner.cli.common.console import say
from scanner.cli.main import app

GIVEN = {"database": "my file.db", "endpoints": Path("mine.toml"), "quorum": 3}
BOTH = "--database 'my file.db' --endpoints mine.toml"


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("run 'scanner db upgrade'", "run 'scanner db upgrade --database 'my file.db''"),
        ("run 'scanner resume 1 --quorum 3' to go on", f"run 'scanner resume 1 --quorum 3 {BOTH}' to go on"),
        ("or 'scanner publishers merge' them", "or 'scanner publishers merge --database 'my file.db'' them"),
        ("  and 3 more: scanner show 1 --only mismatch\n", "  and 3 more: scanner show 1 --only mismatch --database 'my file.db'\n"),
        ("Exact: scanner totals 1 --exact", "Exact: scanner totals 1 --exact --database 'my file.db'"),
        ("'scanner doctor LIST' tells", "'scanner doctor LIST --endpoints mine.toml' tells"),
        ("'scanner endpoints check' tells", "'scanner endpoints check --endpoints mine.toml' tells"),
        ("'scanner lists inspect FILE' needs none", "'scanner lists inspect FILE' needs none"),
        ("'scanner verify LIST' needs none", "'scanner verify LIST' needs none"),
        ("'scanner report verify' needs none", "'scanner report verify' needs none"),
        ("'scanner db check --database x.db'", "'scanner db check --database x.db'"),
        ("'scanner publishers list --known' too", "'scanner publishers list --known' too"),
        ("scanner: stopped", "scanner: stopped"),
        ("the scanner resume", "the scanner resume"),
    ],
)  # fmt: skip
def test_the_options_that_were_given_are_repeated(line, shown, capsys):
    assert hints.repeating(line) == line
    hints.remember(GIVEN)
    assert hints.repeating(line) == shown
    out = io.StringIO()
    hints.Repeating(out).write(line)
    assert out.getvalue() == shown
    if "\n" not in line:
        say(line)
        assert capsys.readouterr().err == shown + "\n"


def test_a_password_is_not_repeated(capsys):
    hints.remember({"database": "postgresql://me:canary@host/db"})
    say("run 'scanner db upgrade'")
    shown = "run 'scanner db upgrade --database postgresql://me:***@host/db'\n"
    assert capsys.readouterr().err == shown


def test_what_is_not_given_is_not_repeated():
    hints.remember({"database": None, "endpoints": None})
    assert hints.repeating("run 'scanner resume 1'") == "run 'scanner resume 1'"


def test_every_command_that_takes_such_an_option_is_known():
    """`report verify` takes a database that it need not have: a hint never needs it."""

    def commands(path, command):
        children = getattr(command, "commands", None) or {}
        if not children:
            yield path, {parameter.name for parameter in command.params}
        for name, child in children.items():
            yield from commands(f"{path} {name}".strip(), child)

    known = dict(commands("", typer.main.get_command(app)))
    for option, names in hints.TAKEN_BY.items():
        found = {name for name, options in known.items() if option in options}
        assert found - {"report verify"} == set(names), option
