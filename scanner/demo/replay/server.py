"""A small HTTP server that replays one network's recorded answers for another set of accounts.

It takes the recorded answer to a request (data/recorded.json) and changes addresses, balances,
heights and hashes in it, nothing else: its shape is the real server's. The chain that it says it is
on is not the network's own, so that nothing read here passes for the real one.
"""

from __future__ import annotations

import copy
import hashlib
import json
import threading
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, Self

from scanner.model.endpoint import Endpoint

_RECORDED = Path(__file__).parents[1] / "data" / "recorded.json"

Json = Any
"""A decoded JSON text: its shape is the recorded answer's."""


@dataclass(frozen=True, slots=True)
class Ledger:
    """What a replayed network holds at its one height.

    height: the block that the list states. tip: the server's newest block. time: of every block,
    seconds since 1970. held: (address, token's contract or "") -> base units. given_away: address
    -> the address whose key may spend from it in its place. keys: address -> published key in hex,
    where the list has one.
    """

    height: int
    tip: int
    time: int
    held: Mapping[tuple[str, str], int]
    given_away: Mapping[str, str] = field(default_factory=dict)
    keys: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Said:
    """One answer, before it is JSON text."""

    body: Json
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


class Replay(ABC):
    """One server, a context manager: entering listens on a free port, leaving stops it."""

    network: ClassVar[str]
    protocol: ClassVar[str]
    chain: ClassVar[str]

    def __init__(self, ledger: Ledger, network: str = "") -> None:
        self.ledger = ledger
        self.of = network or self.network
        self._lock = threading.Lock()

    @abstractmethod
    def answer(self, path: str, asked: Json) -> Said:
        """Answer a request. asked: the decoded body, None for a GET."""

    def endpoint(self) -> Endpoint:
        """Describe it as a configured endpoint."""
        name = f"replay-{self.of}"
        url = f"http://127.0.0.1:{self._http.server_port}"
        return Endpoint(
            name, self.of, self.protocol, url, operator="demo-replay", chain=self.chain, own=True
        )

    def held(self, address: str, contract: str = "") -> int | None:
        """Base units of one account, None where there is no such account."""
        return self.ledger.held.get((address, contract))

    def digest(self, number: int) -> bytes:
        """32 bytes for a block, the same in every run."""
        return hashlib.sha256(f"{self.of} {number}".encode()).digest()

    def __enter__(self) -> Self:
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._http.daemon_threads = True
        serve = threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True)
        serve.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._http.shutdown()
        self._http.server_close()

    def said(self, path: str, body: bytes) -> Said:
        """Answer the bytes of a request; one at a time."""
        with self._lock:
            return self.answer(path, json.loads(body) if body else None)


def recorded(network: str, name: str) -> Json:
    """One recorded answer, to be changed freely."""
    return copy.deepcopy(_all()[network][name])


@cache
def _all() -> Json:
    return json.loads(_RECORDED.read_text("utf-8"))


def _handler(server: Replay) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def _do(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            said = server.said(self.path, body)
            text = json.dumps(said.body).encode()
            self.send_response(said.status)
            for name, value in said.headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        do_GET = do_POST = _do  # noqa: N815 - names that http.server looks for

        def log_message(self, format: str, *args: object) -> None:
            del format, args

    return Handler
