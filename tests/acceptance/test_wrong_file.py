"""A file that is no list is refused with the way on, and leaves nothing behind."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.command import run_scanner

OWED = Path("tests/vectors/liabilities").resolve()


@pytest.mark.parametrize("command", [["verify"], ["lists", "inspect"], ["doctor"]])
@pytest.mark.parametrize(
    ("file", "way"),
    [
        ("okx/full-liabilities-merkle-tree.txt", "scanner liabilities verify"),
        ("okx_v2/toy/sum_proof_data.json.gz", "scanner liabilities verify"),
        ("bitmex/liabilities_100.csv", "scanner liabilities verify"),
    ],
)
def test_what_is_owed_is_no_list(command, file, way):
    done = run_scanner([*command, OWED / file])
    assert done.status == 2
    assert way in done.err
    assert done.err.count("\n") == 1


def test_a_users_own_file_is_named_though_it_can_be_read_as_rows():
    done = run_scanner(["verify", OWED / "okx_v2/toy/inclusion/user_0_inclusion_proof.json"])
    assert "scanner liabilities verify-inclusion" in done.err


NOT_THERE = [["-"], ["none.csv"], ["none.zip:a.csv"], ["-", "--publisher="], ["."]]


@pytest.mark.parametrize("given", NOT_THERE)
def test_no_database_is_made_for_what_is_not_there(tmp_path, given):
    database = tmp_path / "new.db"
    words = ["snapshot", *given, "--database", f"sqlite:///{database}"]
    done = run_scanner(words, folder=tmp_path)
    assert done.status == 2
    assert done.err.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_a_challenge_for_no_file_asks_nobody(tmp_path):
    done = run_scanner(["challenge", "none.csv"], folder=tmp_path)
    assert (done.status, done.err) == (2, "scanner: none.csv: No such file or directory\n")


def test_a_challenge_for_an_empty_file_asks_nobody(tmp_path):
    (tmp_path / "empty.csv").touch()
    done = run_scanner(["challenge", "empty.csv"], folder=tmp_path)
    assert (done.status, done.out) == (2, b"")
    assert done.err == "scanner: empty.csv: the file is empty: name the published list\n"


@pytest.mark.parametrize("command", [["status"], ["schedule", "list"], ["publishers", "list"]])
def test_where_nothing_is_yet_the_way_on_is_said(tmp_path, command):
    database = f"sqlite:///{tmp_path / 'new.db'}"
    assert run_scanner(["db", "upgrade", "--database", database]).status == 0
    done = run_scanner([*command, "--database", database])
    said = done.out.decode() + done.err
    assert done.status == 0
    assert "'scanner s" in said
    assert "─" not in said


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("https://host/said.csv", None, "no address is read here: download the file, and name it"),
        ("ftp://host/said.csv", None, "ftp addresses are not read: give a file"),
        ("empty.csv", b"", "empty.csv: the file is empty"),
        (
            "book.xlsx",
            b"PK\x03\x04" + bytes(60),
            "book.xlsx:1:1: a zip file or workbook, not a table",
        ),
    ],
)
def test_what_holds_no_announced_transactions(tmp_path, name, data, words):
    if data is not None:
        (tmp_path / name).write_bytes(data)
    done = run_scanner(["verify-transactions", name], folder=tmp_path)
    assert (done.status, done.out) == (2, b"")
    assert done.err.startswith(f"scanner: {words}"), done.err
    assert done.err.count("\n") == 1
