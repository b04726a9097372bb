"""Signatures of Ethereum that are given in parts."""

from __future__ import annotations

import json
from typing import Any

import pytest
from support.signed_rows import claim, evm_address, evm_sign, key

from scanner.model.signature_parts import joined_parts
from scanner.ownership.one_message import SignedMessage, check_message
from scanner.settings.tables import load_registry

REGISTRY = load_registry()
SIGNER = key(1)
WHOLE = evm_sign(SIGNER)
R, S, V = WHOLE[2:66], WHOLE[66:130], int(WHOLE[130:], 16)
HEX = {"r": "0x" + R, "s": "0x" + S}
PACKED = f"{int(S, 16) | (V - 27) << 255:064x}"

SURE: dict[str, dict[str, Any]] = {
    "ethers' toJSON": {"_type": "signature", "networkV": None, **HEX, "v": V},
    "ethers 5": {**HEX, "_vs": "0x" + PACKED, "recoveryParam": V - 27, "v": V},
    "viem": {**HEX, "v": str(V), "yParity": V - 27},
    "viem's bigint": {**HEX, "v": f"{V}n", "yParity": V - 27},
    "yParity alone": {**HEX, "yParity": V - 27},
    "yParity in hex": {**HEX, "yParity": f"0x{V - 27:x}"},
    "Ledger": {"v": V, "r": R, "s": S},
    "Ledger's v in hex": {"v": f"{V:x}", "r": R, "s": S},
    "web3": {"message": "m", "messageHash": "0x" + "11" * 32, "v": f"0x{V:x}", **HEX},
    "EIP-155": {**HEX, "v": V + 10},
    "numbers": {"r": int(R, 16), "s": int(S, 16), "v": V},
    "Etherscan": {"address": "x", "msg": "m", "signature_hash": WHOLE, "version": "2"},
}


@pytest.mark.parametrize("what", SURE)
def test_parts_are_the_whole(what: str) -> None:
    text = json.dumps(SURE[what])
    assert joined_parts(text) == WHOLE
    row = claim("ethereum", evm_address(SIGNER), text)
    for written in (text, json.dumps(SURE[what], indent=2)):
        signed = SignedMessage(row.address, row.message, (written,), "ethereum")
        assert check_message(signed, REGISTRY).result.shows_control


def test_the_compact_form_in_parts() -> None:
    for name in ("yParityAndS", "_vs", "vs"):
        assert joined_parts(json.dumps({"r": HEX["r"], name: "0x" + PACKED})) == f"0x{R}{PACKED}"


def test_short_numbers_are_padded() -> None:
    parts = {"r": "0x1", "s": "0x" + S, "v": 27}
    assert joined_parts(json.dumps(parts)) == f"0x{1:064x}{S}1b"


@pytest.mark.parametrize(
    "parts",
    [
        {**HEX},
        {**HEX, "v": 26},
        {**HEX, "v": 2},
        {**HEX, "v": -1},
        {**HEX, "v": True},
        {**HEX, "v": "1d"},
        {**HEX, "v": 27.0},
        {**HEX, "v": V, "yParity": 28 - V},
        {**HEX, "yParity": V},
        {**HEX, "v": [V]},
        {"r": R[:40], "s": S, "v": V},
        {"r": R + "00", "s": S, "v": V},
        {"r": -1, "s": 1, "v": V},
        {"r": 1 << 256, "s": 1, "v": V},
        {"r": None, "s": S, "v": V},
        {"R": R, "S": S, "V": V},
        {"r": HEX["r"], "vs": "0x" + PACKED, "v": V},
        {"signature_hash": 5},
        [R, S, V],
    ],
)
def test_what_is_not_sure_stays_as_it_is(parts: Any) -> None:
    text = json.dumps(parts)
    assert joined_parts(text) == text


@pytest.mark.parametrize("text", ["", "{", '{"r": 1, "r": 2}', "{" * 5_000, "{}" * 15_000, WHOLE])
def test_other_texts_stay_as_they_are(text: str) -> None:
    assert joined_parts(text) == text
