"""A real node of the beacon chain (Lodestar) with eight validators, and its own chain."""

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

HOME = DEVNET / "lodestar"
CHAIN = "5"
SECONDS, EPOCH = 2, 8
"""Of a slot; slots of an epoch, in the preset for tests."""


@dataclass(frozen=True)
class Lodestar:
    """url: of its REST API."""

    url: str

    def get(self, path: str) -> Any:
        """The data of an answer."""
        with urllib.request.urlopen(f"{self.url}/eth/v1/{path}", timeout=10) as reply:
            return json.loads(reply.read())["data"]

    def slot(self) -> int:
        """Of the newest block."""
        return int(self.get("beacon/headers/head")["header"]["message"]["slot"])

    def until(self, slot: int) -> None:
        """Wait until there is a block at a slot, or above it."""
        deadline = time.monotonic() + 60 + 2 * SECONDS * slot
        while True:
            try:
                if self.slot() >= slot:
                    return
            except OSError:
                pass
            assert time.monotonic() < deadline, "no blocks are made"
            time.sleep(0.3)


@contextmanager
def lodestar(folder: Path) -> Iterator[Lodestar]:
    """Start one, and stop it at the end."""
    if not (HOME / "VERSION").exists():  # only `make test-nodes` insists on it
        told = cannot if os.environ.get("SCANNER_NODES") else pytest.skip
        told("lodestar is missing: run 'scripts/install-lodestar .devnet/lodestar' (a minute)")
    port = free_port()
    options = {
        "genesisValidators": "8",
        "startValidators": "0..7",
        "eth1": "false",
        "dataDir": str(folder / "lodestar"),
        "rest.address": "127.0.0.1",
        "rest.port": str(port),
        "rest.namespace": "*",
        "beaconNodes": f"http://127.0.0.1:{port}",  # which its validators ask
        "listenAddress": "127.0.0.1",
        "port": str(free_port()),
        "params.SECONDS_PER_SLOT": str(SECONDS),
        "genesisTime": str(int(time.time()) + 12),
    }
    program = HOME / "node_modules/@chainsafe/lodestar/lib/index.js"
    command = ["node", "--require", str(HOME / "polyfill.cjs"), str(program), "dev", "--rest"]
    command += ["--reset", *(part for k, v in options.items() for part in (f"--{k}", v))]
    with (folder / "lodestar.log").open("wb") as log:
        environment = {**os.environ, "NODE_BACKEND": "js"}
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log, cwd=HOME)
        try:
            yield Lodestar(f"http://127.0.0.1:{port}")
        finally:
            process.kill()
            process.wait(20)
