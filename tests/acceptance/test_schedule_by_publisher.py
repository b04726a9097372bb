"""A schedule that names a publisher of the table takes from it where, how and how often."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.command import Scanner

from scanner.store.database.engine import open_store
from scanner.store.writing.schedules import Schedule, schedules

TABLE = """[[publisher]]
name = "northbank"
aliases = ["NB"]
location = "https://northbank.example/por.csv?token=hunter2"
layout = "okx_csv"
every = "week"
texts = ["I am a Northbank address"]

[[publisher]]
name = "silent"
page = "https://silent.example/reserves"
"""


@pytest.fixture
def world(tmp_path, monkeypatch):
    (tmp_path / "own.toml").write_text(TABLE)
    (tmp_path / "list.csv").write_text("network,asset,address,amount\n")
    monkeypatch.setenv("SCANNER_PUBLISHERS", str(tmp_path / "own.toml"))
    return tmp_path


def kept(scanner: Scanner, folder: Path, *arguments: str) -> Schedule:
    done = scanner("schedule", "add", *arguments, "--database", "x.db")
    assert done.status == 0, done.err
    assert "hunter2" not in done.err
    with open_store(f"sqlite:///{folder / 'x.db'}") as store:
        (schedule,) = schedules(store)
    return schedule


def test_its_name_is_enough(world, scanner):
    schedule = kept(scanner, world, "nb")
    assert schedule.location == "https://northbank.example/por.csv?token=hunter2"
    assert (schedule.publisher, schedule.cron) == ("northbank", "0 6 * * 1")
    assert schedule.options.format == "okx_csv"


def test_the_query_of_an_address_is_not_shown(world, scanner):
    """It may be a secret, as in a schedule's list."""
    known = scanner("publishers", "list", "--known", "--json")
    (bank,) = (p for p in known.object if p["name"] == "northbank")
    assert bank["location"] == "https://northbank.example/por.csv?..."
    assert "hunter2" not in known.text


def test_what_the_user_says_wins(world, scanner):
    """A file of the user's may be anything: it is told by its content."""
    schedule = kept(
        *(
            scanner,
            world,
            "monthly",
            "--publisher",
            "NB",
            "--list",
            "list.csv",
            "--cron",
            "0 7 * * *",
        )
    )
    assert schedule.location == str(world / "list.csv")
    assert (schedule.publisher, schedule.cron) == ("northbank", "0 7 * * *")
    assert schedule.options.format == ""


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("silent", "--cron", "0 6 * * *"), "give --list ('scanner publishers list --known'"),
        (("unheard", "--cron", "0 6 * * *"), "no location for the lists of unheard: give --list"),
        (("silent", "--list", "list.csv"), "give --cron"),
        (("nb", "--at", "ethereum=latest:0x" + "ab" * 32), "with the block's hash"),
        (("nb", "--spread", "long"), "--spread wants"),
    ],
)
def test_what_nobody_knows_is_asked_for(world, scanner, arguments, said):
    done = scanner("schedule", "add", *arguments, "--database", "x.db")
    assert (done.status, said in " ".join(done.err.split())) == (2, True), done.err
