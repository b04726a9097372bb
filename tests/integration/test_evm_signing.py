"""anvil as an independent peer: what it signs we verify, what we call valid its EVM recovers."""

from __future__ import annotations

import json
import random

import pytest
from support.signed_rows import claim, evm_address, evm_sign, high_s, key

from scanner.demo.nodes import Anvil
from scanner.model.addresses.keccak import keccak256
from scanner.model.control import Binding
from scanner.ownership.judge import judge
from scanner.ownership.primitives import envelopes
from scanner.settings.tables import load_registry

pytestmark = pytest.mark.node

REGISTRY = load_registry()
MESSAGE = "I am an exchange address: ✓ 20914735"
ECRECOVER = "0x" + "00" * 19 + "01"
TYPED = {
    "types": {
        "EIP712Domain": [
            {"name": "name", "type": "string"},
            {"name": "chainId", "type": "uint256"},
        ],
        "Height": [{"name": "number", "type": "uint64"}, {"name": "hash", "type": "bytes32"}],
        "Statement": [{"name": "text", "type": "string"}, {"name": "heights", "type": "Height[]"}],
    },
    "primaryType": "Statement",
    "domain": {"name": "Reserves", "chainId": 1},
    "message": {"text": "these are ours", "heights": [{"number": 7, "hash": "0x" + "ab" * 32}]},
}


@pytest.mark.parametrize("number", range(4))
def test_what_the_node_signs_we_verify(anvil: Anvil, number: int) -> None:
    accounts = anvil.rpc("eth_accounts")
    address, other = accounts[number], accounts[number + 1]
    text, hashed = MESSAGE.encode(), keccak256(MESSAGE.encode())
    typed = json.dumps(TYPED)
    signed = {
        "EIP-191 over the text": (MESSAGE, anvil.rpc("eth_sign", address, "0x" + text.hex())),
        "": (MESSAGE, anvil.rpc("eth_sign", address, "0x" + hashed.hex())),
        "EIP-712 typed data": (typed, anvil.rpc("eth_signTypedData_v4", address, TYPED)),
    }
    personal = anvil.rpc("personal_sign", "0x" + text.hex(), address)
    assert personal == signed["EIP-191 over the text"][1]
    for reason, (message, signature) in signed.items():
        result = judge(claim("ethereum", address, signature, message=message), REGISTRY)
        assert (result.shows_control, result.binding) == (True, Binding.DERIVED), (reason, result)
        assert result.reason == reason
        assert [a.lower() for a in result.signed_by] == [address.lower()]
        for row in (
            claim("ethereum", other, signature, message=message),
            claim("ethereum", address, signature, message=message.replace("e", "a")),
        ):
            assert not judge(row, REGISTRY).shows_control


def _recovered(node: Anvil, signature: bytes) -> str:
    """The account that the precompiled contract 1 finds, "" if none."""
    digest = envelopes.eip191_hash(MESSAGE.encode())
    v = signature[64] + 27 if signature[64] < 27 else signature[64]
    data = digest + v.to_bytes(32, "big") + signature[:64]
    answer: str = node.rpc("eth_call", {"to": ECRECOVER, "data": "0x" + data.hex()}, "latest")
    return "0x" + answer[-40:] if len(answer) == 66 else ""


def test_what_we_call_valid_the_machine_recovers_and_nothing_else(anvil: Anvil) -> None:
    draw = random.Random(11)
    told = {True: 0, False: 0}
    for number in range(12):
        signer = key(number)
        address, good = evm_address(signer), evm_sign(signer, MESSAGE)
        data = bytes.fromhex(good[2:])
        cases = [data, bytes.fromhex(high_s(good)[2:]), data[:64] + bytes((data[64] - 27,))]
        cases += [data[:64] + bytes((v,)) for v in (27, 28)]
        cases += [bytes(32) + data[32:], data[:32] + bytes(32) + data[64:]]
        cases += [b"\xff" * 32 + data[32:], data[:32] + b"\xff" * 32 + data[64:]]
        for _ in range(8):
            at = draw.randrange(64)
            flipped = bytes((data[at] ^ 1 << draw.randrange(8),))
            cases.append(data[:at] + flipped + data[at + 1 :])
        for case in cases:
            row = claim("ethereum", address, "0x" + case.hex(), message=MESSAGE)
            ours = judge(row, REGISTRY).shows_control
            assert ours is (_recovered(anvil, case) == address), case.hex()
            told[ours] += 1
    assert told[True] >= 4 * 12
    assert told[False] >= 12 * 12
