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


@pytest.mark.parametrize("given", [["-"], ["none.csv"], ["none.zip:a.csv"], ["-", "--publisher="]])
def test_no_database_is_made_for_what_is_not_there(tmp_path, given):
    database = tmp_path / "new.db"
    words = ["snapshot", *given, "--database", f"sqlite:///{database}"]
    done = run_scanner(words, folder=tmp_path)
    assert done.status == 2
    assert done.err.count("\n") == 1
    assert not list(tmp_path.iterdir())
