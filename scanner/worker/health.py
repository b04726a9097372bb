"""A worker's own page: /healthz, /readyz and /metrics of this one process.

/healthz: the process lives and its loop turns. /readyz: it is at work and its database answers
with the right schema. /metrics: what only this process knows; what the database knows is told by
`scanner serve`. Read-only, no names but those of endpoints, no library beyond Python's own.
"""

from __future__ import annotations

import errno
import logging
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from threading import BoundedSemaphore, Thread, Timer

from scanner.errors import ConfigError, ScannerError
from scanner.store.database.engine import Store
from scanner.store.database.migrate import require_head
from scanner.worker.watch import Stage, Watch

PATIENCE = 5.0
"""Seconds for a request to arrive, and again for its answer to be taken."""
AT_ONCE = 8
"""Requests answered at a time; further ones are hung up on."""

METRICS = "text/plain; version=0.0.4; charset=utf-8"
PLAIN = "text/plain; charset=utf-8"

Page = tuple[int, str, str]
"""Status, content type, body."""

log = logging.getLogger(__name__)


@contextmanager
def health_page(host: str, port: int, store: Store, watch: Watch) -> Iterator[int]:
    """Answer on host:port while the block runs. port: 0 for a free one. Yields the port.

    Raises ConfigError if it cannot listen there.
    """
    try:
        server = _Server((host, port), _pages(store, watch))
    except OSError as e:
        taken = e.errno == errno.EADDRINUSE
        why = "the port is already in use" if taken else e.strerror or str(e)
        raise ConfigError(
            f"no health page on {host}:{port}: {why}; choose another --health-port"
        ) from None
    thread = Thread(target=server.serve_forever, args=(0.2,), daemon=True, name="health")
    thread.start()
    try:
        yield int(server.server_address[1])
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _pages(store: Store, watch: Watch) -> Mapping[str, Callable[[], Page]]:
    def healthz() -> Page:
        return (503, PLAIN, "stuck\n") if watch.stuck else (200, PLAIN, "alive\n")

    def readyz() -> Page:
        if watch.stuck or watch.stage is not Stage.WORKING:
            return 503, PLAIN, f"{'stuck' if watch.stuck else watch.stage.value}\n"
        try:
            with store.read() as connection:
                require_head(connection)
        except ScannerError as e:
            log.warning("not ready: %s", e)
            return 503, PLAIN, "the database does not answer, or has another schema\n"
        return 200, PLAIN, "ready\n"

    def metrics() -> Page:
        return 200, METRICS, watch.text()

    return {"/healthz": healthz, "/readyz": readyz, "/metrics": metrics}


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 16

    def __init__(self, place: tuple[str, int], pages: Mapping[str, Callable[[], Page]]) -> None:
        self.pages = pages
        self._room = BoundedSemaphore(AT_ONCE)
        super().__init__(place, _Handler)

    def process_request(self, request: object, client_address: object) -> None:
        """Answer in a thread, unless too many are at it."""
        if self._room.acquire(blocking=False):
            super().process_request(request, client_address)  # type: ignore[arg-type]
        else:
            self.shutdown_request(request)  # type: ignore[arg-type]

    def process_request_thread(self, request: object, client_address: object) -> None:
        """As the library does, giving back the room taken."""
        try:
            super().process_request_thread(request, client_address)  # type: ignore[arg-type]
        finally:
            self._room.release()

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is nobody's trouble."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = PATIENCE
    server_version, sys_version = "reserve-scanner", ""

    def handle(self) -> None:
        """Take a request, if all of it comes in time.

        The library's time-out is for each read: a few clients that send a byte now and then would
        keep all room, and probes would find a worker dead that works.
        """
        with suppress(OSError):  # hung up on while it was read
            self._late = Timer(self.timeout, self._hang_up)
            self._late.daemon = True
            self._late.start()
            try:
                super().handle()
            finally:
                self._late.cancel()

    def _hang_up(self) -> None:
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)

    def do_GET(self) -> None:
        """Give a page."""
        self._late.cancel()
        page = self.server.pages.get(self.path.partition("?")[0])
        if page is None:
            self._send(404, PLAIN, "there are /healthz, /readyz and /metrics\n")
        elif not _safe_host(self.headers.get("Host", "")):
            self._send(421, PLAIN, "use the IP address: there is no page under that name\n")
        else:
            self._send(*page())

    def do_HEAD(self) -> None:
        """Give a page's head."""
        self.do_GET()

    def _send(self, status: int, kind: str, body: str) -> None:
        content = body.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Probes come every few seconds: they are not logged."""


def _safe_host(given: str) -> bool:
    """Whether a browser sent here by another site could not have asked: a number, or no domain.

    A page on the internet can make a name of its own point to this machine (DNS rebinding); it
    cannot do so with an address, nor with a name that has no dot.
    """
    if given.startswith("["):
        name = given[1:].partition("]")[0]
    else:
        name = given.rpartition(":")[0] if given.rpartition(":")[2].isdigit() else given
    try:
        ip_address(name)
    except ValueError:
        return "." not in name.rstrip(".")
    return True
