"""Paths of one user in Bitget's and MEXC's forms, on what they publish and on what is changed."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from support.mutations import mutations, share

from scanner.liabilities.others import bitget, mexc
from scanner.liabilities.others.amounts import decimal
from scanner.liabilities.refusal import RefusedError, ShapeError

VECTORS = Path(__file__).resolve().parents[3] / "vectors" / "liabilities" / "others"
BITGET = json.loads((VECTORS / "bitget_merkel_tree_bg.json").read_text())
MEXC = json.loads((VECTORS / "mexc_merkle_proof.json").read_text())


def small_bitget() -> Any:
    """A path without negative balances: the user, one sibling, the root."""
    own = {"balances": {"BTC": "1.5", "ETH": "0"}, "encryptUid": "ab", "nonce": "n", "level": 2}
    own |= {"role": 1, "merkelLeaf": bitget._hash('ab,n,{"BTC":"1.5","ETH":"0"}')}
    other = {"balances": {"BTC": "2", "ETH": "0.25"}, "level": 2, "role": 2, "merkelLeaf": "0" * 16}
    digest = bitget._hash(f'{own["merkelLeaf"]}{"0" * 16},{{"BTC":"3.5","ETH":"0.25"}},1')
    root = {"balances": {"BTC": "3.5", "ETH": "0.25"}, "level": 1, "role": 3, "merkelLeaf": digest}
    return {"self": own, "path": [other, root]}


def test_bitgets_published_path_leads_to_its_root_and_holds_a_negative_balance(monkeypatch) -> None:
    with pytest.raises(RefusedError, match=r"/path/10: USDC is negative: -1536\.70659782"):
        bitget.check(BITGET)
    monkeypatch.setattr(bitget, "negative", lambda amounts: "")
    found = bitget.check(BITGET)
    assert found.root == "8eac815c495e6a67"
    assert decimal(found.totals["BTC"]) == "9935.73595927"
    assert decimal(found.amounts["USDT"]) == "0.00012635"


def test_mexcs_published_path() -> None:
    found = mexc.check(MEXC)
    assert found.root == "35d01ffef2beec3ff0166c03f3d9b0cc"
    assert decimal(found.totals["ETH"]) == "5001729.74"
    assert {coin: decimal(n) for coin, n in found.amounts.items()} == {"ETH": "195462.73"}


def test_a_small_path() -> None:
    assert decimal(bitget.check(small_bitget()).totals["ETH"]) == "0.25"


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        (lambda d: d["self"]["balances"].update(BTC="2"), RefusedError, "not the hash of the user"),
        (lambda d: d["path"][0]["balances"].update(BTC="3"), RefusedError, "not lead to this root"),
        (lambda d: d["path"][0].update(role=1), RefusedError, "both on one side"),
        (lambda d: d["path"][0].update(level=3), RefusedError, "level 3, its sibling is at 2"),
        (lambda d: d["path"][0].update(role=0), RefusedError, "an empty node"),
        (lambda d: d["path"][0]["balances"].update(BTC="-2"), RefusedError, "BTC is negative"),
        (lambda d: d["path"][0]["balances"].update(BTC="2.0"), ShapeError, "canonical"),
        (lambda d: d["path"][0]["balances"].update(BTC=2), ShapeError, "canonical"),
        (lambda d: d["path"][0]["balances"].pop("BTC"), ShapeError, "other coins"),
        (lambda d: d.update(path=d["path"] * 40), ShapeError, "not a path of"),
        (lambda d: d.update(more=1), ShapeError, "an unexpected name"),
        (lambda d: d["self"].pop("nonce"), ShapeError, "no encryptUid and nonce"),
        (lambda d: d["self"].update(encryptUid="8,2"), ShapeError, "where they end is not hashed"),
        (lambda d: d["self"].update(nonce="x,y"), ShapeError, "where they end is not hashed"),
    ],
)
def test_what_is_changed_in_bitgets_is_named(change, error, words) -> None:
    document = small_bitget()
    change(document)
    with pytest.raises(error, match=words):
        bitget.check(document)


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        (lambda d: d["self"]["balances"].update(ETH="1"), RefusedError, "not the hash of the user"),
        (lambda d: d["self"].update(accountId="2"), RefusedError, "not the hash of the user"),
        (lambda d: d["pathList"][1]["balances"].update(BTC="1"), RefusedError, "not lead to this"),
        (lambda d: d["pathList"][1]["balances"].update(BTC="-1"), RefusedError, "BTC is negative"),
        (lambda d: d["pathList"][0]["balances"].update(BTC="1"), RefusedError, "must hold nothing"),
        (lambda d: d["pathList"][3]["balances"].update(BTC="1"), RefusedError, "not add up"),
        (lambda d: d["pathList"][1].update(level=3), ShapeError, "level 3 twice"),
        (lambda d: d["pathList"].pop(), ShapeError, "no root"),
        (lambda d: d["pathList"][1].update(hash="ab"), ShapeError, "not a hash"),
    ],
)
def test_what_is_changed_in_mexcs_is_named(change, error, words) -> None:
    document = copy.deepcopy(MEXC)
    change(document)
    with pytest.raises(error, match=words):
        mexc.check(document)


@pytest.mark.parametrize(
    ("module", "document"), [(bitget, small_bitget()), (mexc, MEXC)], ids=["bitget", "mexc"]
)
def test_random_mutations_are_refused_or_say_the_same(module, document) -> None:
    """What is not hashed (audit ids, names of proofs) may change; what is proven may not."""
    expected = module.check(document)
    known = expected.amounts, expected.root, expected.totals
    for changed in mutations("paths", document, share(20_000, 400)):
        try:
            found = module.check(changed)
        except (RefusedError, ShapeError):
            continue
        assert (found.amounts, found.root, found.totals) == known


def mexc_node(left: str, right: str, amount: int) -> tuple[str, dict[str, str]]:
    """A hash and the balances under it, of what two texts stand for: hashes, or proof and user."""
    balances = {"BTC": str(amount), "ETH": "0", "USDC": "0", "USDT": "0"}
    text = ",".join(f"{coin}:{held}" for coin, held in balances.items())
    return mexc._hash(f"{left},{right},{text}"), balances


def mexc_user(proof: str, account: str, amount: int, *above: tuple[int, int]) -> Any:
    """A user's path: above are the sibling's and the sum's amount, level by level."""
    digest, balances = mexc_node(proof, account, amount)
    own = {"proofId": proof, "accountId": account, "balances": balances, "hash": digest, "type": 1}
    steps = []
    for level, (beside, total) in enumerate(above):
        its_hash, held = mexc_node("p", str(beside), beside)
        steps.append({"level": level, "type": 2, "hash": its_hash, "balances": held})
        digest, balances = mexc_node(digest, its_hash, total)
    steps.append({"level": len(above), "type": 3, "hash": digest, "balances": balances})
    return {"self": own, "pathList": steps}


def test_a_node_over_others_leaves_is_nobodys_leaf() -> None:
    """A user who holds 100 is shown the node over two users of 60 and 40: 200 owed, 100 counted."""
    victim = mexc_user("p", "60", 60, (40, 100), (5, 105))
    assert mexc.check(victim).root
    left, right = victim["self"]["hash"], victim["pathList"][0]["hash"]
    forged = mexc_user(left, right, 100, (5, 105))
    assert forged["pathList"][-1] == {**victim["pathList"][-1], "level": 1}
    with pytest.raises(ShapeError, match="two hashes"):
        mexc.check(forged)
    for proof, account in ((left, ""), ("", right)):
        with pytest.raises(ShapeError, match="two hashes"):
            mexc.check(mexc_user(proof, account, 1, (5, 6)))
    assert mexc.check(mexc_user(left, "1745297673", 1, (5, 6))).root


def test_where_an_account_ends_must_be_told() -> None:
    for proof, account in (("p,7", "8"), ("p", "7,BTC:8")):
        with pytest.raises(ShapeError, match="comma"):
            mexc.check(mexc_user(proof, account, 1, (5, 6)))


def test_a_hash_is_of_hex_digits() -> None:
    document = small_bitget()
    document["path"][0]["merkelLeaf"] = "x" * 16
    with pytest.raises(ShapeError, match="not a hash"):
        bitget.check(document)
    changed = copy.deepcopy(MEXC)
    changed["pathList"][1]["hash"] = "," * 32
    with pytest.raises(ShapeError, match="not a hash"):
        mexc.check(changed)
