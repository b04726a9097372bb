"""A real Asset Hub runtime in Chopsticks: the chain's own code makes every block and balance.

Its calls and their numbers are those of Rococo Asset Hub's first runtime (statemine 900): a call is
pallet, number, arguments in SCALE. Signatures are not checked, so that anybody can be acted for.
"""

from __future__ import annotations

import json
import os
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from scanner.chains.substrate.keys import account_key, compact
from scanner.demo.nodes import DEVNET, free_port, tied_to_this_process
from scanner.model.endpoint import Endpoint
from support.missing import cannot

HOME = DEVNET / "chopsticks"
PROGRAM = HOME / "node_modules" / "@acala-network" / "chopsticks" / "chopsticks.cjs"
GENESIS = "0x" + "45" * 32
"""What this server says is block 0: a filler."""

_MOCK = bytes.fromhex("deadbeef") + b"\xcd" * 60  # which it takes for anybody's signature


@dataclass
class Chopsticks:
    """url: of its JSON-RPC. nonces: how many calls an account has made."""

    url: str
    nonces: dict[bytes, int] = field(default_factory=dict)

    def ask(self, method: str, *params: Any) -> Any:
        """The result of one call."""
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        head = {"content-type": "application/json"}
        request = urllib.request.Request(self.url, json.dumps(body).encode(), head)
        with urllib.request.urlopen(request, timeout=60) as reply:
            said = json.loads(reply.read())
        assert "error" not in said, said
        return said["result"]

    def height(self) -> int:
        """Of the newest block."""
        return int(self.ask("chain_getHeader")["number"], 16)

    def give(self, account: bytes, free: int) -> None:
        """Put coins under an account, as a genesis does, in the newest block's state."""
        amounts = b"".join(n.to_bytes(16, "little") for n in (free, 0, 0, 0))
        data = bytes(4) + (1).to_bytes(4, "little") * 2 + bytes(4) + amounts
        self.put(account_key(account), data)

    def put(self, key: str, data: bytes) -> None:
        """Put a value under a storage key."""
        self.ask("dev_setStorage", [[key, "0x" + data.hex()]])

    def act(self, who: bytes, *calls: bytes) -> int:
        """One block with calls of an account; its height."""
        extrinsics = []
        for call in calls:
            nonce = self.nonces.get(who, 0)
            self.nonces[who] = nonce + 1
            signed = b"\x84\0" + who + b"\x01" + _MOCK  # version 4, by an id, sr25519
            signed += b"\0" + compact(nonce) + compact(0) + b"\0" + call  # for ever, tip, in coins
            extrinsics.append("0x" + (compact(len(signed)) + signed).hex())
        self.ask("dev_newBlock", {"count": 1, "transactions": extrinsics})
        return self.height()

    def blocks(self, count: int) -> int:
        """Blocks with nothing in them; the height of the last."""
        self.ask("dev_newBlock", {"count": count})
        return self.height()

    def endpoint(self, network: str, name: str = "hub", operator: str = "") -> Endpoint:
        """Describe it as a configured endpoint of a network."""
        return Endpoint(name, network, "substrate_rpc", self.url, operator, GENESIS)


def transfer(to: bytes, amount: int) -> bytes:
    """Balances.transfer."""
    return b"\x0a\0\0" + to + compact(amount)


def add_proxy(to: bytes) -> bytes:
    """Proxy.add_proxy: for everything, at once."""
    return b"\x2a\x01" + to + b"\0" + bytes(4)


def create_asset(number: int, admin: bytes) -> bytes:
    """Assets.create, with 1 as the least that an account may hold."""
    return b"\x32\0" + compact(number) + b"\0" + admin + (1).to_bytes(16, "little")


def mint(number: int, to: bytes, amount: int) -> bytes:
    """Assets.mint."""
    return b"\x32\x03" + compact(number) + b"\0" + to + compact(amount)


def freeze(number: int, whom: bytes) -> bytes:
    """Assets.freeze."""
    return b"\x32\x08" + compact(number) + b"\0" + whom


@contextmanager
def chopsticks(folder: Path) -> Iterator[Chopsticks]:
    """Start one from the genesis, which makes block 1; stop it at the end."""
    if not PROGRAM.exists():  # only `make test-nodes` insists on it
        told = cannot if os.environ.get("SCANNER_NODES") else pytest.skip
        told("Chopsticks is missing: run 'scripts/install-chopsticks .devnet/chopsticks' (npm)")
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    settings = {
        "genesis": str(HOME / "spec.json"),
        "mock-signature-host": True,
        "host": "127.0.0.1",
        "port": port,
        "build-block-mode": "Manual",
    }
    (folder / "settings.yml").write_text(json.dumps(settings))  # JSON is YAML
    command = [*tied_to_this_process(), "node", str(PROGRAM), "-c", "settings.yml"]
    node = Chopsticks(f"http://127.0.0.1:{port}")
    with (folder / "chopsticks.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)
        try:
            deadline = time.monotonic() + 120
            while True:
                try:
                    if node.height() >= 1:
                        break
                except OSError:
                    pass
                if time.monotonic() > deadline or process.poll() is not None:
                    words = (folder / "chopsticks.log").read_text()[-500:]
                    cannot(f"Chopsticks did not start: {words}")
                time.sleep(0.2)
            yield node
        finally:
            process.kill()
            process.wait(20)
