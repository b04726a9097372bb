"""HTTP as no good server speaks it: each odd answer is read as what it is, or refused, and soon."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest

from scanner.chains.fleet.health import Health
from scanner.errors import SourceError, SourceUnavailableError
from scanner.model.endpoint import Endpoint
from scanner.net.http import Transport

OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"transfer-encoding: chunked\r\n\r\n"
REFUSED = {
    "not HTTP": b"220 smtp ready\r\n",
    "HTTP/0.9": b'{"a": 1}',
    "HTTP/2 without asking": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "a status that is none": b"HTTP/1.1 2OO OK\r\n\r\n{}",
    "chunks of no size": CHUNKED + b'zz\r\n{"a": 1}\r\n0\r\n\r\n',
    "chunks of a negative size": CHUNKED + b'-8\r\n{"a": 1}\r\n0\r\n\r\n',
    "chunks of a huge size": CHUNKED + b"f" * 40 + b'\r\n{"a": 1}\r\n0\r\n\r\n',
    "chunks without an end": CHUNKED + b'8\r\n{"a": 1}\r\n',
    "a length that is longer": OK + b'content-length: 99\r\n\r\n{"a": 1}',
    "a length that is none": OK + b'content-length: many\r\n\r\n{"a": 1}',
    "a negative length": OK + b'content-length: -8\r\n\r\n{"a": 1}',
    "two lengths": OK + b'content-length: 8\r\ncontent-length: 2\r\n\r\n{"a": 1}',
    "a length of terabytes": OK + b"content-length: 9999999999999\r\n\r\n" + b"1" * 10_000,
    "a header without an end": OK + b"x: " + b"y" * 2_000_000,
    "a million headers": OK + b"x: y\r\n" * 300_000,
    "nothing but promises": b"HTTP/1.1 100 Continue\r\n\r\n" * 50_000,
    "nothing": b"",
}
READ = {
    "HTTP/1.0 without a length": b'HTTP/1.0 200 OK\r\n\r\n{"a": 1}',
    "HTTP/1.0 that would stay": b'HTTP/1.0 200 OK\r\nconnection: keep-alive\r\n\r\n{"a": 1}',
    "one byte a chunk": CHUNKED + b"".join(b"1\r\n%c\r\n" % c for c in b'{"a": 1}') + b"0\r\n\r\n",
    "a word about it first": b"HTTP/1.1 103 Early Hints\r\n\r\n" + OK + b'\r\n{"a": 1}',
    "a trailer": CHUNKED + b'8\r\n{"a": 1}\r\n0\r\nx: y\r\n\r\n',
}
WAITS = (
    "",
    "-5",
    "soon",
    "1e9",
    "99999999999999999999",
    "999999999",
    "Fri, 31 Dec 9999 23:59:59 GMT",
)


@contextmanager
def saying(answer: bytes) -> Iterator[str]:
    """A server that says this to everybody, and hangs up; yields its URL."""

    def serve(connection: socket.socket) -> None:
        with suppress(OSError), connection:
            connection.recv(65536)
            connection.sendall(answer)

    def listen(server: socket.socket) -> None:
        with suppress(OSError):
            while True:
                threading.Thread(target=serve, args=(server.accept()[0],), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=listen, args=(server,), daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/"
        server.shutdown(socket.SHUT_RDWR)


def asked(url: str) -> object:
    http = Transport(Endpoint("n", "bitcoin", "esplora", url, timeout=10))
    try:
        reply = http.get()
        reply.raise_for_status()
        return reply.json()
    finally:
        http.close()


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_no_answer_is_refused(what: str) -> None:
    with saying(REFUSED[what]) as url:
        began = time.process_time()
        with pytest.raises(SourceError) as error:
            asked(url)
        assert time.process_time() - began < 5, "on a busy machine"
        assert str(error.value).startswith("n: ")
        assert len(str(error.value)) < 200


@pytest.mark.parametrize("what", READ)
def test_what_is_odd_and_whole_is_read(what: str) -> None:
    with saying(READ[what]) as url:
        assert asked(url) == {"a": 1}


@pytest.mark.parametrize("wait", WAITS)
def test_no_wait_that_is_asked_for_is_longer_than_minutes(wait: str) -> None:
    head = f"HTTP/1.1 429 Slow\r\nretry-after: {wait}\r\ncontent-length: 0\r\n\r\n"
    with saying(head.encode()) as url, pytest.raises(SourceUnavailableError) as error:
        asked(url)
    now = [0.0]
    health = Health(lambda: now[0])
    health.start()
    health.failed(error.value.retry_after)
    assert 0 <= health.wait() <= 300
