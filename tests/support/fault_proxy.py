"""An HTTP proxy that spoils some of a JSON-RPC node's answers, as providers do."""

from __future__ import annotations

import http.client
import json
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

Answer = tuple[int, dict[str, str], bytes]
"""Status, headers, body."""

SLOW = 0.6
"""Seconds of the `timeout` fault: longer than the time-out that the tests give an endpoint."""


def limited(request, answer: Answer) -> Answer:
    return 429, {}, b"slow down"


def limited_with_wait(request, answer: Answer) -> Answer:
    return 429, {"Retry-After": "0"}, b"{}"


def limited_in_body(request, answer: Answer) -> Answer:
    error = {"code": -32005, "message": "rate limit", "data": {"rate": {"backoff_seconds": 0.05}}}
    ids = request[0]["id"] if isinstance(request, list) else request["id"]
    return 200, {}, json.dumps({"jsonrpc": "2.0", "id": ids, "error": error}).encode()


def timeout(request, answer: Answer) -> Answer:
    time.sleep(SLOW)
    return answer


def truncated(request, answer: Answer) -> Answer:
    return 200, {}, answer[2][: max(1, len(answer[2]) * 2 // 3)]


def html_error(request, answer: Answer) -> Answer:
    return 502, {"Content-Type": "text/html"}, b"<html><h1>502 Bad Gateway</h1></html>"


def html_success(request, answer: Answer) -> Answer:
    return 200, {"Content-Type": "text/html"}, b"<html>Checking your browser</html>"


def dropped(request, answer: Answer) -> Answer:
    """The connection ends in the middle of the answer."""
    return 0, {}, answer[2][: len(answer[2]) // 2]


def left_out(request, answer: Answer) -> Answer:
    """Items of a batch are missing; a single answer is empty."""
    body = json.loads(answer[2])
    if isinstance(body, list):
        return 200, {}, json.dumps(body[1:-1] if len(body) > 2 else []).encode()
    return 200, {}, b"[]"


def reordered(request, answer: Answer) -> Answer:
    body = json.loads(answer[2])
    return 200, {}, json.dumps(body[::-1] if isinstance(body, list) else body).encode()


def wrong_ids(request, answer: Answer) -> Answer:
    """Ids one too high: the first answer belongs to nobody, the others to their neighbours."""
    body = json.loads(answer[2])
    for item in body if isinstance(body, list) else [body]:
        item["id"] = 10**6 + item["id"]
    return 200, {}, json.dumps(body).encode()


def doubled(request, answer: Answer) -> Answer:
    """One item comes twice, the second time with another result."""
    body = json.loads(answer[2])
    if isinstance(body, list) and body:
        body.append({**body[0], "result": "0x" + "00" * 31 + "77"})
    return 200, {}, json.dumps(body).encode()


def lying(request, answer: Answer) -> Answer:
    """One balance is one too many; whatever the way of asking, the answer stays well-formed."""
    body = json.loads(answer[2])
    items = body if isinstance(body, list) else [body]
    asked = {item["id"]: item for item in (request if isinstance(request, list) else [request])}
    balances = [i for i in items if _is_balance(asked.get(i.get("id")), i.get("result"))]
    if balances:
        item = random.choice(balances)
        item["result"] = _one_more(item["result"])
    return 200, {}, json.dumps(body).encode()


def stale(request, answer: Answer) -> Answer:
    """A node whose head is far behind: it knows neither the newest block nor its hash."""
    body = json.loads(answer[2])
    asked = {item["id"]: item for item in (request if isinstance(request, list) else [request])}
    for item in body if isinstance(body, list) else [body]:
        call = asked[item["id"]]
        if call["method"] == "eth_blockNumber":
            item["result"] = "0x0"
        elif call["method"].startswith("eth_getBlockBy"):
            item["result"] = None
        elif call["method"] != "eth_chainId":
            item.pop("result", None)
            item["error"] = {"code": -32000, "message": "header not found"}
    return 200, {}, json.dumps(body).encode()


FAULTS: Sequence[Callable[..., Answer]] = (
    limited,
    limited_with_wait,
    limited_in_body,
    timeout,
    truncated,
    html_error,
    html_success,
    dropped,
    left_out,
    reordered,
    wrong_ids,
    doubled,
    lying,
    stale,
)


def _is_balance(call, result) -> bool:
    return (
        call is not None
        and isinstance(result, str)
        and (call["method"] == "eth_getBalance" or (call["method"] == "eth_call"))
        and len(result) > 2
    )


def _one_more(result: str) -> str:
    """Change the last digit: of a quantity, a word, a record of a sheet, a Multicall answer."""
    digit = int(result[-1], 16) ^ 1
    return result[:-1] + f"{digit:x}"


class FaultProxy:
    """Passes requests on to `target`; `share` of the answers get one of `faults`.

    refuse: requests (one call object) that are answered with an error like a gateway's that does
    not have the feature. counts: how often each fault happened.
    """

    def __init__(
        self,
        target: str,
        faults: Sequence[Callable[..., Answer]] = FAULTS,
        share: float = 0.2,
        seed: int = 0,
        refuse: Callable[[dict], str] = lambda call: "",
    ) -> None:
        self._host = urlsplit(target).netloc
        self._faults, self.share, self._refuse = faults, share, refuse
        self._random = random.Random(seed)
        self._lock = threading.Lock()
        self._local = threading.local()
        self.counts: Counter[str] = Counter()
        self.requests = 0
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}/"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))

    def __enter__(self) -> FaultProxy:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def answer(self, body: bytes) -> Answer:
        request = json.loads(body)
        with self._lock:
            self.requests += 1
            spoil = self._random.random() < self.share
            fault = self._random.choice(self._faults) if spoil else None
            if fault is not None:
                self.counts[fault.__name__] += 1
        if isinstance(request, dict) and (why := self._refuse(request)):
            error = {"code": -32602, "message": why}
            plain = {"jsonrpc": "2.0", "id": request["id"], "error": error}
            return 200, {}, json.dumps(plain).encode()
        if isinstance(request, list) and (why := self._refuse({"method": "batch"})):
            error = {"code": -32600, "message": why}
            return 200, {}, json.dumps({"jsonrpc": "2.0", "id": None, "error": error}).encode()
        good: Answer = (200, {}, self._ask(body))
        return fault(request, good) if fault is not None else good

    def _ask(self, body: bytes) -> bytes:
        connection = http.client.HTTPConnection(self._host, timeout=60)
        try:
            connection.request("POST", "/", body, {"Content-Type": "application/json"})
            return connection.getresponse().read()
        finally:
            connection.close()

    def _handler(proxy) -> type[BaseHTTPRequestHandler]:
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status, headers, content = proxy.answer(body)
                size = len(content)
                if status == 0:  # promise more than comes, then hang up
                    status, size = 200, size * 2 + 10
                    self.close_connection = True
                try:
                    self.send_response(status)
                    for name, value in headers.items():
                        self.send_header(name, value)
                    self.send_header("Content-Length", str(size))
                    self.end_headers()
                    self.wfile.write(content)
                except OSError:
                    self.close_connection = True

            def log_message(self, *_: object) -> None:
                """Keep quiet."""

        return Handler
