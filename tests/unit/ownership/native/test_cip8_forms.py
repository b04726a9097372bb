"""CIP-8 as wallets and tools write it: what is read, and what is not is not called false."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
from support.signed_rows import claim

from scanner.model.control import Binding, Control, ControlResult
from scanner.ownership.judge import judge
from scanner.ownership.one_message import SignedMessage, check_message
from scanner.settings.tables import load_registry

REGISTRY = load_registry()
FILE = Path(__file__).parents[3] / "vectors" / "cip8" / "vectors.json"
VECTORS: dict[str, dict[str, str]] = {v["form"]: v for v in json.loads(FILE.read_text())}
NOT_READ = {
    "no address header": "names no address",
    "base row, stake signature": "the stake address beside",
    "base row, base address but signed by stake key": "by the stake key of the row's address",
    "address header = bech32 text": "names no address in bytes",
    "payload = hex of text as text": "publish that hex as the message",
    "user facing ms_": "publish the COSE_Sign1 in hex",
    "cardano-signer": "publish the COSE_Sign1 in hex",
    "key xpub64": "is an extended key",
}
GOOD = sorted(set(VECTORS) - set(NOT_READ))
PLAIN = VECTORS["CIP-30 base plain plain"]


def judged(vector: dict[str, str], **changes: str) -> ControlResult:
    given = vector | changes
    row = claim(
        "cardano",
        given["address"],
        given["signature"],
        message=given["message"],
        script=given["key"],
    )
    return judge(row, REGISTRY)


@pytest.mark.parametrize("form", GOOD)
def test_what_wallets_and_tools_sign(form: str) -> None:
    vector = VECTORS[form]
    result = judged(vector)
    assert (result.control, result.binding) == (Control.CONTROLS, Binding.DERIVED), result
    assert not judged(vector, message=vector["message"] + ".").shows_control
    foreign = "CIP-30 ext hash emoji" if "CIP-30 ext" not in form else "CIP-30 base plain plain"
    assert not judged(vector, address=VECTORS[foreign]["address"]).shows_control
    given = SignedMessage(
        vector["address"], vector["message"], (vector["signature"],), key=vector["key"]
    )
    checked = check_message(given, REGISTRY)
    assert (checked.network, checked.result.control) == ("cardano", Control.CONTROLS)


@pytest.mark.parametrize("form", NOT_READ)
def test_what_is_not_read_is_not_false(form: str) -> None:
    result = judged(VECTORS[form])
    assert result.control is Control.UNSUPPORTED
    assert NOT_READ[form] in result.reason


def test_another_text_is_false_where_one_is_signed() -> None:
    for form in ("unprot kid", "CIP-30 base hash plain", "payload = hex of text as text"):
        assert judged(VECTORS[form], message="another").control is Control.MISMATCH
    assert judged(VECTORS["external payload"], message="another").control is Control.UNSUPPORTED


def test_a_key_hash_in_the_place_of_an_address_must_be_the_rows_payment_key() -> None:
    vector = VECTORS["address header = payment key hash (28 bytes, hw-cli without --address)"]
    assert judged(vector).shows_control
    other_key = VECTORS["base row, stake signature"]["key"]
    assert judged(vector, key=other_key).control is Control.MISMATCH
    elsewhere = judged(vector, address=VECTORS["CIP-30 ext hash emoji"]["address"])
    assert elsewhere.control is Control.UNSUPPORTED
    assert "is not the row's payment key" in elsewhere.reason
    assert judged(vector, message="another").control is Control.MISMATCH


def test_headers_that_contradict_each_other() -> None:
    """A label stands in one of the two maps (RFC 9052); only the signed address counts."""
    signature = VECTORS["unprot kid"]["signature"]
    start = signature.index("a2", 40)  # two headers that are not signed
    for more in ("0127", "676164647265737340"):  # alg and address, a second time
        changed = signature[:start] + "a3" + more + signature[start + 2 :]
        assert judged(VECTORS["unprot kid"], signature=changed).control is Control.MALFORMED
    hashed = signature.replace("686173686564f4", "68617368656401")
    assert judged(VECTORS["unprot kid"], signature=hashed).control is Control.MALFORMED
    turned = signature.replace("686173686564f4", "686173686564f5")
    assert judged(VECTORS["unprot kid"], signature=turned).control is Control.MISMATCH


@pytest.mark.parametrize("form", ["CIP-30 base plain plain", "external payload", "tagged d2"])
def test_a_signature_that_is_cut_or_longer(form: str) -> None:
    text = VECTORS[form]["signature"]
    for bad in (text[:-2], text + "00", text[4:], "00" + text):
        assert judged(VECTORS[form], signature=bad).control is Control.MALFORMED
    flipped = text[:-2] + f"{int(text[-2:], 16) ^ 1:02x}"
    assert not judged(VECTORS[form], signature=flipped).shows_control
    encoded = base64.b64encode(bytes.fromhex(text)).decode()
    assert judged(VECTORS[form], signature=encoded).shows_control
    assert judged(VECTORS[form], signature="?" + encoded).control is Control.MALFORMED


def test_64_bytes_alone_are_no_cose_and_not_nothing() -> None:
    alone = PLAIN["signature"][-128:]
    result = judged(PLAIN, signature=alone)
    assert (result.control, "64 bytes alone" in result.reason) == (Control.UNSUPPORTED, True)
    assert judged(PLAIN, signature=alone, key="nothing").control is Control.MALFORMED


@pytest.mark.parametrize(
    "key",
    [
        "nothing",
        "{}",
        '{"type": "PaymentSigningKeyShelley_ed25519", "cborHex": "5820' + "11" * 32 + '"}',
        '{"type": "PaymentVerificationKeyShelley_ed25519", "cborHex": 5}',
        '{"type": "PaymentVerificationKeyShelley_ed25519"}',
        "5820" + "11" * 31,
        "581f" + "11" * 31,
        "a1",
        "a0",
        "a40101032720062158" + "1f" + "11" * 31,
        "addr1qqqqq",
        "11" * 33,
        "[" * 1_500,
        "{" * 3_000,
    ],
)
def test_keys_that_are_none(key: str) -> None:
    result = judged(PLAIN, key=key)
    is_json = key[:1] in "{[" and 2 < len(key) < 1_000  # of no known program: not false
    assert result.control is (Control.UNSUPPORTED if is_json else Control.MALFORMED), result


def test_keys_of_another_kind_are_not_nothing() -> None:
    p256 = "a5010203262001215820" + "11" * 32 + "225820" + "22" * 32
    for key in (p256, "5840" + "11" * 64, "a3010120040303"):
        result = judged(PLAIN, key=key)
        assert result.control is Control.UNSUPPORTED
        assert "publish the payment key's COSE_Key" in result.reason
