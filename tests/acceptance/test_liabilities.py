"""`scanner liabilities` on published trees and on false ones."""

from __future__ import annotations

from pathlib import Path

import pytest

VECTORS = Path(__file__).resolve().parents[1] / "vectors" / "liabilities"
TREE = VECTORS / "bitmex/liabilities_100.csv"
KEY = "b88860add96111d84d38a500266df715158f91375d9aaa98aa58356f9a872412"
VERIFY = ("liabilities", "verify-inclusion")


def test_a_bitmex_user_finds_the_balance(scanner):
    done = scanner(*VERIFY, TREE, "--account-key", KEY, "--account", "2")
    assert done.status == 0
    assert done.out.decode().splitlines() == [
        "included: BTC 0.00003",
        "leaves: 3, 5",
        "root: 85b0a83970a74a6ad0ee5d4bec5d3afe0048d18b8342e31e2d3a45e0f17879c7",
        "total owed: BTC 40.00004 (rehashed)",
    ]
    found = scanner(*VERIFY, TREE, "--account", "2", "--json", env={"SCANNER_LIABILITY_KEY": KEY})
    assert found.object["amounts"] == {"BTC": "3000"}
    assert KEY not in done.err + found.err


def test_another_user_does_not(scanner):
    done = scanner(*VERIFY, TREE, "--account-key", KEY, "--account", "3")
    assert done.status == 1
    assert done.out.startswith(b"not included: no leaf opens with this key")


def test_okx_users_of_both_forms(scanner):
    okx = VECTORS / "okx"
    tree = okx / "full-liabilities-merkle-tree.txt"
    done = scanner(*VERIFY, tree, "--user", okx / "user_info_file.json")
    assert (done.status, b"included: BTC 0.00005" in done.out) == (0, True)
    done = scanner(*VERIFY, okx / "merkle_proof_file.json", "--json")
    assert (done.status, done.object["totals"][0]["evidence"]) == (0, "root_linked")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((TREE,), "needs the user's key"),
        ((TREE, "--account-key", KEY), "needs --account"),
        ((TREE, "--account-key", "xyz", "--account", "2"), "must be hex"),
        ((TREE, "--account-key", KEY, "--account", "-2"), "must be a number"),
        ((VECTORS / "okx/full-liabilities-merkle-tree.txt",), "needs the user's file"),
        ((VECTORS / "okx/user_info_file.json",), "no path"),
        (("none.csv",), "No such file"),
    ],
)
def test_what_is_missing_is_said_in_one_line(scanner, arguments, words):
    done = scanner(*VERIFY, *arguments)
    assert (done.status, len(done.lines)) == (2, 1)
    assert words in done.err


def test_a_false_tree_is_not_imported(scanner, tmp_path):
    text = TREE.read_text().replace(",1294\n", ",1295\n", 1)
    (tmp_path / "false.csv").write_text(text)
    done = scanner("liabilities", "import", "false.csv")
    assert done.status == 1
    assert done.lines[0].startswith("false.csv:3: the node says 963611993, its children add up to")
    assert "nothing kept" in done.lines[-1]
