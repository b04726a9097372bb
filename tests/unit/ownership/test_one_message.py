"""One signed message: the same verdict as a row of a list, the network found by the address."""

from __future__ import annotations

import json

import pytest
from eth_account import Account
from eth_account.messages import encode_typed_data
from support.native_rows import native_rows
from support.signed_rows import MESSAGE, evm_address, evm_sign, key, signed_rows

from scanner.errors import UnknownAssetError
from scanner.model.control import Control
from scanner.ownership.judge import judge
from scanner.ownership.one_message import (
    Checked,
    SignedMessage,
    check_message,
    read_message,
)
from scanner.ownership.primitives import envelopes
from scanner.settings.tables import load_registry

REGISTRY = load_registry()
ROWS = [r for r in signed_rows() if r.scheme not in ("stark",)]


@pytest.mark.parametrize("row", ROWS, ids=lambda r: f"{r.scheme} {r.label}")
def test_the_verdict_is_a_rows(row) -> None:
    made = row.claim
    given = SignedMessage(
        made.address, made.message, made.signatures, made.network, made.script, made.owners
    )
    assert check_message(given, REGISTRY).result == judge(made, REGISTRY)


def test_the_network_is_found_by_the_address() -> None:
    given = SignedMessage(evm_address(key(1)), MESSAGE, (evm_sign(key(1)),))
    checked = check_message(given, REGISTRY)
    assert (checked.network, checked.result.control) == ("ethereum", Control.CONTROLS)
    assert "computed from the key" in checked.words
    for row in native_rows(1):
        found = check_message(
            SignedMessage(row.claim.address, row.claim.message, row.claim.signatures, "",
                          row.claim.script), REGISTRY
        )  # fmt: skip
        assert found.result.control is Control.CONTROLS, row
    nowhere = check_message(SignedMessage("nothing at all!", "a", ("b",)), REGISTRY)
    assert (nowhere.network, nowhere.result.control) == ("", Control.MALFORMED)
    with pytest.raises(UnknownAssetError):
        check_message(SignedMessage("a", "b", ("c",), "nowhere"), REGISTRY)


def _unnamed(row, **changes) -> Checked:
    made = row.claim._replace(**changes)
    given = SignedMessage(made.address, made.message, made.signatures, "", made.script, made.owners)
    return check_message(given, REGISTRY)


def test_an_address_is_not_taken_for_a_name_of_another_network() -> None:
    """A terra1.. address is also a name that an account of NEAR may have."""
    terra = next(r for r in native_rows(1) if r.scheme == "adr36")
    for change in ({"message": "x"}, {"signatures": ("x",)}, {"script": ""}):
        assert _unnamed(terra, **change).network == "terra-classic", change
    near = next(r for r in native_rows(1) if (r.scheme, r.label) == ("nep413", "implicit"))
    assert _unnamed(near, signatures=("00" * 64,)).network == "near"
    named = next(r for r in native_rows(1) if (r.scheme, r.label) == ("nep413", "named"))
    assert _unnamed(named, signatures=("00" * 64,)).network == "near"


def test_a_near_miss_on_one_network_is_told_before_doubts_on_others() -> None:
    filecoin = next(r for r in native_rows(1) if r.scheme == "filecoin_text")
    sui = next(r for r in native_rows(1) if (r.scheme, r.label) == ("sui_personal", "whole"))
    for row in (filecoin, sui):
        checked = _unnamed(row, message=row.claim.message + "\n")
        assert checked.network == row.claim.network
        assert "without spaces and line ends" in checked.result.reason


def test_the_networks_that_an_address_may_be_of_are_named() -> None:
    sui = next(r for r in native_rows(1) if (r.scheme, r.label) == ("sui_personal", "whole"))
    reason = _unnamed(sui, message="another").result.reason
    assert "such an address may be of" in reason
    assert "sui" in reason
    assert "bitcoin-cash" not in _unnamed(sui, message="another").result.reason
    bitcoin = next(r for r in signed_rows() if r.claim.network == "bitcoin")
    assert "such an address" not in _unnamed(bitcoin, message="another").result.reason


def test_a_log_in_says_what_it_is() -> None:
    text = f"a.org wants you to sign in with your Ethereum account:\n{evm_address(key(1))}"
    checked = check_message(
        SignedMessage(evm_address(key(1)), text, (evm_sign(key(1), text),)), REGISTRY
    )
    assert checked.purpose
    assert "only shows that somebody holds the key" in checked.words


def test_typed_data_that_is_no_attestation_is_no_claim() -> None:
    """An order on a market is as well signed as a claim, and is none."""
    kinds = {"EIP712Domain": [{"name": "name", "type": "string"}],
             "OrderComponents": [{"name": "amount", "type": "uint256"}]}  # fmt: skip
    order = {"types": kinds, "primaryType": "OrderComponents",
             "domain": {"name": "Seaport"}, "message": {"amount": 5}}  # fmt: skip
    signed = Account.sign_message(encode_typed_data(full_message=order), bytes.fromhex("11" * 32))
    address = Account.from_key("0x" + "11" * 32).address
    given = SignedMessage(address, json.dumps(order), ("0x" + signed.signature.hex(),))
    checked = check_message(given, REGISTRY)
    assert checked.result.control is Control.CONTROLS
    assert "typed data (OrderComponents of Seaport)" in checked.words


def test_json_is_read_strictly() -> None:
    whole = {"address": "a", "message": "b", "signature": "c", "network": "n", "key": "k"}
    assert read_message(json.dumps(whole)) == SignedMessage("a", "b", ("c",), "n", "k")
    for text in ("", "[]", "{}", '{"address": 1, "message": "b"}', json.dumps(whole | {"x": 1}),
                 json.dumps(whole | {"signatures": "c"}), "{" * 100_000, " " * 2_000_000):  # fmt: skip
        with pytest.raises(ValueError):
            read_message(text)


def test_nothing_in_json_is_left_unread() -> None:
    """Of two texts or signatures a reader may look at the other one."""
    for text in (
        '{"address": "a", "message": "a lie", "signature": "c", "message": "b"}',
        '{"address": "a", "message": "b", "signature": "bad", "signatures": ["c"]}',
    ):
        with pytest.raises(ValueError, match=r"twice|both"):
            read_message(text)


def test_a_log_in_that_stands_there_as_hex_is_a_log_in() -> None:
    """Wallets take hex as the bytes that it spells: the person read the text."""
    text = f"example.com wants you to sign in with your Ethereum account:\n{evm_address(key(1))}"
    spelled = "0x" + text.encode().hex()
    for signed in (text, spelled):
        signature = evm_sign(key(1), text, envelopes.eip191_text)
        checked = check_message(SignedMessage(evm_address(key(1)), signed, (signature,)), REGISTRY)
        assert checked.result.control is Control.CONTROLS
        assert "log-in" in checked.purpose
        assert "only shows that somebody holds the key" in checked.words
    plain = "0x" + MESSAGE.encode().hex()
    signature = evm_sign(key(1), MESSAGE, envelopes.eip191_text)
    checked = check_message(SignedMessage(evm_address(key(1)), plain, (signature,)), REGISTRY)
    assert (checked.result.control, checked.purpose) == (Control.CONTROLS, "")
