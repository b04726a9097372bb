"""Runs the web application under uvicorn: one process, or several that share one socket."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
from dataclasses import dataclass
from typing import Any

import uvicorn
from uvicorn.supervisors import Multiprocess

from scanner.errors import ConfigError
from scanner.web.app import VARIABLE
from scanner.web.protocol import TimedProtocol

BACKLOG = 128
MOST_AT_ONCE = 512
"""Connections of one process; further ones are told to come back."""
IDLE_SECONDS = 5
"""A connection without a request is closed after this."""
GRACE_SECONDS = 10
MOST_HEADER_BYTES = 16_384


@dataclass(frozen=True, slots=True)
class Place:
    """Where to listen. workers: processes."""

    host: str = "127.0.0.1"
    port: int = 8077
    workers: int = 2

    @property
    def name(self) -> str:
        """The host as it stands in an address."""
        return f"[{self.host}]" if ":" in self.host else self.host


class OneByOne(asyncio.SelectorEventLoop):
    """Takes one waiting connection at a time.

    asyncio takes as many as there are: of twenty that come together one process would get nearly
    all, and would answer them while the others stand idle. An asyncio that has no such method any
    more does as it always did.
    """

    def _accept_connection(
        self,
        protocol_factory: Any,  # noqa: ANN401 - as asyncio has it
        sock: socket.socket,
        sslcontext: Any = None,  # noqa: ANN401
        server: Any = None,  # noqa: ANN401
        backlog: int = 100,
        *rest: Any,  # noqa: ANN401
    ) -> None:
        super()._accept_connection(  # type: ignore[misc]
            protocol_factory, sock, sslcontext, server, 1, *rest
        )


def listen(place: Place) -> socket.socket:
    """Open the socket. Raises ConfigError saying why it cannot be had."""
    family = socket.AF_INET6 if ":" in place.host else socket.AF_INET
    opened = socket.socket(family, socket.SOCK_STREAM)
    try:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        opened.bind((place.host, place.port))
        opened.listen(BACKLOG)
    except OSError as e:
        opened.close()
        if e.errno == errno.EADDRINUSE:
            why = "the port is already in use: choose another --port"
        else:
            why = e.strerror or str(e)
        raise ConfigError(f"cannot listen on {place.name}:{place.port}: {why}") from None
    opened.set_inheritable(True)
    return opened


def run(place: Place, opened: socket.socket, settings_json: str) -> None:
    """Serve until the process is told to stop (SIGINT, SIGTERM); requests at work are finished."""
    os.environ[VARIABLE] = settings_json
    config = uvicorn.Config(
        "scanner.web.app:worker_app",
        factory=True,
        host=place.host,
        port=place.port,
        workers=place.workers,
        log_config=None,  # its logs go where ours go, through the same filter
        log_level="error",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        ws="none",
        limit_concurrency=MOST_AT_ONCE,
        timeout_keep_alive=IDLE_SECONDS,
        timeout_graceful_shutdown=GRACE_SECONDS,
        h11_max_incomplete_event_size=MOST_HEADER_BYTES,
        http=TimedProtocol,
        loop=f"{OneByOne.__module__}:{OneByOne.__qualname__}",
    )
    if place.workers == 1:
        uvicorn.Server(config).run(sockets=[opened])
    else:
        Multiprocess(config, sockets=[opened]).run()
