"""Honest signatures, keys and addresses in other spellings (tests/vectors/spellings).

What is plainly another spelling of the same bytes is read; what may be good and is not read is
`unsupported`, and says what to publish; what certainly is nothing stays `malformed`.
"""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
from support.native_rows import native_rows
from support.signed_rows import MESSAGE, Signed, altered, evm_address, evm_sign, key, signed_rows

from scanner.lists.spelling import usual_address
from scanner.model.control import Control
from scanner.ownership.judge import judge
from scanner.ownership.one_message import Checked, SignedMessage, check_message, read_message
from scanner.ownership.other_forms import key_form, signature_form
from scanner.settings.tables import load_registry

REGISTRY = load_registry()
FOLDER = Path(__file__).parents[2] / "vectors" / "spellings"
VECTORS: list[dict[str, Any]] = json.loads((FOLDER / "vectors.json").read_text())["vectors"]
ROWS = signed_rows()


def checked(vector: dict[str, Any], **changes: Any) -> Checked:
    row = {**vector, **changes}
    given = SignedMessage(
        row["address"], row["message"], tuple(row["signatures"]), row["network"], row["key"]
    )
    return check_message(given, REGISTRY, respell=usual_address)


def told(found: Checked) -> str:
    result = found.result
    return result.binding if result.control is Control.CONTROLS else result.control


@pytest.mark.parametrize("vector", VECTORS, ids=lambda v: v["id"])
def test_an_honest_row_in_another_spelling(vector: dict[str, Any]) -> None:
    found = checked(vector)
    assert told(found) == vector["expect"], found.result
    if vector["expect"] == "unsupported":
        words = found.result.reason
        assert any(w in words for w in ("publish", "sign again", "take a snapshot")), words


@pytest.mark.parametrize("vector", VECTORS, ids=lambda v: v["id"])
def test_the_same_spelling_over_another_text_shows_nothing(vector: dict[str, Any]) -> None:
    message = vector["message"]
    other = message.replace("Acme", "Evil") if message.startswith("{") else message + "!"
    assert other != message or message.startswith("{")
    if other != message:
        assert checked(vector, message=other).result.control is not Control.CONTROLS


@pytest.mark.parametrize("vector", VECTORS, ids=lambda v: v["id"])
def test_a_damaged_one_shows_nothing(vector: dict[str, Any]) -> None:
    draw = random.Random(vector["id"])
    text = vector["signatures"][0]
    at = len(text) * 5 // 6  # behind what else an object holds
    spoiled = [text[:-3], text[:at] + text[at + 3 :], text + text]
    for _ in range(6):
        at = draw.randrange(len(text))
        if text[at] in "0123456789abcdefABCDEF":
            swapped = "1" if text[at] != "1" else "2"
            spoiled.append(text[:at] + swapped + text[at + 1 :])
    for bad in spoiled:
        found = checked(vector, signatures=[bad, *vector["signatures"][1:]]).result
        assert found.reason or found.control is Control.CONTROLS
        if len(bad) != len(text):
            assert found.control is not Control.CONTROLS, bad


@pytest.mark.parametrize("row", ROWS, ids=lambda r: f"{r.scheme}: {r.label}")
def test_what_is_certainly_nothing_stays_malformed(row: Signed) -> None:
    """Cut, doubled or no text at all: doubted only where it is plainly of another form."""
    for text in ("", "x", "0x", "null", "{}", "[]", "{", "[1", "not a signature", "11" * 20):
        kind = REGISTRY.networks[row.claim.network].kind
        assert signature_form(kind, text, row.claim.message) == ""


def test_a_good_key_is_not_doubted_where_the_signature_is_nothing() -> None:
    for row in ROWS:
        if row.claim.script and judge(row.claim, REGISTRY).control is Control.CONTROLS:
            result = judge(altered(row, signatures=("zz",)), REGISTRY)
            assert "the key column holds" not in result.reason, result


def test_forms_are_looked_at_within_limits() -> None:
    row = next(r for r in ROWS if r.claim.network == "solana").claim
    proof_like = {"network": "solana", "address": row.address, "message": "m", "key": ""}
    draw = random.Random(7)
    alphabet = '{}[]",:0123456789abcdefXYZ_-+/=().é\x00 SIG_R1PUB-----BEGIN'
    for _ in range(300):
        text = "".join(draw.choice(alphabet) for _ in range(draw.randrange(200)))
        for network in ("solana", "bitcoin", "starknet", "hedera", "xrpl", "vaulta"):
            kind = REGISTRY.networks[network].kind
            assert isinstance(signature_form(kind, text, "m"), str)
        vector = {**proof_like, "signatures": [text or "x"], "key": text}
        assert checked(vector).result.control is not Control.CONTROLS
    for text in ("[" * 50_000, "{" * 200_000, "9" * 90_000, "0x" + "ab" * 60_000):
        found = checked({**proof_like, "signatures": [text], "key": text})
        assert found.result.control is not Control.CONTROLS


def test_a_network_that_cannot_decode_a_row_does_not_hide_the_one_that_can() -> None:
    vaulta = next(v for v in VECTORS if v["id"] == "vaulta: key hex")
    found = checked(vaulta, network="")
    assert (found.network, told(found)) == ("vaulta", "asserted")
    found = checked(vaulta, network="", message="another")
    assert told(found) == "unsupported"
    assert found.network == "vaulta" or "may be of vaulta, too" in found.result.reason


def test_stellar_is_told_before_pi() -> None:
    stellar = next(r for r in native_rows(1) if r.scheme == "sep53").claim
    for message in (stellar.message, "another"):
        given = SignedMessage(stellar.address, message, stellar.signatures)
        assert check_message(given, REGISTRY).network == "stellar"


def test_what_is_no_name_is_told_as_what_it_is() -> None:
    stake = "stake1uyehkck0lajq8gr28t9uxnuvgcqrc6070x3k9r8048z8y5gh6ffgw"
    given = SignedMessage(stake, "a", ("11" * 64,), "", "22" * 32)
    found = check_message(given, REGISTRY)
    assert (found.network, found.result.control) == ("cardano", Control.MALFORMED)
    assert "publish the payment address" in found.result.reason
    generic = next(v for v in VECTORS if "ss58 42" in v["id"])
    for network in ("", "polkadot"):
        found = checked(generic, network=network)
        assert "publish the same account with prefix 0, as 14MT7" in found.result.reason


def test_an_address_as_lists_read_it_names_its_network() -> None:
    address, signature = evm_address(key(1)), evm_sign(key(1))
    for text, network in (
        (f"eth:{address}", "ethereum"),
        (f"eip155:56:{address}", "bsc"),
        (address[2:], "ethereum"),
        (address, "ethereum"),
    ):
        given = SignedMessage(text, MESSAGE, (signature,))
        found = check_message(given, REGISTRY, respell=usual_address)
        assert (found.network, found.result.control) == (network, Control.CONTROLS), text
    other = SignedMessage(f"eip155:56:{address}", MESSAGE, (signature,), "ethereum")
    found = check_message(other, REGISTRY, respell=usual_address)
    assert found.result.control is Control.MALFORMED


def test_json_takes_what_a_wallet_gave() -> None:
    vector = next(v for v in VECTORS if "ledger object" in v["id"])
    inside = json.loads(vector["signatures"][0])
    document = {"address": vector["address"], "message": vector["message"], "signature": inside}
    given = read_message(json.dumps(document))
    assert check_message(given, REGISTRY).result.control is Control.CONTROLS
    for wrong in ({}, [], 5, None, True):
        with pytest.raises(ValueError, match="signatures must be"):
            read_message(json.dumps({**document, "signature": wrong}))
        if wrong != {}:
            continue
        with pytest.raises(ValueError, match="key must be"):
            read_message(json.dumps({**document, "key": 5}))


def test_keys_of_every_kind_have_words() -> None:
    row = next(r for r in ROWS if r.claim.network == "solana")
    proof = _proof(row)
    for text, words in (
        ("-----BEGIN PUBLIC KEY-----\nMCow", "PEM"),
        ("PUB_R1_76YMVoUfQqejj8H2EVza9DE7JFvBf3T83W9TGuZYrKmAxSQhFp", "another curve"),
        ('{"a": 1}', "JSON"),
        ("wpkh(02" + "11" * 32 + ")", "descriptor"),
        ("0x" + "ab" * 20, "an address"),
        ("0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798", "no Ed25519"),
        ("secp256k1:" + "2" * 60, "named"),
    ):
        assert words in key_form(proof, text), text
    for text in ("", "null", "00", "11" * 31, "11" * 33, "é", "x" * 200_000):
        assert key_form(proof, text) == ""


def _proof(row: Signed) -> Any:
    from scanner.ownership.begun import begin

    begun = begin(row.claim, REGISTRY)
    assert isinstance(begun, tuple)
    return begun[1]
