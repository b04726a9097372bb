"""Old forms of options still mean what they meant; today's are left alone; help has examples."""

import shlex

import pytest
import typer

from scanner.cli.common import completion
from scanner.cli.common.examples import EXAMPLES, epilog
from scanner.cli.common.old_forms import modern
from scanner.cli.main import app
from scanner.cli.table import ENTRIES


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("show --jsonl", "show --jsonl -"),
        ("show --jsonl latest", "show --jsonl - latest"),
        ("show 7 --jsonl --only false", "show 7 --jsonl - --only false"),
        ("--database x.db diff 6 --jsonl 7", "--database x.db diff 6 --jsonl - 7"),
        ("show --jsonl out.jsonl", "show --jsonl out.jsonl"),
        ("show --jsonl - 7", "show --jsonl - 7"),
        ("verify a.csv --format okx_csv", "verify a.csv --list-format okx_csv"),
        ("lists inspect --format=okx_csv a.csv", "lists inspect --list-format=okx_csv a.csv"),
        ("snapshot a.csv --network ethereum", "snapshot a.csv --network ethereum"),
        ("endpoints check --network tron", "endpoints check --networks tron"),
        ("export totals --format csv", "export totals --format csv"),
        ("verify a.csv --jsonl -", "verify a.csv --jsonl -"),
        ("totals latest --csv", "totals latest --format=csv"),
        ("value --csv 7", "value --format=csv 7"),
    ],
)
def test_forms(old, new):
    assert modern(old.split()) == new.split()


def test_every_command_has_an_example_of_itself():
    assert set(EXAMPLES) == {entry.name for entry in ENTRIES}
    for name, lines in EXAMPLES.items():
        assert all(line.startswith(f"scanner {name}") for line in lines)
        assert lines[0] in epilog(name)


@pytest.mark.parametrize("line", [x for lines in EXAMPLES.values() for x in lines])
def test_the_options_of_examples_exist(line):
    words = shlex.split(line)[1:]
    commands = typer.main.get_command(app).commands
    two = " ".join(words[:2])
    command = commands[two if two in commands else words[0]]
    if hasattr(command, "commands"):
        command = command.commands[words[1]]
    known = {name for parameter in command.params for name in parameter.opts}
    assert {word for word in words if word.startswith("-")} <= known


def test_what_the_shell_offers():
    assert completion.networks("bitcoin,ethereum-p") == ["bitcoin,ethereum-pow"]
    assert completion.kinds("short") == ["shortfall"]
    assert completion.assets("bt") == sorted(completion.assets("BT"))
    assert "BTC" in completion.assets("bt")
    assert "okx" in completion.publishers("ok")
    assert completion.tables("c") == ["claims"]
