"""HTTP/1.1 as uvicorn speaks it, but who does not send, or does not read, is not waited for."""

from __future__ import annotations

import asyncio
from math import inf
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

REQUEST_SECONDS = 20.0
"""From the first byte (or the connection) until a request's head is complete."""
LOOK_SECONDS = 20.0
LEAST_READ = 20_000
"""Bytes of an answer that a client takes between two looks, or the rest."""


class TimedProtocol(H11Protocol):
    """One connection. It is closed when a request is begun and not complete in REQUEST_SECONDS, and
    when its answer is not read at LEAST_READ bytes in LOOK_SECONDS.

    uvicorn itself has a limit between requests only: a client that sends half a request, or a byte
    now and then, or asks and never reads, would hold its connection for ever.
    """

    _late: asyncio.TimerHandle | None = None
    _next_look: asyncio.TimerHandle | None = None
    _seen: tuple[object, float] = (None, inf)

    def connection_made(self, transport: Any) -> None:  # noqa: ANN401 - as uvicorn has it
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self._wait()
        self._next_look = self.loop.call_later(LOOK_SECONDS, self._look)

    def data_received(self, data: bytes) -> None:
        """Take bytes; stop waiting once a request is being answered."""
        super().data_received(data)
        if self.cycle is None or self.cycle.response_complete:
            self._wait()
        else:
            self._rest()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self._rest()
        if self._next_look is not None:
            self._next_look.cancel()
        super().connection_lost(exc)

    def _look(self) -> None:
        """Give up an answer that is not taken: closing would wait until it is."""
        left = self.transport.get_write_buffer_size()
        answered, before = self._seen
        if left and answered is self.cycle and left > before - LEAST_READ:
            self.transport.abort()
            return
        self._seen = (self.cycle, left or inf)
        self._next_look = self.loop.call_later(LOOK_SECONDS, self._look)

    def _wait(self) -> None:
        if self._late is None:
            self._late = self.loop.call_later(REQUEST_SECONDS, self._give_up)

    def _rest(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None

    def _give_up(self) -> None:
        self._late = None
        if self.cycle is not None and not self.cycle.response_complete:
            return  # it is being answered
        if self.transport is not None and not self.transport.is_closing():
            self.transport.close()
