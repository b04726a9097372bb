"""Digest of a message that is EIP-712 typed data in JSON, as wallets sign it."""

from __future__ import annotations

import json
from typing import Any

from scanner.model.addresses.keccak import keccak256

LONGEST = 65_536
"""Characters of the longest typed data that is read."""

_PARTS = ("types", "primaryType", "domain", "message")


def typed_digest(text: str, chain_id: str) -> bytes | str:
    """Give the 32-byte digest of EIP-712 typed data.

    chain_id: of the network, decimal; a domain that names another one is for another network.
    Returns a text saying what is wrong, "" if the text is no typed data at all.
    """
    if len(text) > LONGEST:
        return ""
    try:
        data: Any = json.loads(text)
    except (ValueError, RecursionError):
        return ""
    if not isinstance(data, dict) or any(part not in data for part in _PARTS):
        return ""
    domain = data["domain"]
    if not isinstance(domain, dict):
        return ""
    named = domain.get("chainId")
    if named is not None and _number(named) != _number(chain_id):
        return f"the typed data is for chain id {str(named)[:20]}, the row's network has {chain_id}"
    if "verifyingContract" in domain:
        # Permits, orders and votes are typed data too, and their signatures lie open on the chain.
        return "the typed data is addressed to a contract: that is no statement of ownership"
    return _digest(data)


def _number(value: object) -> int | None:
    try:
        return int(str(value), 0)
    except ValueError:
        return None


def _digest(data: dict[str, Any]) -> bytes | str:
    from eth_account.messages import encode_typed_data

    try:
        signable = encode_typed_data(full_message=data)
        return keccak256(b"\x19" + signable.version + signable.header + signable.body)
    except Exception as e:  # hostile types make the encoder raise whatever it comes to
        return f"the typed data cannot be encoded ({type(e).__name__})"
