"""A real ElectrumX (e-x) beside a regtest node."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from scanner.chains.bitcoin.electrum_rpc import ElectrumRpc
from scanner.demo.nodes import DEVNET, Node
from scanner.errors import SourceError
from scanner.model.endpoint import Endpoint
from support.missing import cannot

PROGRAM = DEVNET / "electrumx" / "bin" / "electrumx_server"
START_SECONDS = 300  # a million outputs take it half a minute


@contextmanager
def electrumx(
    node: Node, folder: Path, coin: str = "Bitcoin", *, wait: bool = True
) -> Iterator[Endpoint]:
    """Start a server, wait until it has every block of the node, stop it at the end.

    wait: False lets the test do something meanwhile, and `wait_for` it then.
    """
    if not PROGRAM.exists() or shutil.which(PROGRAM) is None:
        cannot("ElectrumX is missing: run 'scripts/install-electrumx .devnet/electrumx'")
    folder.mkdir(parents=True, exist_ok=True)
    tcp, rpc = _free_port(), _free_port()
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "COIN": coin,
        "NET": "regtest",
        "DB_DIRECTORY": str(folder),
        "DB_ENGINE": "leveldb",
        "ALLOW_ROOT": "1",
        "DAEMON_URL": node.url,
        "PEER_DISCOVERY": "off",
        "PEER_ANNOUNCE": "",
        "SERVICES": f"tcp://127.0.0.1:{tcp},rpc://127.0.0.1:{rpc}",
        "COST_SOFT_LIMIT": "1000000000",
        "COST_HARD_LIMIT": "2000000000",
        "REQUEST_SLEEP": "0",
        "DAEMON_POLL_INTERVAL_BLOCKS": "100",
        "DAEMON_POLL_INTERVAL_MEMPOOL": "100",
    }
    log = (folder / "electrumx.log").open("wb")
    process = subprocess.Popen([PROGRAM], env=environment, stdout=log, stderr=subprocess.STDOUT)
    endpoint = Endpoint(
        "electrumx",
        node.network,
        "electrum",
        f"tcp://127.0.0.1:{tcp}",
        "me",
        node.chain,
        timeout=30,
    )
    try:
        if wait:
            wait_for(endpoint, int(node.rpc("getblockcount")), process, folder / "electrumx.log")
        yield endpoint
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        log.close()


def wait_for(
    endpoint: Endpoint,
    height: int,
    process: subprocess.Popen[bytes] | None = None,
    log: Path = Path(),
) -> None:
    """Wait until the server has a block. log: what it has said, if `process` ends."""
    deadline = time.monotonic() + START_SECONDS
    rpc = ElectrumRpc(endpoint)
    try:
        while True:
            if process is not None and process.poll() is not None:
                cannot(f"{endpoint.name} ended: {log.read_text()[-500:]}")
            try:
                answer = rpc.call("blockchain.headers.subscribe")
                if isinstance(answer, dict) and answer["height"] >= height:
                    return
            except SourceError:
                pass
            assert time.monotonic() < deadline, f"{endpoint.name} did not reach block {height}"
            time.sleep(0.1)
    finally:
        rpc.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
