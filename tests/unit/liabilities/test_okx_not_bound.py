"""OKX's forms of 2022: one root is that of several totals, and it is said wherever they hold."""

from __future__ import annotations

import gzip
import hashlib
import json
from pathlib import Path

import pytest

from scanner.liabilities.load import verify_user
from scanner.liabilities.okx_balances import NOT_BOUND, as_json, decimal
from scanner.liabilities.okx_merkle import check_tree
from scanner.liabilities.proofs import check_proof

VECTORS = Path(__file__).resolve().parents[2] / "vectors" / "liabilities" / "okx"
TREE, USER = VECTORS / "full-liabilities-merkle-tree.txt", VECTORS / "user_info_file.json"
PATH = VECTORS / "merkle_proof_file.json"
PATH_ROOT = "ac6b39d2a0aa8112bd1aadff5e7d4b5c2b91cd54d595262ba4367f5d2db4160d"
COIN = 10**8

# What the left leaf holds, what the right one holds: three trees of one root.
TREES = {
    "1.5|23|7": ((150_000_000, 20 * COIN, 0), (0, 3 * COIN, 7 * COIN)),
    "1.52|3|7": ((152_000_000, 3 * COIN, 0), (0, 0, 7 * COIN)),
    "1.5|2|37": ((150_000_000, 2 * COIN, 0), (0, 0, 37 * COIN)),
}


def tree(path, left, right):
    """A whole tree of two leaves, made with the format's own rule and none of our code for it."""
    ends = [hashlib.sha256(name).hexdigest() for name in (b"left", b"right")]
    total = [a + b for a, b in zip(left, right, strict=True)]
    root = hashlib.sha256(f"{''.join(ends)}{''.join(map(decimal, total))}2".encode()).hexdigest()
    nodes = ((root, 2, total), (ends[1], 1, right), (ends[0], 1, left))
    path.write_bytes(
        b"".join(f"{name},{height},".encode() + as_json(n) + b"\n" for name, height, n in nodes)
    )
    return path


def test_trees_of_other_totals_have_one_root_and_each_says_so(tmp_path):
    found = [check_tree(tree(tmp_path / "tree.txt", *held)) for held in TREES.values()]
    assert all(check.holds for check in found)
    assert len({check.root for check in found}) == 1
    assert len({tuple(total.amount for total in check.totals) for check in found}) == 3
    assert len({check.sha256 for check in found}) == 3
    assert all(NOT_BOUND in check.gaps for check in found)


@pytest.mark.parametrize("packed", [False, True])
def test_the_hash_that_is_told_is_the_files(tmp_path, packed):
    data = TREE.read_bytes()
    path = tmp_path / "tree.txt"
    path.write_bytes(gzip.compress(data) if packed else data)
    found = check_proof(path)
    assert found.status == "accepted"
    assert found.stated["sha256"] == hashlib.sha256(data).hexdigest()
    assert NOT_BOUND in found.gaps
    assert found.totals[0].detail["sha256"] == found.stated["sha256"]


def test_a_user_of_a_whole_tree_hears_it_and_is_included():
    root = check_tree(TREE).root
    found = verify_user(TREE, USER, None, root=root)
    assert (found.included, found.unproven, found.gaps) == (True, False, (NOT_BOUND,))
    assert found.sha256 == hashlib.sha256(TREE.read_bytes()).hexdigest()


def test_a_path_is_unproven_also_under_the_right_root():
    found = verify_user(PATH, None, None, root=PATH_ROOT)
    assert (found.included, found.unproven, found.gaps) == (True, True, (NOT_BOUND,))
    bare = verify_user(PATH, None, None)
    assert (bare.included, bare.unproven, len(bare.gaps)) == (True, True, 2)
    assert check_proof(PATH).gaps[-1] == NOT_BOUND


def test_a_false_path_has_no_gaps(tmp_path):
    document = json.loads(PATH.read_text())
    document["self"]["nonce"] += "0"
    path = tmp_path / "path.json"
    path.write_text(json.dumps(document))
    found = verify_user(path, None, None, root=PATH_ROOT)
    assert (found.included, found.unproven, found.gaps) == (False, False, ())
