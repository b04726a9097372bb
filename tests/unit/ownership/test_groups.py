"""Accounts of several keys: right, wrong key, threshold missed, keys that are not shown."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from support.signed_rows import MESSAGE, claim, ed_key, ed_sign, key

from scanner.model.addresses.table import decode_address
from scanner.model.claim import Claim
from scanner.model.control import Binding, Control, ControlResult
from scanner.model.key_policy import KeyKind, KeyPolicy, PolicyKey, single
from scanner.ownership.judge import judge
from scanner.ownership.native.cosmos import sign_doc
from scanner.settings.tables import load_registry

REGISTRY = load_registry()
FOLDER = Path(__file__).parents[2] / "vectors" / "groups"
VECTORS: list[dict[str, Any]] = json.loads((FOLDER / "groups.json").read_text())
GROUPS = [v for v in VECTORS if len(v["keys"]) > 1]


def name(vector: dict[str, Any]) -> str:
    return f"{vector['kind']} {vector['threshold']} of {len(vector['keys'])}"


def signature(vector: dict[str, Any], number: int) -> str:
    if vector["network"] != "terra-classic":
        return ed_sign(ed_key(number))
    digest = sha256(sign_doc(MESSAGE, vector["address"])).digest()
    return base64.b64encode(key(number).sign_recoverable(digest, hasher=None)[:64]).decode()


def row(vector: dict[str, Any], signers: Sequence[int], keys: str | None = None) -> Claim:
    script = " ".join(vector["keys"]) if keys is None else keys
    made = [signature(vector, n) for n in signers]
    return claim(vector["network"], vector["address"], *made, script=script)


def judged(
    vector: dict[str, Any], signers: Sequence[int], keys: str | None = None
) -> ControlResult:
    return judge(row(vector, signers, keys), REGISTRY)


@pytest.mark.parametrize("vector", VECTORS, ids=name)
def test_enough_keys_of_an_account_control_it(vector: dict[str, Any]) -> None:
    needed = vector["threshold"]
    result = judged(vector, range(1, needed + 1))
    assert (result.control, result.binding) == (Control.CONTROLS, Binding.DERIVED)
    assert (result.required, len(result.signed_by)) == (needed, needed)


@pytest.mark.parametrize("vector", [v for v in GROUPS if v["threshold"] > 1], ids=name)
def test_too_few_keys_are_too_few_and_one_key_twice_is_one(vector: dict[str, Any]) -> None:
    for signers in ([1], [2], [1, 1]):
        result = judged(vector, signers)
        assert result.control is Control.MISMATCH
        assert "1 signed" in result.reason


@pytest.mark.parametrize("vector", GROUPS, ids=name)
def test_a_strangers_key_and_keys_that_are_not_shown(vector: dict[str, Any]) -> None:
    stranger = signature(vector, 9)
    mixed = row(vector, [1])._replace(signatures=(signature(vector, 1), stranger))
    assert judge(mixed, REGISTRY).control is Control.MISMATCH
    alone = row(vector, [1])._replace(signatures=(stranger,))
    assert judge(alone, REGISTRY).control is Control.UNSUPPORTED
    one = judged(vector, [1], vector["keys"][0])
    assert one.control is Control.UNSUPPORTED  # a member did sign: no accusation
    assert "several" in one.reason or "only the chain can say" in one.reason
    others = judged(vector, [1], " ".join((vector["keys"][0], "11" * 32)))
    assert others.control is not Control.CONTROLS


@pytest.mark.parametrize(
    "vector", [v for v in GROUPS if v["network"] in ("aptos", "algorand")], ids=name
)
def test_the_chain_names_the_hash_of_several_keys(vector: dict[str, Any]) -> None:
    """An account that was rekeyed (its key rotated) to a group, or is one."""
    network = REGISTRY.network(vector["network"])
    target = PolicyKey(KeyKind.ACCOUNT, decode_address(network, vector["address"]).payload)
    policy = KeyPolicy((single("authentication key", target, hides=True),), 7)
    other = {
        "aptos": "0x" + "ab" * 32,
        "algorand": "Y76M3MSY6DKBRHBL7C3NNDXGS5IIMQVQVUAB6MP4XEMMGVF2QWNPL226CA",
    }
    address = other[vector["network"]]
    needed = range(1, vector["threshold"] + 1)
    given = row(vector, needed)._replace(address=address)
    result = judge(given, REGISTRY, None, lambda _: policy)
    assert (result.control, result.binding) == (Control.CONTROLS, Binding.ON_CHAIN)
    assert len(result.signed_by) == vector["threshold"]
    hidden = given._replace(script=vector["keys"][0], signatures=(signature(vector, 1),))
    result = judge(hidden, REGISTRY, None, lambda _: policy)
    assert result.control is Control.UNSUPPORTED
    assert "publish all keys" in result.reason
    if vector["threshold"] > 1:
        few = given._replace(signatures=(signature(vector, 1),))
        assert judge(few, REGISTRY, None, lambda _: policy).control is Control.MISMATCH
