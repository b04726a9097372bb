"""A small HTTP server for tests that plays one endpoint of a network, traps and all."""

from __future__ import annotations

import random
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar, Protocol, TypeVar

from scanner.model.endpoint import Endpoint


class Trap(StrEnum):
    """What a server does wrong. Families play it as their own servers would."""

    NONE = "none"
    LIES = "lies"  # every funded address has one base unit more
    ZEROES = "zeroes"  # nothing anywhere, politely
    WRONG_CHAIN = "wrong_chain"  # all of another chain
    OTHER_BLOCK = "other_block"  # answers for the block before, and says so
    FORK = "fork"  # its block at the pinned height has another hash
    PRUNED = "pruned"  # the state of the pinned block is gone
    DROPS = "drops"  # leaves the last item out of every answer of several, or answers nothing
    FAULTS = "faults"  # every fifth answer (as a rule) is an error, a cut, or nothing at all
    DEAD = "dead"  # every answer is HTTP 500


@dataclass(frozen=True)
class Sent:
    """One answer. body: JSON text as a rule."""

    body: bytes
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


class Closing(Protocol):
    """What is closed when it is done with, as readers are."""

    def close(self) -> None:
        """Close what is open."""


C = TypeVar("C", bound=Closing)


class Server:
    """Base of the stubs. `answer` says what comes back; faults are played here.

    seed: of the faults. asked: every request so far, as (method, path, body).
    """

    network: ClassVar[str]
    protocol: ClassVar[str]

    def __init__(self, seed: int = 7) -> None:
        self.trap = Trap.NONE
        self.asked: list[tuple[str, str, bytes]] = []
        self.asked_headers: dict[str, str] = {}  # of the request that `answer` is called for
        self.faults, self.fault_share = 0, 0.2
        self._random = random.Random(seed)
        self._lock = threading.Lock()
        self.connections: set[socket.socket] = set()
        self._http = _Quiet(("127.0.0.1", 0), _handler(self))
        self._http.daemon_threads = True
        threading.Thread(target=self._http.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._http.server_port}"

    def endpoint(self, name: str, operator: str = "", **more: object) -> Endpoint:
        """This server as a configured endpoint."""
        fields: dict[str, object] = {"operator": operator or name, "timeout": 5.0, **more}
        return Endpoint(name, self.network, self.protocol, self.url, **fields)  # type: ignore[arg-type]

    def answer(self, method: str, path: str, body: bytes) -> Sent:
        """What the server says to one request. Called from several threads, one at a time."""
        raise NotImplementedError

    def respond(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Sent | None:
        """The answer with faults; None: the connection is cut."""
        with self._lock:
            self.asked_headers = headers
            self.asked.append((method, path, body))
            if self.trap is Trap.DEAD:
                return Sent(b"down", 500)
            if self.trap is Trap.FAULTS and self._random.random() < self.fault_share:
                self.faults += 1
                return self._fault(self.answer(method, path, body))
            return self.answer(method, path, body)

    def _fault(self, sent: Sent) -> Sent | None:
        return self._random.choice(
            [
                None,
                Sent(b"<html>bad gateway</html>", 502),
                Sent(b"slow down", 429, {"retry-after": "0"}),
                Sent(sent.body[: len(sent.body) // 2], sent.status, sent.headers),
                Sent(b"<html>ok</html>"),
            ]
        )

    def close(self) -> None:
        """Stop listening, and leave no connection open."""
        self._http.shutdown()
        self._http.server_close()
        for connection in list(self.connections):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


class _Quiet(ThreadingHTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """Clients that are killed say nothing on the test's stderr."""


def _handler(server: Server) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def setup(self) -> None:
            super().setup()
            server.connections.add(self.connection)

        def finish(self) -> None:
            server.connections.discard(self.connection)
            super().finish()

        def _do(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            sent = server.respond(self.command, self.path, body, headers)
            if sent is None:
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            self.send_response(sent.status)
            for name, value in sent.headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(sent.body)))
            self.end_headers()
            self.wfile.write(sent.body)

        do_GET = do_POST = _do

        def log_message(self, *_: object) -> None:
            pass

    return Handler


@contextmanager
def opened(reader: C, server: Server) -> Iterator[C]:
    """A reader of a server; both are closed at the end."""
    try:
        yield reader
    finally:
        reader.close()
        server.close()
