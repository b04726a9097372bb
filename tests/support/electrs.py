"""A real electrs beside a regtest node: a second Electrum server, of other people's code."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from scanner.demo.nodes import DEVNET, Node, free_port, tied_to_this_process
from scanner.model.endpoint import Endpoint
from support.electrumx import wait_for
from support.missing import cannot

PROGRAM = DEVNET / "electrs" / "bin" / "electrs"


def peer_options(port: int) -> tuple[str, ...]:
    """What a bitcoind needs beside its usual options: electrs reads blocks as a peer of it."""
    return (
        "-listen=1",
        "-listenonion=0",
        f"-bind=127.0.0.1:{port}",
        "-whitelist=download@127.0.0.1",
    )


@contextmanager
def electrs(node: Node, peer_port: int, folder: Path) -> Iterator[Endpoint]:
    """Start a server, wait until it has every block of the node, stop it at the end.

    peer_port: where the node listens for peers (`peer_options`).
    """
    if not PROGRAM.exists():  # only `make test-nodes` insists on it
        told = cannot if os.environ.get("SCANNER_NODES") else pytest.skip
        told("electrs is missing: run 'scripts/install-electrs .devnet/electrs' (Rust, 4 minutes)")
    folder.mkdir(parents=True, exist_ok=True)
    at = urlsplit(node.url)
    (folder / "electrs.toml").write_text(f'auth = "{at.username}:{at.password}"\n')
    port, metrics = free_port(), free_port()
    command = f"--conf {folder}/electrs.toml --skip-default-conf-files --network regtest"
    command += f" --daemon-rpc-addr 127.0.0.1:{at.port} --daemon-p2p-addr 127.0.0.1:{peer_port}"
    command += f" --db-dir {folder}/db --electrum-rpc-addr 127.0.0.1:{port}"
    command += f" --monitoring-addr 127.0.0.1:{metrics}"
    url = f"tcp://127.0.0.1:{port}"
    endpoint = Endpoint("electrs", node.network, "electrum", url, "other", node.chain, timeout=30)
    with (folder / "electrs.log").open("wb") as log:
        process = subprocess.Popen(
            [*tied_to_this_process(), str(PROGRAM), *command.split()],
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            height = int(node.rpc("getblockcount"))
            wait_for(endpoint, height, process, folder / "electrs.log")
            yield endpoint
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
