"""A real Starknet node of one program, with accounts of its own; its chain says SN_MAIN."""

from __future__ import annotations

import json
import os
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from scanner.demo.nodes import DEVNET, free_port, tied_to_this_process
from scanner.model.endpoint import Endpoint
from scanner.ownership.others.stark_account import starknet_keccak
from support.missing import cannot
from support.poseidon import poseidon
from support.signed_rows import stark_sign

PROGRAM = DEVNET / "starknet-devnet" / "bin" / "starknet-devnet"
DEPLOYER = "0x41a78e741e5af2fec34b695679bc6891742439f7afb8484ecd7766661ad02bf"
"""The contract that deploys others (the universal deployer of Cairo 0)."""

CHAIN = 0x534E5F4D41494E
AMOUNT, PRICE = 10**8, 10**11
"""Gas of each kind that a transaction may take, and what it may cost."""

ARGENT = "0x36078334509b514626504edc9fb252328d1a240e4e948bef8d0c08dff45927f"


@dataclass(frozen=True)
class Account:
    """One that the node made at its start. secret, key: of the STARK curve."""

    address: str
    secret: int
    key: int


@dataclass
class Starknet:
    """url: of its JSON-RPC."""

    url: str

    def ask(self, method: str, **params: Any) -> Any:
        """The result of one call."""
        said = self.said(method, **params)
        assert "error" not in said, said
        return said["result"]

    def said(self, method: str, **params: Any) -> Any:
        """The whole answer to one call."""
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        head = {"content-type": "application/json"}
        request = urllib.request.Request(self.url, json.dumps(body).encode(), head)
        with urllib.request.urlopen(request, timeout=60) as reply:
            return json.loads(reply.read())

    def height(self) -> int:
        """Of the newest block."""
        return int(self.ask("starknet_blockNumber"))

    def accounts(self) -> list[Account]:
        """Those that it made at its start."""
        found = self.ask("devnet_getPredeployedAccounts")
        return [
            Account(a["address"], int(a["private_key"], 16), int(a["public_key"], 16))
            for a in found
        ]

    def mint(self, address: str, amount: int, unit: str = "WEI") -> int:
        """Make coins in a block of their own (WEI: ETH, FRI: STRK); its height."""
        self.ask("devnet_mint", address=address, amount=amount, unit=unit)
        return self.height()

    def blocks(self, count: int) -> int:
        """Blocks with nothing in them; the height of the last."""
        for _ in range(count):
            self.ask("devnet_createBlock")
        return self.height()

    def act(self, who: Account, to: str, name: str, *arguments: int, amount: int = AMOUNT) -> int:
        """One call of an account, signed by its key; the height of its block.

        amount: of gas that it may take, of each kind.
        """
        at = {"block_id": "latest", "contract_address": who.address}
        nonce = int(self.ask("starknet_getNonce", **at), 16)
        calldata = [1, int(to, 16), starknet_keccak(name), len(arguments), *arguments]
        signature = stark_sign(who.secret, _hash(who, nonce, calldata, amount))
        bound = {"max_amount": hex(amount), "max_price_per_unit": hex(PRICE)}
        sent = self.ask(
            "starknet_addInvokeTransaction",
            invoke_transaction={
                "type": "INVOKE",
                "version": "0x3",
                "sender_address": who.address,
                "calldata": [hex(n) for n in calldata],
                "signature": [hex(int(part, 16)) for part in (signature[:64], signature[64:])],
                "nonce": hex(nonce),
                "resource_bounds": {k: bound for k in ("l1_gas", "l1_data_gas", "l2_gas")},
                "tip": "0x0",
                "paymaster_data": [],
                "account_deployment_data": [],
                "nonce_data_availability_mode": "L1",
                "fee_data_availability_mode": "L1",
            },
        )
        receipt = self.ask(
            "starknet_getTransactionReceipt", transaction_hash=sent["transaction_hash"]
        )
        assert receipt["execution_status"] == "SUCCEEDED", receipt
        return int(receipt["block_number"])

    def deploy(self, who: Account, class_hash: str, salt: int, *arguments: int) -> str:
        """Deploy a contract of a class; its address."""
        at = self.act(
            who,
            DEPLOYER,
            "deployContract",
            int(class_hash, 16),
            salt,
            0,
            len(arguments),
            *arguments,
        )
        block = self.ask("starknet_getBlockWithReceipts", block_id={"block_number": at})
        events = block["transactions"][-1]["receipt"]["events"]
        made = next(e for e in events if int(e["from_address"], 16) == int(DEPLOYER, 16))
        return str(made["data"][0])

    def endpoint(self, name: str = "devnet", operator: str = "", **more: Any) -> Endpoint:
        """Describe it as a configured endpoint."""
        return Endpoint(name, "starknet", "starknet_rpc", self.url, operator, **more)


def _hash(who: Account, nonce: int, calldata: list[int], amount: int) -> int:
    """What an account signs for an invoke transaction of version 3."""
    names = (b"L1_GAS", b"L2_GAS", b"L1_DATA")
    bounds = [int.from_bytes(n) << 192 | amount << 128 | PRICE for n in names]
    nothing = poseidon([])
    invoke = int.from_bytes(b"invoke")
    of = [invoke, 3, int(who.address, 16), poseidon([0, *bounds]), nothing, CHAIN, nonce, 0]
    return poseidon([*of, nothing, poseidon(calldata)])


@contextmanager
def starknet(folder: Path, *options: str) -> Iterator[Starknet]:
    """Start one with two accounts; stop it at the end. It keeps every state unless told not to."""
    if not PROGRAM.exists():  # only `make test-nodes` insists on it
        told = cannot if os.environ.get("SCANNER_NODES") else pytest.skip
        told(
            "starknet-devnet is missing: run 'scripts/install-starknet-devnet "
            ".devnet/starknet-devnet' (Rust, up to an hour)"
        )
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    command = [*tied_to_this_process(), str(PROGRAM)]
    command += f"--host 127.0.0.1 --port {port} --seed 0 --accounts 2 --chain-id MAINNET".split()
    if not options:
        options = ("--state-archive-capacity", "full")
    node = Starknet(f"http://127.0.0.1:{port}/rpc")
    with (folder / "starknet.log").open("wb") as log:
        process = subprocess.Popen([*command, *options], stdout=log, stderr=log)
        try:
            deadline = time.monotonic() + 60
            while True:
                try:
                    node.height()
                    break
                except OSError:
                    pass
                if time.monotonic() > deadline or process.poll() is not None:
                    words = (folder / "starknet.log").read_text()[-500:]
                    cannot(f"starknet-devnet did not start: {words}")
                time.sleep(0.1)
            yield node
        finally:
            process.kill()
            process.wait(20)
