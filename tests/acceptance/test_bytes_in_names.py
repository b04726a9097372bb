"""Names of files and words of arguments that are no UTF-8: whatever bytes, a snapshot completes."""

from __future__ import annotations

import os

import pytest

LIST = b"network,asset,address,amount\nethereum,ETH,0x28C6c06298d514Db089934071355E5743bf21d60,1\n"
NAME = os.fsdecode(b"reserves\xff.csv")


@pytest.fixture
def world(tmp_path):
    try:
        (tmp_path / NAME).write_bytes(LIST)
    except OSError:
        pytest.skip("this file system has only names of UTF-8")
    (tmp_path / "none.toml").write_text("", "ascii")
    return tmp_path


def test_a_list_of_such_a_name_is_sealed_reported_and_checked(world, scanner):
    """Its snapshot was read, could not be sealed, and no resume completed it."""
    done = scanner("snapshot", NAME, "--endpoints", "none.toml", "--database", "x.db")
    assert done.status == 3, done.err
    assert "internal error" not in done.err
    assert scanner("db", "check", "--database", "x.db").status == 0
    written = scanner("report", "--json", "-o", "report.json", "--database", "x.db")
    assert written.status == 0, written.err
    checked = scanner("report", "verify", "report.json", "--list", NAME)
    assert checked.status == 3, checked.out  # nobody signed it
    words = [line.split()[:2] for line in checked.out.decode().splitlines()]
    assert ["holds", "seal"] in words
    assert "false" not in {line[0] for line in words if line}


def test_words_of_such_bytes_are_kept(world, scanner):
    word = os.fsdecode(b"north\xfebank")
    done = scanner(
        *("snapshot", NAME, "--publisher", word, "--challenge", f"{word} owns this"),
        *("--endpoints", "none.toml", "--database", "x.db"),
    )
    assert done.status == 3, done.err
    assert scanner("db", "check", "--database", "x.db").status == 0
    made = scanner("report", "-o", "report.html", "--prepared-by", word, "--database", "x.db")
    assert made.status == 0, made.err
