"""A real geth with a chain of its own, which makes a block for each transaction."""

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

from scanner.demo.nodes import DEVNET, free_port
from support.missing import cannot

PROGRAM = DEVNET / "geth" / "geth"
CHAIN = "1337"


@dataclass
class Geth:
    """url: of its JSON-RPC. rich: the account whose key it has."""

    url: str
    rich: str = ""

    def ask(self, method: str, *params: Any) -> Any:
        """The result of one call."""
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        head = {"content-type": "application/json"}
        request = urllib.request.Request(self.url, json.dumps(body).encode(), head)
        with urllib.request.urlopen(request, timeout=10) as reply:
            said = json.loads(reply.read())
        assert "error" not in said, said
        return said["result"]

    def height(self) -> int:
        """Of the newest block."""
        return int(self.ask("eth_blockNumber"), 16)

    def pay(self, to: str, amount: int) -> int:
        """Send coins; the height of their block."""
        before = self.height()
        self.ask("eth_sendTransaction", {"from": self.rich, "to": to, "value": hex(amount)})
        deadline = time.monotonic() + 20
        while self.height() == before:
            assert time.monotonic() < deadline, "no block is made"
            time.sleep(0.005)
        return self.height()


@contextmanager
def geth(folder: Path, *options: str) -> Iterator[Geth]:
    """Start one, and stop it at the end. Without options it forgets states as every full node."""
    if not PROGRAM.exists():  # only `make test-nodes` insists on it
        told = cannot if os.environ.get("SCANNER_NODES") else pytest.skip
        told("geth is missing: run 'scripts/install-geth .devnet/geth' (Go, 10 minutes)")
    port, other = free_port(), free_port()
    command = f"--dev --dev.period 0 --datadir {folder}/geth --nodiscover --maxpeers 0 --port 0"
    command += f" --http --http.addr 127.0.0.1 --http.port {port} --http.api eth,net,web3,debug"
    command += f" --authrpc.addr 127.0.0.1 --authrpc.port {other} --ipcdisable"
    node = Geth(f"http://127.0.0.1:{port}")
    with (folder / "geth.log").open("wb") as log:
        process = subprocess.Popen([PROGRAM, *command.split(), *options], stdout=log, stderr=log)
        try:
            deadline = time.monotonic() + 60
            while not node.rich:
                try:
                    node.rich = node.ask("eth_accounts")[0]
                except OSError:
                    if time.monotonic() > deadline or process.poll() is not None:
                        cannot(f"geth did not start: {(folder / 'geth.log').read_text()[-500:]}")
                    time.sleep(0.1)
            yield node
        finally:
            process.kill()
            process.wait(20)
