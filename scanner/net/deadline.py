"""A limit for a whole exchange: libraries limit each read, and a byte now and then is a read.

The limit belongs to the thread that asks: a connection is used by one thread at a time, and by
another one for the next request.
"""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Any, Final

import httpcore
from httpcore import SOCKET_OPTION

_PIECE: Final = 1 << 18
"""Bytes that are written between two looks at the limit."""

_of_thread = threading.local()


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Inside, whatever this thread reads or writes through `TimedBackend` ends in time.

    Then httpcore.ReadTimeout or WriteTimeout is raised.
    """
    before = getattr(_of_thread, "until", None)
    _of_thread.until = monotonic() + seconds
    try:
        yield
    finally:
        _of_thread.until = before


def _left(timeout: float | None, late: type[httpcore.TimeoutException]) -> float | None:
    """Seconds for one step. Raises `late` where there are none."""
    until = getattr(_of_thread, "until", None)
    if until is None:
        return timeout
    left: float = until - monotonic()
    if left <= 0:
        raise late("the exchange takes too long")
    return left if timeout is None else min(timeout, left)


class TimedBackend(httpcore.NetworkBackend):
    """Connects by another backend; what is read and written keeps to `within`."""

    def __init__(self, plain: httpcore.NetworkBackend) -> None:
        self._plain = plain

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """As httpcore has it."""
        seconds = _left(timeout, httpcore.ConnectTimeout)
        made = self._plain.connect_tcp(host, port, seconds, local_address, socket_options)
        return _TimedStream(made)


class _TimedStream(httpcore.NetworkStream):
    """A connection whose steps keep to the limit of the thread that takes them."""

    def __init__(self, plain: httpcore.NetworkStream) -> None:
        self._plain = plain

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._plain.read(max_bytes, _left(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        whole = memoryview(buffer)
        for at in range(0, len(whole), _PIECE):
            piece = bytes(whole[at : at + _PIECE])
            self._plain.write(piece, _left(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        self._plain.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        seconds = _left(timeout, httpcore.ConnectTimeout)
        return _TimedStream(self._plain.start_tls(ssl_context, server_hostname, seconds))

    def get_extra_info(self, info: str) -> Any:  # noqa: ANN401 - as httpcore has it
        return self._plain.get_extra_info(info)
