"""What wallets' libraries sign: read, or not read and not called false (tests/vectors/evm_wallets)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from eth_account import Account
from eth_account.messages import encode_defunct, encode_intended_validator
from support.signed_rows import claim, evm_address, evm_sign, key

from scanner.model.addresses.keccak import keccak256
from scanner.model.control import Binding, Control, ControlResult
from scanner.ownership.evm.typed_data import LONGEST
from scanner.ownership.judge import _memory, judge
from scanner.ownership.near_misses import NearMiss
from scanner.ownership.one_message import SignedMessage, check_message
from scanner.settings.tables import load_registry

REGISTRY = load_registry()
FILE = Path(__file__).parents[3] / "vectors" / "evm_wallets" / "vectors.json"
VECTORS: list[dict[str, Any]] = json.loads(FILE.read_text())["vectors"]
SIGNER = key(1)
ADDRESS = evm_address(SIGNER)
TEXT = "These are ours"


def checked(row: dict[str, Any]) -> ControlResult:
    signed = SignedMessage(row["address"], row["message"], tuple(row["signatures"]), row["network"])
    return check_message(signed, REGISTRY).result


def judged(signature: str, message: str, **more: Any) -> ControlResult:
    return judge(claim("ethereum", ADDRESS, signature, message=message, **more), REGISTRY)


def raw(digest: bytes) -> str:
    made = SIGNER.sign_recoverable(digest, hasher=None)
    return "0x" + made[:64].hex() + f"{made[64] + 27:02x}"


@pytest.mark.parametrize("vector", [pytest.param(v, id=v["form"]) for v in VECTORS])
def test_a_row_that_a_wallets_library_signed(vector: dict[str, Any]) -> None:
    result = checked(vector["row"])
    assert result.control is Control(vector["expect"]), result
    # Honest is false only where the message says itself that it is for another chain, and where
    # it is a text like any other, of which nothing shows that it was signed as something else.
    if vector["honest"] and result.control is Control.MISMATCH:
        assert "is for chain id" in result.reason or vector["form"].startswith("message only")


@pytest.mark.parametrize("vector", [pytest.param(v, id=v["form"]) for v in VECTORS if v["honest"]])
def test_another_key_in_its_place_never_controls(vector: dict[str, Any]) -> None:
    row = {**vector["row"], "address": evm_address(key(7))}
    assert checked(row).control is not Control.CONTROLS


def test_typed_data_are_read_up_to_a_length_and_beyond_it_not_called_false() -> None:
    wallets = ["0x" + f"{n:040x}" for n in range(4_000)]
    data: dict[str, Any] = {
        "types": {
            "EIP712Domain": [{"name": "name", "type": "string"}],
            "Claim": [{"name": "wallets", "type": "address[]"}],
        },
        "primaryType": "Claim",
        "domain": {"name": "Acme"},
    }
    for count, expected in ((2_500, Control.CONTROLS), (4_000, Control.UNSUPPORTED)):
        data["message"] = {"wallets": wallets[:count]}
        signed = Account.sign_typed_data(SIGNER.secret, full_message=data)
        text = json.dumps(data)
        result = judged("0x" + bytes(signed.signature).hex(), text)
        assert result.control is expected, result
        assert (len(text) > LONGEST) is (expected is Control.UNSUPPORTED)
        other = json.dumps({**data, "domain": {"name": "Other"}})
        assert judged("0x" + bytes(signed.signature).hex(), other).control is Control.UNSUPPORTED
        assert judged(evm_sign(SIGNER, text), text).shows_control, "as a text of any length"


def test_hex_of_any_length_may_be_signed_as_its_bytes() -> None:
    data = bytes(range(256)) * 274
    made = Account.sign_message(encode_defunct(data), SIGNER.secret).signature
    assert judged("0x" + bytes(made).hex(), "0x" + data.hex()).shows_control


def test_forms_that_show_no_ownership_are_named() -> None:
    validator = encode_intended_validator(validator_address=bytes.fromhex(ADDRESS[2:]), text=TEXT)
    version_0 = Account.sign_message(validator, SIGNER.secret).signature
    bare = b"\x01\xff".hex()
    as_bytes = Account.sign_message(encode_defunct(hexstr=bare), SIGNER.secret).signature
    rows = (
        (raw(keccak256(TEXT.encode())), TEXT, "Keccak-256 of the text", "personal_sign"),
        ("0x" + bytes(version_0).hex(), TEXT, "version 0 of EIP-191", "personal_sign"),
        ("0x" + bytes(as_bytes).hex(), bare, "bytes that the text spells", "with 0x before it"),
        (raw(b"\x11" * 32), "0x" + "11" * 32, "32 bytes that the text spells", "personal_sign"),
    )
    for signature, text, what, to_do in rows:
        result = judged(signature, text)
        assert isinstance(result, NearMiss)
        assert result.control is Control.UNSUPPORTED
        assert result.binding is Binding.NONE
        assert what in result.reason
        assert to_do in result.reason
        assert judged(signature, text + " and more").control is Control.MISMATCH
        assert judge(
            claim("ethereum", evm_address(key(2)), signature, message=text), REGISTRY
        ).control is Control.MISMATCH  # fmt: skip


def test_a_named_owner_may_have_signed_such_a_form() -> None:
    made = raw(keccak256(TEXT.encode()))
    row = claim("ethereum", "0x" + "22" * 20, made, message=TEXT, owners=(ADDRESS,))
    result = judge(row, REGISTRY)
    assert result.control is Control.UNSUPPORTED
    assert "Keccak-256 of the text" in result.reason


def test_no_chain_is_asked_about_such_a_form() -> None:
    def call(to: bytes, data: bytes) -> bytes:
        raise AssertionError("asked")

    row = claim("ethereum", ADDRESS, raw(keccak256(TEXT.encode())), message=TEXT)
    _memory.clear()
    assert judge(row, REGISTRY, call).control is Control.UNSUPPORTED


def test_what_a_contract_does_not_accept_is_not_false_where_the_message_is_not_read() -> None:
    """The contract was asked about the text; its owners may have signed the typed data."""

    def call(to: bytes, data: bytes) -> bytes:
        return b""

    unread = {
        "types": {"C": [{"name": "a", "type": "fixed128x18"}], "EIP712Domain": []},
        "primaryType": "C",
        "domain": {},
        "message": {"a": "1.5"},
    }
    for signature in ("0x" + "11" * 130, evm_sign(key(5))):
        for owners in ((), (evm_address(key(2)),)):
            for message, expected in (
                (json.dumps(unread), Control.UNSUPPORTED),
                (TEXT, Control.MISMATCH),
            ):
                row = claim("ethereum", ADDRESS, signature, message=message, owners=owners)
                assert judge(row, REGISTRY, call).control is expected


def test_words_for_the_publisher_have_nothing_of_the_inside() -> None:
    reasons = [checked(v["row"]).reason for v in VECTORS]
    assert not [reason for reason in reasons if "Error" in reason or "None" in reason]
    assert not [reason for reason in reasons if "is by a contract wallet" in reason]


def test_what_named_owners_did_sign_is_the_message_however_it_may_be_read_otherwise() -> None:
    """One owner signed twice: that is certain, whatever another wallet makes of the data."""
    data = {
        "types": {"EIP712Domain": [], "C": [{"name": "a", "type": "bool"}]},
        "primaryType": "C",
        "domain": {},
        "message": {"a": "false"},
    }
    text = json.dumps(data)
    signed = Account.sign_typed_data(SIGNER.secret, full_message=data)
    made = "0x" + bytes(signed.signature).hex()
    address, owners = "0x" + "22" * 20, (ADDRESS, evm_address(key(2)))
    for message, signature in ((text, made), ("x" * 300_000, evm_sign(SIGNER, "x" * 300_000))):
        row = claim("ethereum", address, signature, signature, message=message, owners=owners)
        result = judge(row, REGISTRY)
        assert result.control is Control.MISMATCH
        assert "same owner" in result.reason
