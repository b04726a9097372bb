"""Asks sources as often as a run may, and stops when it is to stop; what all its steps share."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from random import uniform
from threading import Event, Lock
from typing import TypeVar

from tenacity import Retrying, retry_if_exception_type, stop_after_attempt
from tenacity.nap import sleep_using_event

from scanner.errors import ReorgError, ScannerError, SourceUnavailableError, StoreError
from scanner.model.balance import Evidence
from scanner.model.block import BlockRef
from scanner.model.registry import Registry
from scanner.model.statement import StatementRule
from scanner.snapshots.interface import Judge, SnapshotSink

LONGEST_WAIT = 60.0
"""Seconds at most between two tries, whatever a server asks for."""

LATEST_TIME = 1 << 33
"""Seconds since 1970, in the year 2242: what an endpoint says from here on is no block's time."""

_TICK = 0.5
"""Seconds between two looks at Ctrl-C."""

T = TypeVar("T")


class StoppedError(Exception):
    """The run is to stop. Nothing of the chunk at hand is stored; it is taken again later."""


class ChunkFailedError(Exception):
    """A chunk cannot be taken now.

    retryable: whether its source gave no answer at all. reorged: whether its block is gone.
    """

    def __init__(self, reason: str, *, retryable: bool, reorged: bool = False) -> None:
        super().__init__(reason)
        self.reason, self.retryable, self.reorged = reason, retryable, reorged


@dataclass(frozen=True, slots=True)
class Tools:
    """What taking chunks needs, the same for every chunk of a run.

    rule: what counts as the publisher's claim; verdicts are settled by it. hashes: network -> the
        hash that the user knows its block to have.
    attempts: how often a source is asked before a chunk fails. stop: set to stop soon.
    first_wait: seconds before the second try; then twice as long each time, with jitter.
    networks: those that the user wants read, None for all.
    at_work: held while rows are made and stored. Threads are for waiting: two that take the
        interpreter's lock from each other at every row are slower than one after the other.
    """

    sink: SnapshotSink
    judge: Judge
    registry: Registry
    attempts: int
    stop: Event
    first_wait: float = 0.5
    rule: StatementRule | None = None
    hashes: Mapping[str, str] = field(default_factory=dict)
    networks: Collection[str] | None = None
    at_work: Lock = field(default_factory=Lock)

    def left_out(self, network: str) -> bool:
        """Whether the user asked for other networks."""
        return self.networks is not None and network not in self.networks

    def go_on(self) -> None:
        """Raise StoppedError if the run is to stop."""
        if self.stop.is_set():
            raise StoppedError


def plausible(block: BlockRef) -> BlockRef:
    """A block without a time that no block can have."""
    if block.time is None or 0 <= block.time < LATEST_TIME:
        return block
    return replace(block, time=None)


def vouched_by_user(tools: Tools, block: BlockRef) -> BlockRef:
    """A block with the user's word for its hash, where there is one; without an impossible time.

    Raises ChunkFailedError where the endpoints have another block at its height.
    """
    block = plausible(block)
    wanted = tools.hashes.get(block.network)
    if wanted is None:
        return block
    if block.hash.removeprefix("0x").lower() != wanted.removeprefix("0x").lower():
        reason = (
            f"block {block.height} of {block.network} has the hash {block.hash} at the endpoints, "
            f"but you gave {wanted}: they are not on your chain, or the hash is wrong"
        )
        raise ChunkFailedError(reason, retryable=False)
    return replace(block, evidence=Evidence.PROVEN)


def asked(tools: Tools, work: Callable[[], T]) -> T:
    """Do work that asks a source, again where asking again may help.

    Raises ChunkFailedError in place of whatever goes wrong, but for the database and a stop.
    """
    retrying = Retrying(
        stop=stop_after_attempt(tools.attempts),
        wait=lambda state: _wait(tools, state.attempt_number, _failure(state.outcome)),
        retry=retry_if_exception_type(SourceUnavailableError),
        before=lambda _state: tools.go_on(),
        sleep=sleep_using_event(tools.stop),
        reraise=True,
    )
    try:
        return retrying(work)
    except (StoreError, StoppedError):
        raise
    except SourceUnavailableError as e:
        raise ChunkFailedError(str(e), retryable=True) from e
    except ScannerError as e:
        reorged = isinstance(e, ReorgError)
        raise ChunkFailedError(str(e), retryable=False, reorged=reorged) from e
    except Exception as e:
        # A bug met by one hostile row must not end a run of hours, nor pass for a result. Only
        # its kind and place are told: texts of libraries may hold an endpoint's URL.
        raise ChunkFailedError(f"internal error: {_place(e)}", retryable=False) from e


def _wait(tools: Tools, attempt: int, failure: BaseException | None) -> float:
    seconds: float = tools.first_wait * 2 ** (attempt - 1) * uniform(0.75, 1.25)  # noqa: S311 - jitter
    asked = failure.retry_after if isinstance(failure, SourceUnavailableError) else None
    return min(max(seconds, asked or 0.0), LONGEST_WAIT)


def _failure(outcome: object) -> BaseException | None:
    exception = getattr(outcome, "exception", None)
    found = exception() if callable(exception) else None
    return found if isinstance(found, BaseException) else None


def _place(error: Exception) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return type(error).__name__
    module = trace.tb_frame.f_globals.get("__name__", "?")
    return f"{type(error).__name__} in {module}, line {trace.tb_lineno}"


def side_by_side(stop: Event, parallel: int, work: Sequence[Callable[[], None]]) -> None:
    """Do all of `work`, at most `parallel` at a time. The first error stops the rest and is raised.

    A run that is to stop ends with StoppedError from whatever was begun.
    """
    with ThreadPoolExecutor(max(1, min(parallel, len(work)))) as pool:
        pending: set[Future[None]] = {pool.submit(w) for w in work}
        try:
            while pending:
                # With a time-out, so that Ctrl-C gets through to the main thread.
                finished, pending = wait(pending, _TICK, return_when=FIRST_EXCEPTION)
                for future in finished:
                    future.result()
        except BaseException:
            stop.set()
            pool.shutdown(wait=False, cancel_futures=True)
            raise
