"""`scanner liabilities` on published trees and on false ones."""

from __future__ import annotations

import re
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
        "account: 2",
        "as of: block 100 (as the file says)",
        "leaves: 3, 5",
        "root: 85b0a83970a74a6ad0ee5d4bec5d3afe0048d18b8342e31e2d3a45e0f17879c7",
        "total owed: BTC 40.00004 (rehashed)",
        "compare: the amounts with all that you held at the publication's moment, and a debt with "
        "what you owed: the difference was left out",
        "compare: the account with your own: one entry can be shown to several customers, and "
        "another's is included just as well",
        "compare: the root with the one that the publisher shows to everybody, best with --root: "
        "a file made only for you would include you, too",
        "gap: nothing marks the users' entries: a tree that is cut off above them adds up as well; "
        "the last level here has 8 entries",
        "gap: nothing in the tree binds its block: one of an earlier day can be shown as of this "
        "block, and only users notice, whose keys or balances are of another",
    ]
    found = scanner(*VERIFY, TREE, "--account", "2", "--json", env={"SCANNER_LIABILITY_KEY": KEY})
    assert found.object["amounts"] == {"BTC": "3000"}
    assert KEY not in done.err + found.err


def test_another_user_does_not(scanner):
    done = scanner(*VERIFY, TREE, "--account-key", KEY, "--account", "3")
    assert done.status == 1
    assert done.out.startswith(b"not included: none of the 8 entries opens with this key")


def test_okx_users_of_both_forms(scanner):
    okx = VECTORS / "okx"
    tree = okx / "full-liabilities-merkle-tree.txt"
    done = scanner(*VERIFY, tree, "--user", okx / "user_info_file.json")
    assert (done.status, b"included: BTC 0.00005" in done.out) == (0, True)
    done = scanner(*VERIFY, okx / "merkle_proof_file.json", "--json")
    assert (done.status, done.object["totals"][0]["evidence"]) == (3, "root_linked")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((TREE,), "needs the user's key"),
        ((TREE, "--account-key", KEY), "needs --account"),
        ((TREE, "--account-key", "xyz", "--account", "2"), "must be hex"),
        ((TREE, "--account-key", KEY, "--account", "-2"), "must be a number"),
        ((VECTORS / "okx/full-liabilities-merkle-tree.txt",), "needs the user's file"),
        ((VECTORS / "okx/user_info_file.json",), "one user's file"),
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
    assert "nothing was saved" in done.lines[-1]


def _lower_levels(text: str) -> str:
    """Without the line of one inner level."""
    lines = text.splitlines(keepends=True)
    return "".join(lines[:3] + lines[5:])


OKX_TREE = VECTORS / "okx/full-liabilities-merkle-tree.txt"


@pytest.mark.parametrize(
    ("tree", "damage", "status", "words"),
    [
        (TREE, lambda t: t.replace(",1294\n", ",1295\n", 1), 1, "its children add up to"),
        (
            TREE,
            lambda t: t[:-70].rstrip("\n") + t[-70:].replace("a", "b", 1),
            1,
            "damaged.csv:8: the hash does not match",
        ),
        (TREE, _lower_levels, 2, "6 nodes of 8: lines are missing"),
        (TREE, lambda t: t.replace(",1294\n", "," + "9" * 30 + "\n", 1), 2, "canonical form"),
        (OKX_TREE, lambda t: t.replace('"0.1"', '"0.2"', 1), 1, "its children add up to"),
        (OKX_TREE, _lower_levels, 2, "lines are missing"),
    ],
    ids=["wrong sum", "altered leaf", "missing level", "30 digits", "okx sum", "okx level"],
)
def test_a_damaged_tree_is_refused_and_what_was_kept_stays(
    scanner, taken, tmp_path, tree, damage, status, words
):
    (tmp_path / "owed.csv").write_text("asset,amount\nETH,0.5\n")
    assert scanner("liabilities", "import", "owed.csv").status == 0
    before = scanner("totals", "--json").out
    text = tree.read_text()
    damaged = damage(text)
    assert damaged != text
    (tmp_path / "damaged.csv").write_text(damaged)
    done = scanner("liabilities", "import", "damaged.csv")
    assert done.status == status, done.err
    assert re.search(words, done.err), done.err
    assert "damaged.csv" in done.err
    assert scanner("totals", "--json").out == before


def test_thirty_digits_are_kept_to_the_last(scanner, taken, tmp_path):
    digits = "123456789012345678901234567890"
    (tmp_path / "owed.csv").write_text(f"asset,amount\nETH,{digits}.123456789012345678\n")
    assert scanner("liabilities", "import", "owed.csv").status == 0
    (eth,) = scanner("totals", "--json").object["assets"]
    assert (eth["liabilities"], eth["reserve_ratio"]) == (digits + "123456789012345678", "0.000000")
    scanner("report", "latest", "-o", "report.html")
    assert "123,456,789,012,345,678,901,234,567,890" in (tmp_path / "report.html").read_text(
        "utf-8"
    )


def test_liabilities_of_some_users_and_in_another_unit_are_said(scanner, taken, tmp_path):
    (tmp_path / "owed.csv").write_text("asset,amount\nETH,1\n")
    options = ("--of", "users in the EU", "--in", "US dollars")
    done = scanner("liabilities", "import", "owed.csv", *options)
    assert done.status == 0, done.err
    totals = scanner("totals", "--json")
    (eth,) = totals.object["assets"]
    assert (totals.status, eth["reserve_ratio"]) == (3, None)
    (tmp_path / "f.jsonl").write_bytes(
        scanner("export", "findings", "latest", "--format", "jsonl").out
    )
    assert "only of users in the EU and given in US dollars, not in coins" in (
        (tmp_path / "f.jsonl").read_text()
    )


def test_what_a_tree_does_not_bind_is_said_when_it_is_saved(scanner, tmp_path):
    """It stands in a ratio from then on; a tree of its root alone was never added up."""
    alone = tmp_path / "alone.csv"
    alone.write_text(f"block_height:100\n{'ab' * 32},5\n")
    done = scanner("liabilities", "import", alone)
    assert "1 node of the tree read" in done.err
    assert "gap: the tree is its root alone" in done.err
    done = scanner("liabilities", "import", TREE)
    assert "15 nodes of the tree hashed and added up again, 8 entries in it" in done.err
    assert "gap: nothing in the tree binds its block" in done.err
