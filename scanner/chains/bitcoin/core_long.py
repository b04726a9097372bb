"""Calls that take a node minutes: one at a time, with progress, and aborted when nobody waits."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress

from scanner.chains.bitcoin.core_rpc import CoreRpc, RpcFailure
from scanner.chains.shape import take
from scanner.errors import SourceError, SourceRejectedError, SourceUnavailableError

CALL_SECONDS = 3600.0
"""How long one call may take: minutes on the largest chains, longer on a slow disk."""

MAX_ANSWER = 512 * 1024 * 1024
"""Bytes of one answer: about 400 for each coin found."""

STATUS_SECONDS = 1.0
BUSY_SECONDS = 30.0


class LongCall:
    """A method with the actions start, status and abort: `scantxoutset`, `scanblocks`."""

    def __init__(self, rpc: CoreRpc, method: str) -> None:
        self._rpc, self._method, self._name = rpc, method, rpc.name
        self._one = threading.Lock()

    def run(
        self, params: Sequence[object], report: Callable[[float], None] | None = None
    ) -> object:
        """Start it with further parameters and wait for the result. report: the share done.

        Raises SourceUnavailableError when the node is already busy with one.
        """
        with self._one, self._watched(report):
            return self._start(params)

    def _start(self, params: Sequence[object]) -> object:
        if self._rpc.call(self._method, ["status"]) is not None:
            raise self._busy()
        try:
            answer = self._rpc.ask(
                self._method, ["start", *params], timeout=CALL_SECONDS, limit=MAX_ANSWER
            )
        except SourceRejectedError:
            raise
        except BaseException:  # Ctrl-C too: the node would go on for nobody
            self._abort()
            raise
        if isinstance(answer, RpcFailure):
            if "already in progress" in answer.message:
                raise self._busy()
            raise self._rpc.error(self._method, answer)
        return answer

    def _busy(self) -> SourceUnavailableError:
        return SourceUnavailableError(
            self._name, "is busy with another scan: wait, or abort that one", BUSY_SECONDS
        )

    def _abort(self) -> None:
        with suppress(Exception):  # the first error is the one to tell
            self._rpc.ask(self._method, ["abort"], timeout=5)

    @contextmanager
    def _watched(self, report: Callable[[float], None] | None) -> Iterator[None]:
        """Ask the node how far it is while it works, and pass that on."""
        if report is None:
            yield
            return
        stop = threading.Event()

        def watch() -> None:
            while not stop.wait(STATUS_SECONDS):
                with suppress(SourceError):  # the call itself will tell
                    status = self._rpc.ask(self._method, ["status"], timeout=5)
                    if isinstance(status, dict):
                        report(min(1.0, take(self._name, status, int, "progress") / 100))

        watcher = threading.Thread(target=watch, name=f"{self._method}-status", daemon=True)
        watcher.start()
        try:
            yield
        finally:
            stop.set()
            watcher.join(timeout=10)
        report(1.0)
