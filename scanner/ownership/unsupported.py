"""Why a row's address cannot be judged, and what would help: one sentence per address format."""

from __future__ import annotations

from collections.abc import Mapping

from scanner.ownership.interface import Proof

_SCRIPT = "a script address has no single key: only a transaction can prove control of it"

REASONS: Mapping[str, str] = {
    "cardano_base_script": _SCRIPT,
    "cardano_byron": "a Byron address does not commit to a bare key: move to an addr1 address",
    "cardano_enterprise_script": _SCRIPT,
    "cardano_pointer": "pointer addresses are no longer in use: move to an addr1 address of a key",
    "filecoin_actor": "an f2 actor has no key: take a snapshot, which asks who signs for it",
    "filecoin_id": "an actor's number (f0, 0xff) names no key: publish the f1, f3 or f410 "
    "address behind it, or take a snapshot, which asks for it",
    "near_eth_implicit": "an EVM key owns the account, and there is no published form of "
    "signature for it: move to an account of an ed25519 key",
    "stellar_contract": "a contract address has no key: publish the account (G...) behind it",
}


def why_unsupported(proof: Proof) -> str:
    """Say why no scheme of the network handles the row."""
    known = REASONS.get(proof.address.format, "")
    return known or (
        f"no scheme for {proof.address.format} addresses with such a signature: docs/schemes.md "
        "lists what can be signed"
    )
