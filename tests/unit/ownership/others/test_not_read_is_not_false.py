"""Honest rows of networks that OKX's forms are made for: not read, and not called false."""

from __future__ import annotations

from hashlib import sha256

import pytest
from support.signed_rows import claim, key, okx_sign, stark_public, stark_sign

from scanner.model.addresses.base32_keys import ConfluxCodec
from scanner.model.addresses.base58_keys import AelfCodec
from scanner.model.addresses.cosmos import CosmosCodec
from scanner.model.control import Control
from scanner.ownership.judge import judge
from scanner.settings.tables import load_registry

REGISTRY = load_registry()
PUBLIC = key(1).public_key.format().hex()
ACCOUNT = 0x3B7F0B02B63683ECA1639FB2D5DFA1021628D4EE728B03BC0AC2BE66EDC32F1


@pytest.mark.parametrize("text", ["We own this address: block 1234567 of today", "größer"])
def test_a_text_that_other_typed_data_of_starknet_can_hold(text: str) -> None:
    signature = stark_sign(5, int.from_bytes(sha256(text.encode()).digest()) >> 8)
    row = claim("starknet", f"{ACCOUNT:#066x}", signature, message=text)
    result = judge(row._replace(script=f"{stark_public(5):#x}"), REGISTRY)
    assert result.control is Control.UNSUPPORTED
    assert "31 ASCII characters" in result.reason


@pytest.mark.parametrize(
    ("network", "address"),
    [
        ("terra-classic", CosmosCodec("terra-classic", "terra").encode(bytes(range(20)))),
        ("aelf", AelfCodec("aelf", "").encode(bytes(range(32)))),
    ],
)
def test_a_members_key_at_an_address_of_several_or_of_a_contract(
    network: str, address: str
) -> None:
    result = judge(claim(network, address, okx_sign(key(1)), script=PUBLIC), REGISTRY)
    assert result.control is Control.UNSUPPORTED
    assert "may belong to several keys" in result.reason


def test_where_an_address_is_one_keys_for_certain_another_keys_is_false() -> None:
    address = ConfluxCodec("conflux-core", "1029").encode(b"\x10" + bytes(range(19)))
    result = judge(claim("conflux-core", address, okx_sign(key(1)), script=PUBLIC), REGISTRY)
    assert result.control is Control.MISMATCH
