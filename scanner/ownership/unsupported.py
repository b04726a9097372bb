"""Why a row's address cannot be judged, and what would help: one sentence per address format."""

from __future__ import annotations

from collections.abc import Mapping

from scanner.ownership.interface import Proof

REASONS: Mapping[str, str] = {
    "cardano_base_script": "a script address has no single key: it needs a transaction to show it",
    "cardano_byron": "a Byron address does not commit to a bare key: move to an addr1 address",
    "cardano_enterprise_script": "a script address has no single key",
    "cardano_pointer": "pointer addresses are retired",
    "filecoin_actor": "an f2 actor has no key: its owners must be read from the chain",
    "filecoin_bls": "BLS-signed f3 accounts publish no key that can be checked here",
    "filecoin_id": "an f0 id names no key: publish the f1 or f410 address behind it",
    "near_eth_implicit": "the account belongs to an EVM key, for which no signed form is published",
    "stellar_contract": "a contract address has no key",
}


def why_unsupported(proof: Proof) -> str:
    """Say why no scheme of the network handles the row."""
    known = REASONS.get(proof.address.format, "")
    return known or f"no scheme for {proof.address.format} addresses with such a signature"
