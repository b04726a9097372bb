"""What attackers have: keys, a plain list of any rows, an endpoint table."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from coincurve import PrivateKey

from scanner.demo.nodes import Anvil, Bitcoind
from scanner.model.addresses.evm import checksum_text
from scanner.model.addresses.keccak import keccak256
from scanner.ownership.primitives.envelopes import eip191_hash

MESSAGE = "I am an Example Exchange address, 2026-11-01"
WEI = 10**18
_FIELDS = (
    *("coin", "network", "height", "address", "amount", "message"),
    *("signature1", "signature2", "script", "owner1", "owner2"),
)


def key(number: int) -> PrivateKey:
    """One of the attackers' keys."""
    return PrivateKey(keccak256(b"attack key %d" % number))


def account_of(signer: PrivateKey) -> str:
    """The Ethereum account of a key."""
    return checksum_text(keccak256(signer.public_key.format(compressed=False)[1:])[12:])


def sign_evm(signer: PrivateKey, message: str = MESSAGE) -> str:
    """A personal_sign signature."""
    made = signer.sign_recoverable(eip191_hash(message.encode()), hasher=None)
    return "0x" + (made[:64] + bytes([made[64] + 27])).hex()


def write_rows(path: Path, rows: Sequence[Mapping[str, object]]) -> Path:
    """A plain list; every row is signed over MESSAGE unless it says otherwise."""
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, _FIELDS, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows({"message": MESSAGE, **row} for row in rows)
    return path


def write_table(path: Path, *endpoints: Mapping[str, object]) -> Path:
    """An endpoint table."""
    tables = [
        "[[endpoint]]\n" + "".join(f"{k} = {json.dumps(v)}\n" for k, v in endpoint.items())
        for endpoint in endpoints
    ]
    path.write_text("\n".join(tables))
    return path


def evm_endpoint(node: Anvil, network: str = "ethereum", **more: object) -> dict[str, object]:
    """One development node, the user's own unless said otherwise."""
    return {
        **{"name": f"{network}-node", "network": network, "protocol": "ethereum_rpc"},
        **{"url": node.url, "chain": node.chain, "operator": "me", "own": True, **more},
    }


def bitcoin_endpoint(node: Bitcoind) -> dict[str, object]:
    """The user's own Bitcoin node."""
    return {
        **{"name": "bitcoin-node", "network": "bitcoin", "protocol": "bitcoin_core"},
        **{"url": node.url, "chain": "regtest", "own": True, "operator": "me"},
    }
