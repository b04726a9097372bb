"""Clients that send slowly, or never read: they fill no memory and keep no connection for ever."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress

import pytest
import uvicorn
from support.web_data import served

from scanner.store.database.engine import open_store
from scanner.web import protocol
from scanner.web.forms import MOST_AT_ONCE
from scanner.web.protocol import TimedProtocol
from scanner.web.uploading import MOST_BYTES

MEGABYTE = 2**20


def memory(pid):
    """Megabytes of its own that a process has in memory."""
    with open(f"/proc/{pid}/status") as status:
        lines = dict(line.split(":", 1) for line in status)
    return int(lines["RssAnon"].split()[0]) // 1024


def test_many_lists_sent_at_once_are_not_all_kept(tmp_path):
    url = f"sqlite:///{tmp_path / 'scanner.db'}"
    open_store(url, create=True).close()
    with served(url) as client:
        place = client.base_url.host, client.base_url.port
        host = f"{place[0]}:{place[1]}"
        head = (
            f"POST /verify HTTP/1.1\r\nhost: {host}\r\norigin: http://{host}\r\n"
            "content-type: multipart/form-data; boundary=x\r\n"
            f"content-length: {MOST_BYTES}\r\n\r\n"
        )
        client.get("/verify")
        before, sending = memory(client.pid), []
        for _ in range(6 * MOST_AT_ONCE):
            raw = socket.create_connection(place, 20)
            raw.sendall(head.encode())
            for _ in range(MOST_BYTES // MEGABYTE - 1):
                raw.sendall(b"x" * MEGABYTE)
            sending.append(raw)
        more = memory(client.pid) - before
        sending[-1].sendall(b"x" * MEGABYTE)
        answer = sending[-1].recv(65_536)
        for raw in sending:
            raw.close()
        again = client.get("/verify")
    assert answer.startswith(b"HTTP/1.1 503")
    assert more < 2 * MOST_AT_ONCE * MOST_BYTES // MEGABYTE
    assert again.status_code == 200


@pytest.fixture
def port(monkeypatch):
    """Of a server that gives megabytes, and looks ten times a second how they are taken."""
    monkeypatch.setattr(protocol, "LOOK_SECONDS", 0.1)

    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"x" * 32 * MEGABYTE})

    config = uvicorn.Config(app, http=TimedProtocol, lifespan="off", log_config=None)
    server = uvicorn.Server(config)
    listening = socket.create_server(("127.0.0.1", 0))
    running = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    running.start()
    yield listening.getsockname()[1]
    server.should_exit = True
    running.join(20)


def asked(port, times=1):
    raw = socket.create_connection(("127.0.0.1", port), 20)
    raw.sendall(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n" * times)
    return raw


@pytest.mark.parametrize("times", [1, 50])
def test_who_never_reads_is_hung_up_on(port, times):
    taken = 0
    with asked(port, times) as raw, suppress(ConnectionResetError):
        threading.Event().wait(3)
        while part := raw.recv(MEGABYTE):
            taken += len(part)
    assert taken < 16 * MEGABYTE, "what the system had taken in, and no more"


def test_who_reads_slowly_gets_all_of_it(port):
    taken = 0
    with asked(port) as raw:
        while taken < 32 * MEGABYTE:
            taken += len(raw.recv(MEGABYTE // 2))
            threading.Event().wait(0.01)
    assert taken >= 32 * MEGABYTE
