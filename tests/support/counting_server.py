"""An HTTP server that answers at once and notes when it was asked; workers that ask it."""

from __future__ import annotations

import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.synchronize import Barrier
from typing import Self

from scanner.model.endpoint import Endpoint
from scanner.net.http import Transport
from scanner.store.database.engine import open_store
from scanner.store.writing.rate_budgets import with_budgets


class CountingServer:
    """On a free port of 127.0.0.1. asked: (seconds, monotonic; the request's X-Worker header)."""

    def __init__(self) -> None:
        asked: list[tuple[float, str]] = []

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                asked.append((time.monotonic(), self.headers.get("X-Worker", "")))
                self.rfile.read(int(self.headers["Content-Length"]))
                self.send_response(200)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, *_: object) -> None:
                """Keep quiet."""

        self.asked = asked
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}/"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def ask_at_a_rate(
    database: str, place: str, rate: float, name: str, seconds: float, shared: bool, start: Barrier
) -> None:
    """One worker: asks as fast as its budget lets it, in two threads as sources do."""
    endpoint = Endpoint("node-a", "ethereum", "ethereum_rpc", place, rate=rate)
    with open_store(database) as store:
        if shared:
            endpoint = with_budgets(store, {"ethereum": [endpoint]})["ethereum"][0]
        http = Transport(endpoint, {"X-Worker": name})
        start.wait(60)
        until = time.monotonic() + seconds

        def work() -> None:
            while time.monotonic() < until:
                http.post_json({})

        threads = [threading.Thread(target=work) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        http.close()
