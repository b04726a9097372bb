"""Accounts of several keys whose members are of several again: enough inside, too few, and beyond.

Keys, signatures and accounts are what the Cosmos SDK and polkadot.js wrote (tests/vectors/nested).
"""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from support.nested_rows import (
    COSMOS,
    POLKADOT,
    REGISTRY,
    by,
    bytes_of,
    cosmos,
    in_place,
    polkadot,
    shown_accounts,
)
from support.signed_rows import MESSAGE, claim, key

from scanner.model.control import Binding, Control
from scanner.ownership.judge import judge

AGAIN = {  # of whom one stands in two places: the SDK counts it in each, here it counts once
    "a key in two branches": ([1], [1, 2]),
    "one of a key and one inside": ([1, 2, 3],),
    "a key twice in one list": ([1],),
}
SIGNED = [(v, s) for v in COSMOS.values() for s in v["signed"]]
READ = [(v, s) for v, s in SIGNED if s["by"] not in AGAIN.get(v["name"], ())]


@pytest.mark.parametrize(("vector", "signed"), READ, ids=lambda v: str(v.get("name", v.get("by"))))
def test_cosmos_is_judged_as_the_sdk_judges_it(
    vector: dict[str, Any], signed: dict[str, Any]
) -> None:
    """In each form of key and signature that the SDK writes, and of each key's own signature."""
    forms = [(signed["signature"],), (json.dumps(signed["descriptors"]),)]
    forms += [tuple(by(vector, n) for n in signed["by"])]
    forms += [(bytes(base64.b64decode(signed["signature"])).hex(),)]
    for script in (vector["amino_json"], vector["proto_json"]):
        for given in forms:
            result = cosmos(vector, *given, script=script)
            if vector["name"] == "nine deep":
                assert (result.control, "deep" in result.reason) == (Control.UNSUPPORTED, True)
            elif signed["verified_by_sdk"]:
                assert (result.control, result.binding) == (Control.CONTROLS, Binding.DERIVED)
                made = {key(n).public_key.format().hex() for n in signed["by"]}
                assert set(result.signed_by) <= made
            else:
                assert (result.control, "needs" in result.reason) == (Control.MISMATCH, True)


@pytest.mark.parametrize("name", AGAIN)
def test_a_key_in_two_places_counts_once_and_is_no_false_claim(name: str) -> None:
    for who in AGAIN[name]:
        result = cosmos(COSMOS[name], *(by(COSMOS[name], n) for n in who))
        assert (result.control, result.binding) == (Control.UNSUPPORTED, Binding.NONE)
        assert "several places" in result.reason


def test_one_key_that_signs_twice_is_one() -> None:
    vector = COSMOS["a key and two of two"]
    assert cosmos(vector, by(vector, 1), by(vector, 2), by(vector, 2)).control is Control.MISMATCH
    assert cosmos(vector, by(vector, 1), by(vector, 2), by(vector, 3)).shows_control


def test_an_inner_signature_over_another_text_or_by_another_key_is_false() -> None:
    vector = COSMOS["a key and two of two"]
    for third in (by(vector, 3, MESSAGE + "!"), by(vector, 9)):
        result = cosmos(vector, by(vector, 1), by(vector, 2), third)
        assert (result.control, "signature 3" in result.reason) == (Control.MISMATCH, True)
    nothing_fits = cosmos(vector, by(vector, 3, MESSAGE + "!"))
    assert nothing_fits.control is Control.UNSUPPORTED


def test_a_signature_stands_for_the_member_whose_place_it_has() -> None:
    """Two good signatures in each other's places: the account's own signature is not good."""
    vector = COSMOS["a key and two of two"]
    document = json.loads(json.dumps(vector["signed"][0]["descriptors"]))
    inner = document["signatures"][0]["data"]["multi"]["signatures"][1]["multi"]["signatures"]
    inner.reverse()
    assert cosmos(vector, json.dumps(document)).control is Control.MISMATCH
    inner.reverse()
    assert cosmos(vector, json.dumps(document)).shows_control


@pytest.mark.parametrize(
    "spoil",
    [
        lambda multi: multi["bitarray"].update(extra_bits_stored=3),
        lambda multi: multi["bitarray"].update(extra_bits_stored=True),
        lambda multi: multi["bitarray"].update(extra_bits_stored=9),
        lambda multi: multi["bitarray"].update(elems="gA=="),
        lambda multi: multi["bitarray"].update(elems="4A=="),
        lambda multi: multi["bitarray"].update(elems=""),
        lambda multi: multi["signatures"].pop(),
        lambda multi: multi["signatures"].append(multi["signatures"][0]),
        lambda multi: multi["signatures"].reverse(),
        lambda multi: multi["signatures"].__setitem__(1, multi["signatures"][0]),
        lambda multi: multi.update(signatures={}),
        lambda multi: multi.clear(),
    ],
)
def test_bits_that_do_not_fit_the_key_are_no_signature(spoil: Any) -> None:
    vector = COSMOS["a key and two of two"]
    document = json.loads(json.dumps(vector["signed"][0]["descriptors"]))
    spoil(document["signatures"][0]["data"]["multi"])
    assert cosmos(vector, json.dumps(document)).control is Control.MALFORMED


def test_what_no_sdk_would_write() -> None:
    vector = COSMOS["a key and two of two"]
    good = base64.b64decode(vector["signed"][0]["signature"])
    spoiled = [good[:-1], good + b"\0", good + good, b"\x0a\x00", b"\xff" * 70, good[7:]]
    for data in spoiled:
        assert cosmos(vector, data.hex()).control is Control.MALFORMED
    for text in ("{}", '{"signatures":5}', '{"signatures":[]}', '{"signatures":[5]}', "{" * 300):
        assert cosmos(vector, text).control is Control.MALFORMED
    alone = json.dumps({"type": "tendermint/PubKeySecp256k1", "value": "A" * 44})
    assert cosmos(vector, by(vector, 1), script=alone).control is Control.MALFORMED
    many = json.dumps({"signatures": [vector["signed"][0]["descriptors"]["signatures"][0]] * 14})
    assert cosmos(vector, many).control is Control.MALFORMED


@pytest.mark.parametrize(
    "threshold", ["0", 0, -1, 3, "3", "", "1x", "²", None, True, 1.0, "9" * 99]
)
@pytest.mark.parametrize("deep", [False, True])
def test_a_threshold_that_no_key_has(threshold: object, deep: bool) -> None:
    vector = COSMOS["a key and two of two"]
    shown = json.loads(json.dumps(vector["proto_json"]))
    (shown["public_keys"][1] if deep else shown)["threshold"] = threshold
    result = cosmos(vector, *(by(vector, n) for n in (1, 2, 3)), script=shown)
    assert (result.control, "threshold" in result.reason) == (Control.MALFORMED, True)


def test_keys_that_are_not_the_address_s() -> None:
    """Another inner key, another order, an inner account alone, a key of a kind that is not read."""
    vector, other = COSMOS["a key and two of two"], COSMOS["flat"]
    every = [by(vector, n) for n in (1, 2, 3)]
    shown = vector["proto_json"]

    def changed(change: Any) -> Any:
        copy = json.loads(json.dumps(shown))
        change(copy)
        return copy

    wrong = [
        changed(lambda k: k["public_keys"].reverse()),
        changed(lambda k: k["public_keys"][1]["public_keys"].reverse()),
        changed(lambda k: k["public_keys"][1].update(threshold=1)),
        changed(lambda k: k["public_keys"][1]["public_keys"].append(k["public_keys"][0])),
        shown["public_keys"][1],
        shown["public_keys"],
        other["proto_json"],
        changed(lambda k: k["public_keys"][0].update({"@type": "/cosmos.crypto.ed25519.PubKey"})),
    ]
    for script in wrong[:5] + wrong[6:]:
        result = cosmos(vector, *every, script=script)
        assert (result.control, result.binding) == (Control.UNSUPPORTED, Binding.NONE)
    assert cosmos(vector, *every, script=wrong[5]).shows_control  # the members; 2 is found
    for script in ("{}", "[]", "[5]", '{"type":5}', '{"type":"tendermint/PubKeySecp256k1"}'):
        assert not cosmos(vector, *every, script=script).shows_control


def test_work_and_depth_of_a_key_column_are_bounded() -> None:
    vector = COSMOS["flat"]
    one: Any = vector["proto_json"]["public_keys"][0]
    wide = {**vector["proto_json"], "public_keys": [one] * 41}
    result = cosmos(vector, by(vector, 1), script=wide)
    assert (result.control, "more than 40" in result.reason) == (Control.UNSUPPORTED, True)
    for _ in range(60):
        one = {**vector["proto_json"], "threshold": 1, "public_keys": [one]}
    assert cosmos(vector, by(vector, 1), script=one).control is Control.UNSUPPORTED
    long = json.dumps(vector["proto_json"]) + " " * 20_000
    assert cosmos(vector, by(vector, 1), script=long).control is Control.UNSUPPORTED


# --- Polkadot


ENOUGH = [
    ("a key and two of two", ["ed 1", "ed 2", "ed 3"]),
    ("three deep", ["ed 1", "ed 2"]),
    ("three deep", ["sr 3", "ec 5"]),
    ("three deep", ["ed 4", "sr 3"]),
    ("a key in two branches", ["ed 2", "ed 3"]),
    ("flat", ["sr 2", "ec 3"]),
    ("eight deep", ["ed 1"]),
    ("eight deep", ["ed 9"]),
]
TOO_FEW = [
    ("a key and two of two", ["ed 1", "ed 2"]),
    ("a key and two of two", ["ed 2", "ed 3"]),
    ("a key and two of two", ["ed 1", "ed 2", "ed 2"]),
    ("three deep", ["ed 1", "sr 3"]),
    ("three deep", ["ed 4", "ec 5"]),
    ("one of a key and one inside", ["ed 1", "ed 2"]),
    ("flat", ["ed 1"]),
]


@pytest.mark.parametrize(("name", "who"), ENOUGH)
def test_polkadot_accounts_of_accounts(name: str, who: list[str]) -> None:
    vector = POLKADOT[name]
    backwards = shown_accounts(vector)[::-1]
    for script in (None, backwards, in_place(vector)):
        result = polkadot(vector, who, script)
        assert (result.control, result.binding) == (Control.CONTROLS, Binding.DERIVED)
        assert len(result.signed_by) == len(who)


@pytest.mark.parametrize(("name", "who"), TOO_FEW)
def test_polkadot_accounts_too_few_of_whose_accounts_signed(name: str, who: list[str]) -> None:
    vector = POLKADOT[name]
    for script in (None, in_place(vector)):
        result = polkadot(vector, who, script)
        assert (result.control, "needs" in result.reason) == (Control.MISMATCH, True)


def test_polkadot_a_signatory_in_two_branches_counts_once() -> None:
    for name, who in (
        ("a key in two branches", ["ed 1"]),
        ("one of a key and one inside", ["ed 1", "ed 2", "ed 3"]),
    ):
        result = polkadot(POLKADOT[name], who)
        assert (result.control, "several places" in result.reason) == (Control.UNSUPPORTED, True)


def test_polkadot_over_the_bounds() -> None:
    vector = POLKADOT["nine deep"]
    assert polkadot(vector, ["ed 1"]).control is Control.UNSUPPORTED
    assert polkadot(vector, ["ed 1"], in_place(vector)).control is Control.UNSUPPORTED
    who = [f"0x{n:064x}" for n in range(41)]
    wide = {"threshold": 1, "who": who}
    assert polkadot(vector, ["ed 1"], wide).control is Control.UNSUPPORTED
    apart = [{"threshold": 1, "who": [f"0x{n:064x}", f"0x{n + 1:064x}"]} for n in range(0, 99, 2)]
    assert polkadot(vector, ["ed 1"], apart).control is Control.UNSUPPORTED


def test_polkadot_accounts_that_are_not_the_address_s() -> None:
    """Another signatory, an inner account alone, an address that is claimed: nothing is believed."""
    vector = POLKADOT["a key and two of two"]
    inner, outer = shown_accounts(vector)
    other = {**outer, "meta": {**outer["meta"], "threshold": 1}}
    claimed = {**inner, "address": outer["address"]}
    for script in ([inner], [claimed], [inner, other]):
        result = polkadot(vector, ["ed 2", "ed 3"], script)
        assert (result.control, result.binding) == (Control.UNSUPPORTED, Binding.NONE)
    alone = polkadot(vector, ["ed 1"], [outer])  # the inner account is not shown: who signs for it?
    assert not alone.shows_control


def test_polkadot_another_text_and_another_key_inside() -> None:
    vector = POLKADOT["a key and two of two"]
    made = [bytes_of("ed 1"), bytes_of("ed 2"), bytes_of("ed 3", MESSAGE + "!")]
    text = json.dumps(shown_accounts(vector))
    row = claim("polkadot", vector["address"], *made, script=text)
    result = judge(row, REGISTRY)
    assert (result.control, "signature 3" in result.reason) == (Control.MISMATCH, True)
    strange = row._replace(signatures=(*made[:2], bytes_of("ed 7")))
    assert judge(strange, REGISTRY).control is Control.MISMATCH
    alone = row._replace(signatures=(bytes_of("ed 7"),))
    assert judge(alone, REGISTRY).control is Control.UNSUPPORTED


def test_polkadot_signatories_that_are_not_sorted_are_sorted_as_the_pallet_has_them() -> None:
    vector, wrong = POLKADOT["a key and two of two"], POLKADOT["unsorted"]
    outer = in_place(vector)
    outer["signatories"][1]["signatories"].reverse()
    outer["signatories"].reverse()
    assert polkadot(vector, ["ed 1", "ed 2", "ed 3"], outer).shows_control
    shown = {"threshold": wrong["threshold"], "who": wrong["who"]}
    assert polkadot(wrong, ["ed 2", "ed 3"], shown).control is Control.UNSUPPORTED
    assert polkadot(wrong, ["ed 2", "ed 3"], " ".join(wrong["who"])).control is Control.UNSUPPORTED


@pytest.mark.parametrize(
    "spoil",
    [
        lambda meta: meta.update(threshold=0),
        lambda meta: meta.update(threshold=3),
        lambda meta: meta.update(threshold="2x"),
        lambda meta: meta.update(threshold=70_000),
        lambda meta: meta.pop("threshold"),
        lambda meta: meta.update(who=meta["who"] * 2),
        lambda meta: meta.update(who=meta["who"][:1], threshold=1),
        lambda meta: meta.update(who=[]),
        lambda meta: meta.update(who="nobody"),
        lambda meta: meta.update(who=["nobody", *meta["who"]]),
        lambda meta: meta.update(who=[5, *meta["who"]]),
        lambda meta: meta.update(signatories=meta["who"]),
    ],
)
@pytest.mark.parametrize("which", [0, 1])
def test_polkadot_accounts_that_the_pallet_cannot_have(spoil: Any, which: int) -> None:
    vector = POLKADOT["a key and two of two"]
    shown = json.loads(json.dumps(vector["accounts"]))
    spoil(shown[which]["meta"])
    assert not polkadot(vector, ["ed 1", "ed 2", "ed 3"], shown).shows_control
    assert polkadot(vector, ["ed 1", "ed 2", "ed 3"], shown).control is not Control.MISMATCH
    for text in ("[", "{}", "[]", "[5]", '{"threshold":1,"who":[]}'):
        assert not polkadot(vector, ["ed 1"], text).shows_control
