"""A real Cosmos node of one validator (ibc-go's simd), with a coin beside the staked one."""

from __future__ import annotations

import json
import os
import re
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

PROGRAM = DEVNET / "simd" / "simd"
CHAIN = "rs-1"


@dataclass
class Simd:
    """url: of its REST gateway. rpc: of CometBFT. validator, reserve: addresses."""

    home: Path
    url: str
    rpc: str
    validator: str = ""
    reserve: str = ""

    def run(self, *arguments: str) -> str:
        done = subprocess.run(
            [PROGRAM, *arguments, "--home", self.home],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def get(self, path: str) -> Any:
        with urllib.request.urlopen(f"{self.url}/{path}", timeout=10) as reply:
            return json.loads(reply.read())

    def height(self) -> int:
        block = self.get("cosmos/base/tendermint/v1beta1/blocks/latest")
        return int(block["block"]["header"]["height"])

    def until(self, height: int) -> None:
        """Wait until a height is made."""
        deadline = time.monotonic() + 60
        while self.height() < height:
            assert time.monotonic() < deadline, "no blocks are made"
            time.sleep(0.1)

    def act(self, *transaction: str) -> int:
        """Send a transaction of the validator's; the height that it is in."""
        keys = ("--keyring-backend", "test", "--chain-id", CHAIN, "-y", "--gas", "400000")
        output = ("--output", "json", "--node", self.rpc.replace("http", "tcp"))
        sent = json.loads(self.run("tx", *transaction, *keys, *output))
        assert sent["code"] == 0, sent
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            try:
                found = self.get(f"cosmos/tx/v1beta1/txs/{sent['txhash']}")["tx_response"]
            except OSError:
                time.sleep(0.2)
                continue
            assert found["code"] == 0, found
            return int(found["height"])
        raise AssertionError("the transaction is in no block")


@contextmanager
def simd(folder: Path, *options: str) -> Iterator[Simd]:
    """Start one that makes a block every 200 ms; stop it at the end. options: for `simd start`."""
    if not PROGRAM.exists():  # only `make test-nodes` insists on it
        told = cannot if os.environ.get("SCANNER_NODES") else pytest.skip
        told("simd is missing: run 'scripts/install-simd .devnet/simd' (Go, 3 minutes)")
    ports = [free_port() for _ in range(4)]
    url, rpc = (f"http://127.0.0.1:{port}" for port in ports[:2])
    node = Simd(folder / "simd", url, rpc)
    node.run("init", "t", "--chain-id", CHAIN)
    for name in ("v", "r"):
        node.run("keys", "add", name, "--keyring-backend", "test")
    show = ("--keyring-backend", "test")
    node.validator, node.reserve = (
        node.run("keys", "show", name, "-a", *show).strip() for name in ("v", "r")
    )
    node.run("add-genesis-account", node.validator, "1000000000000stake,10000000000000000000uluna")
    node.run("gentx", "v", "1000000000stake", "--chain-id", CHAIN, *show)
    node.run("collect-gentxs")
    _configure(node.home / "config", *ports)
    with (folder / "simd.log").open("wb") as log:
        process = subprocess.Popen(
            [PROGRAM, "start", "--home", node.home, *options], stdout=log, stderr=log
        )
        try:
            _wait(node, folder)
            yield node
        finally:
            process.kill()
            process.wait(20)


def _configure(folder: Path, rest: int, rpc: int, peers: int, pprof: int) -> None:
    comet = (folder / "config.toml").read_text()
    for old, new in (
        ("tcp://127.0.0.1:26657", f"tcp://127.0.0.1:{rpc}"),
        ("tcp://0.0.0.0:26656", f"tcp://127.0.0.1:{peers}"),
        ("localhost:6060", f"127.0.0.1:{pprof}"),
        ('timeout_commit = "5s"', 'timeout_commit = "200ms"'),
    ):
        assert old in comet
        comet = comet.replace(old, new)
    (folder / "config.toml").write_text(comet)
    app = (folder / "app.toml").read_text()
    app = app.replace('minimum-gas-prices = ""', 'minimum-gas-prices = "0stake"')
    app = app.replace("tcp://localhost:1317", f"tcp://127.0.0.1:{rest}")
    app = re.sub(r"(\[(?:grpc|grpc-web|rosetta)\][^\[]*?enable = )true", r"\1false", app)
    app = re.sub(r"(\[api\][^\[]*?enable = )false", r"\1true", app)
    (folder / "app.toml").write_text(app)


def _wait(node: Simd, folder: Path) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            if node.height() >= 2:
                return
        except OSError:
            pass
        if time.monotonic() > deadline:
            cannot(f"simd did not start: {(folder / 'simd.log').read_text()[-500:]}")
        time.sleep(0.2)
