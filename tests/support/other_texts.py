"""Texts that people sign for other reasons than to claim reserves, and rows of their signers."""

from __future__ import annotations

import json

from eth_account import Account
from eth_account.messages import encode_typed_data

from scanner.model.claim import Claim
from scanner.ownership.primitives import envelopes
from support.signed_rows import claim, evm_address, evm_sign, key

DOMAIN = [{"name": "name", "type": "string"}, {"name": "version", "type": "string"}]


def typed(name: str, primary: str, fields: dict[str, str], message: dict[str, object]) -> str:
    """EIP-712 typed data without a contract, as wallets show it."""
    return json.dumps({
        "types": {
            "EIP712Domain": DOMAIN,
            primary: [{"name": n, "type": kind} for n, kind in fields.items()],
        },
        "primaryType": primary,
        "domain": {"name": name, "version": "0.1.4"},
        "message": message,
    })  # fmt: skip


VOTE = typed(
    "snapshot",
    "Vote",
    {"from": "address", "space": "string", "timestamp": "uint64", "choice": "uint32"},
    {"from": "0x" + "11" * 20, "space": "fake exchange.eth", "timestamp": 1, "choice": 1},
)
PERMIT = typed(
    "Fake Exchange Dollar",
    "Permit",
    {"owner": "address", "spender": "address", "value": "uint256"},
    {"owner": "0x" + "11" * 20, "spender": "0x" + "22" * 20, "value": 5},
)
ORDER = typed(
    "Fake Exchange",
    "Order",
    {"maker": "address", "salt": "uint256"},
    {"maker": "0x" + "11" * 20, "salt": 1},
)

SIWE = (
    "fake-exchange.com wants you to sign in with your Ethereum account:\n{address}\n\n"
    "I own this Fake Exchange wallet\n\nURI: https://fake-exchange.com\nVersion: 1\nChain ID: 1\n"
    "Nonce: 32891756\nIssued At: 2026-09-30T16:25:24Z"
)


def signed(message: str, number: int = 1) -> Claim:
    """A row whose key signs a text as wallets do."""
    signer = key(number)
    address = evm_address(signer)
    text = message.format(address=address) if "{address}" in message else message
    if text.startswith("{"):
        account = Account.from_key(signer.secret)
        signature = account.sign_message(encode_typed_data(full_message=json.loads(text)))
        return claim("ethereum", address, "0x" + signature.signature.hex(), message=text)
    signature = evm_sign(signer, text, envelopes.eip191_text)
    return claim("ethereum", address, signature, message=text)._replace(row=number)
