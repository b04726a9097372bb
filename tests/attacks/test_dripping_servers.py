"""Servers that send a byte now and then, each in time: the whole answer has a limit, too."""

import socket
import threading
import time
from contextlib import contextmanager, suppress

import pytest

from scanner.alerts import channels
from scanner.alerts.channels import deliver
from scanner.alerts.config import Email
from scanner.alerts.telling import trial_message
from scanner.errors import SourceUnavailableError
from scanner.model.endpoint import Endpoint
from scanner.net.download import download
from scanner.net.http import Transport

DRIPPING = {
    "the status line": (b"HTTP/1.1 200 O", b"K"),
    "a header": (b"HTTP/1.1 200 OK\r\nx: ", b"x"),
    "many headers": (b"HTTP/1.1 200 OK\r\n", b"x: y\r\n"),
    "a body": (b"HTTP/1.1 200 OK\r\ncontent-length: 9999\r\n\r\n", b"x"),
    "chunks": (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
    "gzip's name of a file, which unpacks to nothing": (
        b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\n\r\n\x1f\x8b\x08\x08" + bytes(6), b"x",
    ),
}  # fmt: skip


@contextmanager
def dripping(head, byte, waits=True):
    """A server that sends a head, and then a little every 0.1 s; yields host:port.

    waits: until it is spoken to.
    """
    over = threading.Event()

    def serve(connection):
        with suppress(OSError), connection:
            if waits:
                connection.recv(65536)
            connection.sendall(head)
            while not over.wait(0.1):
                connection.sendall(byte)

    def listen(server):
        with suppress(OSError):
            while True:
                threading.Thread(target=serve, args=(server.accept()[0],), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=listen, args=(server,), daemon=True).start()
        yield f"127.0.0.1:{server.getsockname()[1]}"
        over.set()
        server.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize("what", DRIPPING)
def test_a_server_that_sends_a_byte_now_and_then_has_no_more_time(what):
    """Each byte came in time; the answer does not, and its reader is not kept for weeks."""
    with dripping(*DRIPPING[what]) as host:
        began = time.monotonic()
        http = Transport(Endpoint("n", "bitcoin", "esplora", f"http://{host}/", timeout=1.5))
        with pytest.raises(SourceUnavailableError, match="no complete answer"):
            http.get()
        http.close()
        assert time.monotonic() - began < 15, "on a busy machine"


@pytest.mark.parametrize("what", DRIPPING)
def test_a_list_that_comes_a_byte_now_and_then_is_given_up(what, tmp_path):
    with dripping(*DRIPPING[what]) as host:
        began = time.monotonic()
        with pytest.raises(SourceUnavailableError, match="not complete after"):
            download(f"http://{host}/", "okx", tmp_path / "list", limit=10**6, seconds=1.5)
        assert time.monotonic() - began < 15


SMTP = {
    "the greeting": (b"220-", b"x", "none"),
    "lines of the greeting": (b"", b"220-x\r\n", "none"),
    "the answer to EHLO": (b"220 here\r\n250-", b"x", "starttls"),
    "the handshake": (b"\x16\x03\x03\x3f\xff\x02", b"x", "tls"),
}


@pytest.mark.parametrize("what", SMTP)
def test_a_mail_server_that_says_a_byte_now_and_then_is_left(what, monkeypatch):
    monkeypatch.setattr(channels, "MAIL_SECONDS", 1.5)
    head, byte, security = SMTP[what]
    with dripping(head, byte, waits=False) as place:
        host, _, port = place.partition(":")
        mail = Email("ops", host, int(port), security, "a@b.example", ("c@d.example",), timeout=5)
        began = time.monotonic()
        with pytest.raises(SourceUnavailableError, match="did not take the mail within"):
            deliver(mail, trial_message())
        assert time.monotonic() - began < 15
