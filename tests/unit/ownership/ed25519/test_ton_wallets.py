"""TON wallets of a key, against addresses that another implementation computed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from scanner.model.ton_wallets import WALLETS
from scanner.ownership.ed25519.ton_wallets import account_ids

FILE = Path(__file__).parents[3] / "vectors" / "ton_wallets" / "addresses.json"
VECTORS: list[dict[str, str]] = json.loads(FILE.read_text())


@pytest.mark.parametrize("vector", VECTORS, ids=lambda v: f"{v['wallet']} {v['key'][:8]}")
def test_an_account_id_is_the_other_implementations(vector: dict[str, str]) -> None:
    ids = account_ids(bytes.fromhex(vector["key"]))
    assert ids[bytes.fromhex(vector["account"])] == vector["wallet"]


def test_every_wallet_has_a_vector() -> None:
    assert {w.name for w in WALLETS} == {v["wallet"] for v in VECTORS}


def test_another_key_has_other_wallets() -> None:
    assert not set(account_ids(bytes(32))) & set(account_ids(b"\1" * 32))
