"""A key beside a good signature, as wallets show it: no contradiction; another's key is one."""

from __future__ import annotations

import hashlib

import pytest
from support.bitcoin_signing import (
    BITCOIN,
    MESSAGE,
    Key,
    Spend,
    address_of,
    hash160,
    proof,
    simple,
    tagged,
    to_sign,
)
from support.signed_rows import claim

from scanner.model.addresses.scripts import p2pkh, script_pubkey
from scanner.model.addresses.table import decode_address
from scanner.model.control import Control, ControlResult
from scanner.ownership.bitcoin.bip322 import Bip322
from scanner.ownership.bitcoin.bitcoin_message import BitcoinMessage
from scanner.ownership.judge import judge
from scanner.settings.tables import load_registry

KEY, OTHER = Key("owner"), Key("somebody else")
OUTPUT = KEY.tweaked(b"")
WAYS = {
    "33 bytes": KEY.public,
    "65 bytes": KEY.uncompressed,
    "x alone": KEY.x_only,
    "the script of its hash": p2pkh(hash160(KEY.public)),
}
LEAF = b"\x20" + KEY.x_only + b"\xac"


def judged(kind: str, column: bytes) -> ControlResult:
    if kind == "p2pkh":
        address = address_of(BITCOIN, kind, KEY.public)
        signature = KEY.message(BITCOIN, MESSAGE, 31)
        return BitcoinMessage().verify(proof(BITCOIN, address, [signature], script=column.hex()))
    script = b"\x21" + KEY.public + b"\xac" if kind == "p2wsh" else b""
    address = address_of(BITCOIN, kind, OUTPUT.x_only if kind == "p2tr" else script or KEY.public)
    output = script_pubkey(decode_address(BITCOIN, address))
    hash_type = 0 if kind == "p2tr" else 1
    spend = Spend(kind, output, (KEY,), script, hash_type=hash_type)
    signature = simple(to_sign(MESSAGE, [spend]))
    return Bip322().verify(proof(BITCOIN, address, [signature], script=column.hex()))


def by_leaf(column: bytes) -> ControlResult:
    root = tagged("TapLeaf", b"\xc0" + bytes((len(LEAF),)) + LEAF)
    tweaked = OTHER.tweaked(root)
    control = bytes((0xC0 | tweaked.public[0] & 1,)) + OTHER.x_only
    address = address_of(BITCOIN, "p2tr", tweaked.x_only)
    output = script_pubkey(decode_address(BITCOIN, address))
    spend = Spend("p2tr", output, (KEY,), LEAF, control, hash_type=0)
    signature = simple(to_sign(MESSAGE, [spend]))
    return Bip322().verify(proof(BITCOIN, address, [signature], script=column.hex()))


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", ["p2pkh", "p2wpkh", "p2sh_p2wpkh", "p2wsh"])
def test_the_key_in_any_of_its_ways(kind: str, way: str) -> None:
    assert judged(kind, WAYS[way]).control is Control.CONTROLS


@pytest.mark.parametrize("kind", ["p2pkh", "p2wpkh", "p2sh_p2wpkh", "p2wsh"])
def test_another_key_contradicts(kind: str) -> None:
    other = OTHER.public
    for column in (other, OTHER.uncompressed, OTHER.x_only, p2pkh(hash160(other))):
        assert judged(kind, column).control is Control.MISMATCH
    flipped = bytes((KEY.public[0] ^ 1,)) + KEY.x_only  # the point below the line
    assert judged(kind, flipped).control is Control.MISMATCH


@pytest.mark.parametrize("way", ["33 bytes", "65 bytes", "x alone"])
def test_the_key_inside_a_taproot_output(way: str) -> None:
    """What a taproot wallet calls its public key: the one before the tweak, with its parity."""
    assert judged("p2tr", WAYS[way]).control is Control.CONTROLS
    assert judged("p2tr", OUTPUT.public).control is Control.CONTROLS


def test_the_leaf_that_was_signed_by_stands_beside_it() -> None:
    for column in (LEAF, KEY.x_only, KEY.public, OTHER.public):
        assert by_leaf(column).control is Control.CONTROLS


def test_a_leaf_that_nobody_shows_is_undecided_and_another_output_is_false() -> None:
    hidden = b"\x20" + hashlib.sha256(b"x").digest() + b"\xac"
    for result in (judged("p2tr", hidden), by_leaf(hidden)):
        assert result.control is Control.UNSUPPORTED
        assert "one of its leaves" in result.reason
    assert judged("p2tr", b"\x51\x20" + OTHER.x_only).control is Control.MISMATCH


def test_a_column_that_is_no_key_is_what_is_wrong_with_a_row() -> None:
    """BIP-322 said that 65 bytes are no transaction, which nobody had said they were."""
    signer = Key("mine")
    address = address_of(BITCOIN, "p2pkh", signer.public)
    made = signer.message(BITCOIN, MESSAGE, 31)
    row = claim("bitcoin", address, made, message=MESSAGE, script="zz")
    result = judge(row, load_registry())
    assert (result.control, result.scheme) == (Control.MALFORMED, "bitcoin_message")
    assert result.reason == "the script column is not hex"
    assert judge(row._replace(script=""), load_registry()).shows_control
