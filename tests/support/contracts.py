"""Contracts of the tests, deployed on a development chain by transactions."""

from __future__ import annotations

import json
import time
from pathlib import Path

from eth_abi import encode

from scanner.chains.assembly import assemble
from scanner.demo.nodes import Anvil
from scanner.model.addresses.keccak import keccak256

FOLDER = Path(__file__).parents[1] / "vectors" / "contract_wallets"
CODE: dict[str, str] = {
    **json.loads((FOLDER / "wallets.json").read_text()),
    **json.loads((FOLDER / "safe_1_4_1.json").read_text()),
    **json.loads((FOLDER / "coinbase_1.json").read_text()),
    **json.loads((FOLDER / "multisig_daily_limit.json").read_text()),
}


def send(node: Anvil, data: str, to: str | None = None) -> dict[str, str]:
    sender = node.rpc("eth_accounts")[0]
    transaction = {"from": sender, "data": data, "gas": hex(8_000_000)}
    if to:
        transaction["to"] = to
    return mined(node, node.rpc("eth_sendTransaction", transaction))


def mined(node: Anvil, sent: str) -> dict[str, str]:
    """A transaction's receipt, once it is in a block: until then the block before may show it, too."""
    receipt = None
    deadline = time.monotonic() + 10
    while receipt is None and time.monotonic() < deadline:  # mined at once, known a little later
        receipt = node.rpc("eth_getTransactionReceipt", sent)
    assert receipt is not None
    assert receipt["status"] == "0x1", receipt
    made: dict[str, str] = receipt
    return made


SINGLETON_FACTORY = "0x914d7fec6aac8cd542e72bca78b30650d45643d7"
_BY_SALT = (  # creates with CREATE2: a salt of 32 bytes, then creation code
    "0x7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe0360160008160208237"
    "8035828234f58015156039578182fd5b8082525050506014600cf3"
)


def deploy_by_salt(node: Anvil, name: str) -> str:
    """Deploy what the singleton factory was sent, at the address that follows from it, once."""
    node.rpc("anvil_setCode", SINGLETON_FACTORY, _BY_SALT)
    sent = bytes.fromhex(CODE[name])
    salt, code = sent[:32], sent[32:]
    factory = bytes.fromhex(SINGLETON_FACTORY[2:])
    made = "0x" + keccak256(b"\xff" + factory + salt + keccak256(code))[12:].hex()
    if node.rpc("eth_getCode", made, "latest") == "0x":
        send(node, "0x" + sent.hex(), SINGLETON_FACTORY)
    return made


def deploy(node: Anvil, name: str, types: tuple[str, ...] = (), *values: object) -> str:
    return send(node, CODE[name] + encode(types, values).hex())["contractAddress"]


POD_MANAGER = "0x91e677b07f7af907ec9a428aafa9fc14a0d3a338"


def register_pod(node: Anvil, pod: str, owner: str) -> None:
    """Put a pod into the registry that lies at EigenPodManager's place: owner -> pod."""
    answer = assemble("4 CALLDATALOAD SLOAD 0 MSTORE 32 0 RETURN")  # whatever the function
    node.rpc("anvil_setCode", POD_MANAGER, "0x" + answer.hex())
    node.rpc("anvil_setStorageAt", POD_MANAGER, *(f"0x{int(a, 16):064x}" for a in (owner, pod)))
