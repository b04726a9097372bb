"""BIP-322: the published vectors, and the intermediate values they give."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from support.bitcoin_signing import BITCOIN, Key, Spend, to_sign

from scanner.model.addresses.scripts import script_pubkey
from scanner.model.addresses.table import decode_address
from scanner.model.control import Binding, Control, ControlResult
from scanner.ownership.bitcoin import bip322_transactions as virtual
from scanner.ownership.bitcoin.bip322 import Bip322
from scanner.ownership.interface import Proof

VECTORS = json.loads(
    (Path(__file__).parents[2] / "vectors" / "bitcoin_message" / "vectors.json").read_text()
)["vectors"]
SIGNED = [v for v in VECTORS if v["scheme"].startswith("bip322") and v["expect"]]
TEST_NET = replace(BITCOIN, address_codec="base58check:p2pkh=6f,p2sh=c4|segwit:tb|segwit:bcrt")
KEY = Key("owner")
verify = Bip322().verify


def judge(vector: dict[str, str]) -> ControlResult:
    network = BITCOIN if vector["network"] == "mainnet" else TEST_NET
    address = decode_address(network, vector["address"])
    given = Proof(network, address, vector["message"], (vector["signature"],))
    assert Bip322().handles(given)
    return verify(given)


def test_all_vectors_are_here() -> None:
    assert (len(VECTORS), len(SIGNED)) == (133, 70)
    assert sum(v["expect"] == "valid" for v in SIGNED) == 39


@pytest.mark.parametrize("vector", SIGNED, ids=lambda v: f"{v['scheme']}-{v['note'][:40]}")
def test_vector(vector: dict[str, str]) -> None:
    result = judge(vector)
    # The one `policy` vector is accepted by the policy `nested_simple`, which is on by default.
    expected = vector["expect"] in ("valid", "policy")
    assert (result.control is Control.CONTROLS) == expected, result
    locked = expected and "time-lock" in vector["note"] + vector["scheme"]
    assert (result.binding is Binding.DERIVED) == (expected and not locked)
    assert (result.binding is Binding.ASSERTED) == locked, "that it can spend now is not shown"
    if "lock_time" in vector and (vector["lock_time"], vector["sequence"]) != (0, 0):
        assert f"time {vector['lock_time']} and age {vector['sequence']}" in result.reason
    if expected:
        assert ("no variant prefix" in result.reason) == (vector["signature"][:3] not in PREFIXES)


PREFIXES = ("smp", "ful", "pof")


def test_nested_simple_policy_off() -> None:
    vector = next(v for v in SIGNED if v["expect"] == "policy")
    address = decode_address(BITCOIN, vector["address"])
    given = Proof(BITCOIN, address, vector["message"], (vector["signature"],))
    assert Bip322(nested_simple=False).verify(given).control is Control.MISMATCH


@pytest.mark.parametrize("vector", [v for v in VECTORS if v["scheme"] == "bip322-hashes"], ids=str)
def test_intermediate_values(vector: dict[str, str]) -> None:
    output = script_pubkey(decode_address(BITCOIN, vector["address"]))
    txid = virtual.to_spend_txid(vector["message"], output)
    unsigned = to_sign(vector["message"], [Spend("p2wpkh", output, (KEY,))])
    found = {
        "message_hash": virtual.message_hash(vector["message"]).hex(),
        "to_spend": txid[::-1].hex(),
        "to_sign": unsigned.id.hex(),
    }
    given = {v for v in vector.values() if isinstance(v, str) and len(v) == 64}
    assert set(found.values()) <= given
