"""A door in front of a server: it can be shut, and then nobody answers there."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import suppress
from typing import Self
from urllib.parse import urlsplit


class Gate:
    """Passes connections on to `target`. delay: seconds before each piece of an answer."""

    def __init__(self, target: str, delay: float = 0.0) -> None:
        parts = urlsplit(target)
        self._target, self._delay = (parts.hostname or "", parts.port or 80), delay
        self._through: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._door = self._listen(0)
        self.port = self._door.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.shut()

    def shut(self) -> None:
        """Hang up on everybody; new connections are refused."""
        with suppress(OSError):
            self._door.shutdown(socket.SHUT_RDWR)
        self._door.close()
        with self._lock:
            through, self._through = self._through, set()
        for one in through:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def open(self) -> None:
        """Let people in again, at the same port."""
        self._door = self._listen(self.port)

    def _listen(self, port: int) -> socket.socket:
        door = socket.create_server(("127.0.0.1", port), backlog=64)
        threading.Thread(target=self._let_in, args=(door,), daemon=True).start()
        return door

    def _let_in(self, door: socket.socket) -> None:
        while True:
            try:
                client, _ = door.accept()
            except OSError:
                return
            try:
                server = socket.create_connection(self._target, timeout=10)
            except OSError:
                client.close()
                continue
            server.settimeout(None)
            with self._lock:
                self._through |= {client, server}
            for here, there, delay in ((client, server, 0.0), (server, client, self._delay)):
                args = (here, there, delay)
                threading.Thread(target=self._pass_on, args=args, daemon=True).start()

    def _pass_on(self, here: socket.socket, there: socket.socket, delay: float) -> None:
        with suppress(OSError):
            while data := here.recv(65536):
                if delay:
                    time.sleep(delay)
                there.sendall(data)
        for one in (here, there):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        with self._lock:
            self._through -= {here, there}
