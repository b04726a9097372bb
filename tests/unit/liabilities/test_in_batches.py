"""One user held against batches: the place must be one that the batches run over, not only the
root be theirs, because the root binds places that no batch is of."""

from __future__ import annotations

import base64
import csv
import json
from dataclasses import replace
from pathlib import Path

from scanner.liabilities import in_batches
from scanner.liabilities.binance.totals import commit as commit_totals
from scanner.liabilities.binance.totals import read_assets
from scanner.liabilities.gate import batches as gate_batches
from scanner.liabilities.gate.packing import commit
from scanner.liabilities.gate.poseidon import hash_words

VECTORS = Path(__file__).parents[2] / "vectors/liabilities"
HELD = (5, 7_000)


def _base64(number):
    return base64.b64encode(number.to_bytes(32, "big")).decode()


def _leaf(identity, equity):
    flat = [word for at in range(10) for word in (at, equity if at == 0 else 0, 0, 0, 0, 0)]
    return hash_words([identity, equity, 0, 0, commit(flat)])


def _write(folder, accounts):
    """A tree of two accounts, and one batch of the first `accounts` of them."""
    leaves = [_leaf(11 * (at + 1), equity) for at, equity in enumerate(HELD)]
    root = hash_words(leaves)
    for _ in range(27):
        root = hash_words([root, 0])
    entry = json.loads((VECTORS / "binance/config.json").read_text())["CexAssetsInfo"][0]
    none = dict.fromkeys(name for name in entry if "Collateral" in name)
    entry |= {**dict.fromkeys(none, 0), "TotalEquity": sum(HELD[:accounts]), "TotalDebt": 0}
    assets = read_assets([entry])
    before, after = commit_totals([a.emptied() for a in assets], 10), commit_totals(assets, 10)
    config = {
        "ProofTable": "proof.csv",
        "ZkKeyName": ["none"],
        "AssetsCountTiers": [10],
        "CexAssetsInfo": [entry],
    }
    (folder / "config.json").write_text(json.dumps(config))
    row = {
        "batch_number": 0,
        "proof_info": _base64(1),
        "batch_commitment": _base64(hash_words([root, before, after, 0, accounts - 1])),
        "cex_asset_list_commitments": json.dumps([_base64(before), _base64(after)]),
        "account_tree_roots": json.dumps([_base64(root)]),
        "min_account_index": 0,
        "max_account_index": accounts - 1,
        "assets_count": 10,
    }
    with (folder / "proof.csv").open("w", newline="") as stream:
        writer = csv.DictWriter(stream, row)
        writer.writeheader()
        writer.writerow(row)
    for at, equity in enumerate(HELD):
        user = {
            "AccountIndex": at,
            "AccountIdHash": (11 * (at + 1)).to_bytes(32, "big").hex(),
            "TotalEquity": equity,
            "TotalDebt": 0,
            "TotalCollateral": 0,
            "Root": root.to_bytes(32, "big").hex(),
            "Assets": [
                {"Index": 0, "Equity": equity, "Debt": 0, "Loan": 0, "Margin": 0}
                | {"PortfolioMargin": 0}
            ],
            "Proof": [_base64(word) for word in (leaves[1 - at], *[0] * 27)],
        }
        (folder / f"user_{at}.json").write_text(json.dumps(user))
    return config, folder / "config.json"


def test_an_account_behind_the_last_batch_is_not_included(tmp_path):
    """The tree holds two accounts; the one batch is of the first alone. Its root is right."""
    config, path = _write(tmp_path, 1)
    inside = in_batches.verify_user(config, path, tmp_path / "user_0.json", "")
    behind = in_batches.verify_user(config, path, tmp_path / "user_1.json", "")
    assert (inside.included, inside.amounts) == (True, {"asset 0 (BTC)": 5})
    assert (behind.included, behind.amounts, behind.root) == (False, {}, inside.root)
    assert behind.reason == "the account's place is 1, and the batches end at account 0"


def test_the_same_account_is_included_where_the_batch_is_of_both(tmp_path):
    config, path = _write(tmp_path, 2)
    found = in_batches.verify_user(config, path, tmp_path / "user_1.json", "")
    assert (found.included, found.amounts, found.unproven) == (True, {"asset 0 (BTC)": 7_000}, True)
    assert gate_batches.NO_RANGE not in found.gaps


def test_a_form_whose_accounts_are_bounded_never_passes_one_without_a_place(tmp_path, monkeypatch):
    config, path = _write(tmp_path, 2)
    climb = in_batches.binance_user.climb
    monkeypatch.setattr(
        in_batches.binance_user, "climb", lambda *a: replace(climb(*a), position=None)
    )
    assert not in_batches.verify_user(config, path, tmp_path / "user_0.json", "").included


def test_batches_that_bound_no_places_prove_no_place():
    """Gate's commit to no range: a user of its tree is never said to be in a proven total."""
    path = VECTORS / "gate/cex_config.json"
    document = json.loads(path.read_text())
    found = in_batches.verify_user(document, path, VECTORS / "gate/user_config.json", "")
    assert (found.included, found.unproven) == (True, True)
    assert found.gaps[-1] == gate_batches.NO_RANGE
