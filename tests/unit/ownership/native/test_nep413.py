"""NEP-413 as wallets sign it and as they answer: what stands beside is the row's own, or not read."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path

import pytest
from support.native_rows import native_rows
from support.signed_rows import altered, claim, ed_key

from scanner.model.addresses import base58
from scanner.model.control import Binding, Control, ControlResult
from scanner.ownership.judge import judge
from scanner.ownership.native.parts import said_in
from scanner.settings.tables import load_registry

REGISTRY = load_registry()
FILE = Path(__file__).parents[3] / "vectors" / "nep413" / "vectors.json"
VECTORS: dict[str, dict[str, str]] = {v["form"]: v for v in json.loads(FILE.read_text())}
NOT_READ = {
    "nonce b58": "the nonce is not 32 bytes",
    "params with networkId": "not of NEP-413 (networkId): publish as the message the JSON",
    "tag in params": "not of NEP-413 (tag)",
    "plain text message column plain": "publish as the message the JSON",
    "near callback given but signed with other": "fits no known form",
    "near secp256k1 named key": "sign again with an Ed25519 key",
    "near secp256k1 named key hex": "sign again with an Ed25519 key",
}
ROWS = {r.label: r for r in native_rows(1) if r.scheme == "nep413"}
OWN = ed_key(1).verify_key.encode()


def judged(vector: dict[str, str], **changes: str) -> ControlResult:
    given = vector | changes
    row = claim(
        "near",
        given["address"],
        given["signature"],
        message=given["message"],
        script=given["key"],
    )
    return judge(row, REGISTRY)


@pytest.mark.parametrize("form", sorted(set(VECTORS) - set(NOT_READ)))
def test_what_the_library_signed(form: str) -> None:
    vector = VECTORS[form]
    result = judged(vector)
    bound = Binding.ASSERTED if "named" in form else Binding.DERIVED
    assert (result.control, result.binding) == (Control.CONTROLS, bound), result
    parts = json.loads(vector["message"])
    for change in ({"message": "another"}, {"recipient": "b.near"}, {"nonce": "00" * 32}):
        other = judged(vector, message=json.dumps(parts | change))
        assert other.control is Control.UNSUPPORTED


@pytest.mark.parametrize("form", NOT_READ)
def test_what_is_not_read_is_not_false_and_says_what_to_publish(form: str) -> None:
    result = judged(VECTORS[form])
    assert result.control is Control.UNSUPPORTED
    assert NOT_READ[form] in result.reason


def _signed(text: str, callback: str | None) -> str:
    """What a wallet signs of the row's parts, with the callback that it has, if any."""
    parts = [text.encode(), bytes(range(32)), b"a.near"]
    data = (2**31 + 413).to_bytes(4, "little")
    for n, part in enumerate(parts):
        data += (b"" if n == 1 else len(part).to_bytes(4, "little")) + part
    given = (callback or "").encode()
    data += b"\0" if callback is None else b"\1" + len(given).to_bytes(4, "little") + given
    return ed_key(1).sign(hashlib.sha256(data).digest()).signature.hex()


@pytest.mark.parametrize(
    ("given", "signed", "text", "expected"),
    [
        ("http://a", "http://a", "x", Control.CONTROLS),
        ("http://a", "http://a/", "x", Control.CONTROLS),
        ("http://a/", "http://a", "x", Control.CONTROLS),
        ("http://a/b", "http://a/b/", "x", Control.CONTROLS),
        ("http://a", None, "x", Control.CONTROLS),
        ("", "", "x", Control.CONTROLS),
        ("", None, "x", Control.CONTROLS),
        (None, None, "x", Control.CONTROLS),
        (None, "http://a", "x", Control.UNSUPPORTED),
        ("http://a", "http://a//", "x", Control.UNSUPPORTED),
        ("http://a", "http://b", "x", Control.UNSUPPORTED),
        ("", "/", "x", Control.UNSUPPORTED),
        ("http://a", None, "y", Control.UNSUPPORTED),
        ("http://a", "http://a", "y", Control.UNSUPPORTED),
    ],
)
def test_a_callback_that_a_wallet_did_not_sign_makes_no_row_false(
    given: str | None, signed: str | None, text: str, expected: Control
) -> None:
    """Some wallets leave it out or spell it in their way, and some sign the page's own."""
    nonce = base64.b64encode(bytes(range(32))).decode()
    parts: dict[str, object] = {"message": "x", "nonce": nonce, "recipient": "a.near"}
    if given is not None:
        parts["callbackUrl"] = given
    row = altered(ROWS["implicit"], message=json.dumps(parts), signatures=(_signed(text, signed),))
    assert judge(row, REGISTRY).control is expected


def answered(label: str, script: str | None = None, **beside: object) -> ControlResult:
    """The verdict about a row with what a wallet answered beside what it signed."""
    row = ROWS[label]
    message = json.dumps(json.loads(row.claim.message) | beside)
    assert said_in(message) == said_in(row.claim.message)
    changes = {} if script is None else {"script": script}
    return judge(altered(row, message=message, **changes), REGISTRY)


KEY = f"ed25519:{base58.encode(OWN)}"
STRANGER = f"ed25519:{base58.encode(ed_key(2).verify_key.encode())}"


def test_what_a_wallet_answers_beside_is_the_rows_own() -> None:
    made = ROWS["named"].claim.signatures[0]
    in_base64 = base64.b64encode(bytes.fromhex(made)).decode()
    for label, account in (("implicit", OWN.hex()), ("named", "a.near")):
        for beside in (
            {"accountId": account, "publicKey": KEY, "signature": in_base64, "state": "any"},
            {"accountId": account},
            {"publicKey": OWN.hex()},
            {"signature": made},
            {"state": None, "accountId": None, "publicKey": "", "signature": ""},
        ):
            assert answered(label, **beside).control is Control.CONTROLS, beside
    assert answered("named", "", publicKey=KEY).binding is Binding.ASSERTED


@pytest.mark.parametrize(
    "beside",
    [
        {"accountId": "b.near"},
        {"accountId": "?"},
        {"accountId": 5},
        {"publicKey": STRANGER},
        {"publicKey": "?"},
        {"publicKey": [1]},
        {"signature": "00" * 64},
        {"signature": 5},
        {"networkId": "mainnet"},
    ],
)
def test_what_is_anothers_is_not_taken_for_the_rows_and_makes_none_false(
    beside: dict[str, object],
) -> None:
    for row in ROWS.values():
        message = json.dumps(json.loads(row.claim.message) | beside)
        result = judge(altered(row, message=message), REGISTRY)
        assert result.control is Control.UNSUPPORTED, result
        assert "publish" in result.reason


def test_a_row_without_a_key_takes_none_that_did_not_sign() -> None:
    for key in (STRANGER, "?", ""):
        assert answered("named", "", publicKey=key).control is not Control.CONTROLS


def test_what_is_nothing_is_malformed_whatever_the_message_is() -> None:
    for message in ("a text", ROWS["implicit"].claim.message):
        row = altered(ROWS["implicit"], message=message, signatures=("00" * 63,))
        assert judge(row, REGISTRY).control is Control.MALFORMED
        row = altered(ROWS["named"], message=message, script="?")
        assert judge(row, REGISTRY).control is Control.MALFORMED
