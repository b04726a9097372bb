"""An Electrum server over a chain in memory: JSON-RPC, one line a message, as electrs answers.

Shapes and error texts: answers of electrs 0.10.10.
"""

from __future__ import annotations

import json
import random
import socket
import socketserver
import threading
from contextlib import suppress
from hashlib import sha256
from typing import Any

from scanner.model.endpoint import Endpoint
from support.coin_world import TIP, CoinWorld, branch_of
from support.replay import Trap


class ElectrumReplay:
    """world: the chain. Its trap can be changed at any time. A Stub of the reader contract."""

    def __init__(self, world: CoinWorld, seed: int = 7) -> None:
        self.world, self.trap, self.fault_share = world, Trap.NONE, 0.2
        self.tells_blocks, self.is_electrumx = True, False
        self._scripts = {sha256(s).digest()[::-1].hex(): s for s in world.scripts}
        self._random, self._lock = random.Random(seed), threading.Lock()
        self._open: set[socket.socket] = set()
        self._tcp = socketserver.ThreadingTCPServer(("127.0.0.1", 0), _handler(self))
        self._tcp.daemon_threads = True
        threading.Thread(target=self._tcp.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"tcp://127.0.0.1:{self._tcp.server_address[1]}"

    def endpoint(self, name: str, operator: str = "") -> Endpoint:
        """This server as a configured endpoint."""
        return Endpoint(name, "bitcoin", "electrum", self.url, operator or name, timeout=5.0)

    def respond(self, line: bytes) -> bytes | None:
        """What it says to a line, without the end of line; None: the connection is cut."""
        with self._lock:
            if self.trap is Trap.DEAD:
                return None
            asked = json.loads(line)
            said = [self._one(call) for call in asked]
            if self.trap is Trap.DROPS and len(said) > 1:
                said = said[:-1]
            whole = json.dumps(said).encode()
            if self.trap is Trap.FAULTS and self._random.random() < self.fault_share:
                error = {"jsonrpc": "2.0", "id": None, "error": {"code": -102, "message": "busy"}}
                return self._random.choice(
                    [None, b"<html>bad gateway</html>", whole[: len(whole) // 2],
                     json.dumps(error).encode()]
                )  # fmt: skip
            return whole

    def _one(self, call: dict[str, Any]) -> dict[str, Any]:
        head = {"id": call["id"], "jsonrpc": "2.0"}
        method, params = call["method"], call["params"]
        if method == "blockchain.block.header" and params[0] > TIP:
            return head | {"error": {"code": 1, "message": f"no header at {params[0]}"}}
        if method == "blockchain.transaction.get":
            mined = self.world.find(params[0], self.trap)
            if mined is None:
                return head | {"error": {"code": 2, "message": "daemon error: no such tx"}}
            return head | {"result": mined.raw.hex()}
        if method == "blockchain.transaction.id_from_pos":
            return head | self._at(*params)
        return head | {"result": self._result(method, params)}

    def _at(self, height: int, position: int, merkle: bool) -> dict[str, Any]:
        """As electrs 0.10.10 answered, or in the words of ElectrumX 1.16 (session.py)."""
        txids = [t.txid for t in self.world.block(height)]
        if not self.tells_blocks:
            return {"error": {"code": -32601, "message": "unknown method"}}
        if position >= len(txids):
            words = f"invalid tx_pos {position} in block at height {height}"
            if self.is_electrumx:
                words = f"no tx at position {position:,d} in block at height {height:,d}"
            return {"error": {"code": 1, "message": words}}
        txid, branch = txids[position], branch_of(txids, position) if merkle else []
        if not self.is_electrumx:
            return {"result": {"tx_id": txid, **({"merkle": branch} if merkle else {})}}
        return {"result": {"tx_hash": txid, "merkle": branch} if merkle else txid}

    def _result(self, method: str, params: list[Any]) -> object:
        if method == "server.version":
            return ["electrs/0.10.10", "1.4"]
        if method == "blockchain.headers.subscribe":
            return {"height": TIP, "hex": self.world.header(TIP, self.trap).hex()}
        if method == "blockchain.block.header":
            return self.world.header(params[0], self.trap).hex()
        mined = self.world.mined(self._scripts.get(params[0], b""), self.trap)
        return [{"height": t.height, "tx_hash": t.txid} for t in mined]

    def close(self) -> None:
        """Stop listening, and leave no connection open."""
        self._tcp.shutdown()
        self._tcp.server_close()
        for connection in list(self._open):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


def _handler(server: ElectrumReplay) -> type[socketserver.StreamRequestHandler]:
    class Handler(socketserver.StreamRequestHandler):
        disable_nagle_algorithm = True

        def handle(self) -> None:
            server._open.add(self.connection)
            with suppress(OSError):
                for line in self.rfile:
                    said = server.respond(line)
                    if said is not None:
                        self.wfile.write(said + b"\n")
                    short = said is not None and len(json_list(said)) < len(json_list(line))
                    if said is None or short:  # the rest will not come: it says so by closing
                        return
            server._open.discard(self.connection)

    return Handler


def json_list(text: bytes) -> list[object]:
    """A line's items; none where it is no list."""
    with suppress(ValueError):
        value = json.loads(text)
        return value if isinstance(value, list) else []
    return []
