"""Judges a long list on all cores: blocks out to processes, results back in file order.

Memory stays flat: only a few blocks are under way at once. A block is parsed, judged and rendered
in the same process, so that claims themselves never travel between processes.
"""

from __future__ import annotations

import gc
import logging
import multiprocessing
import os
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import chain, islice
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

from scanner.errors import ScannerError
from scanner.model.claim import Row
from scanner.model.control import ControlResult
from scanner.model.registry import Registry
from scanner.ownership.judge import judge_rows
from scanner.settings.tables import load_registry
from scanner.settings.threads import may_fork

R = TypeVar("R")

Judged = tuple[Row, ControlResult | None]
"""A row and the verdict about it; None where the row is no claim."""

Render = Callable[[Iterable[Judged]], R]
"""render(judged) -> what to give back for a block, whose rows come one by one, in file order.

Each row is parsed and judged when it is asked for: what was made for it is still at hand then, and
may be forgotten. Picklable (a function of a module), and so must be what it returns.
"""

SHORT = 6
"""Lists of at most this many blocks are judged right here: starting processes takes longer."""

BATCH = 512
"""Rows that are in memory at once: few enough for the processor's cache."""

_THREADS_END = 0.2
"""Seconds for threads to end, after which processes are started anew; that takes half a second."""

_log = logging.getLogger(__name__)


class Parsable(Protocol):
    """A part of a list that can be parsed by itself. Picklable."""

    def parse(self, registry: Registry) -> Iterable[Row]:
        """Every row of this part, in file order."""
        ...


def cores() -> int:
    """How many cores this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on Linux
        return os.cpu_count() or 1


def judge_blocks(
    blocks: Iterable[Parsable],
    render: Render[R],
    *,
    workers: int | None = None,
    tables: Path | None = None,
    judged: bool = True,
) -> Iterator[R]:
    """Judge every block of a list offline; yields one rendered result per block, in order.

    blocks: taken only a few ahead of what has been yielded. workers: processes, by default one
    per core; 1 judges in this process. tables: folder of the registry's tables, by default the
    shipped ones. judged: whether to judge at all; if not, every verdict is None.
    Closing the iterator early ends the processes.
    Raises what parsing or rendering a block raises. A process that dies (killed, out of memory)
    loses nothing: what it was at, and the rest, is judged in this process.
    """
    count = cores() if workers is None else workers
    source = iter(blocks)
    first = list(islice(source, SHORT + 1))
    work = _Work(render, tables, judged)
    if count <= 1 or len(first) <= SHORT:
        yield from _here(chain(first, source), work)
        return
    yield from _in_processes(chain(first, source), work, count)


class _Work(NamedTuple, Generic[R]):
    """What is done with every block. Picklable."""

    render: Render[R]
    tables: Path | None
    judged: bool


def _here(blocks: Iterable[Parsable], work: _Work[R]) -> Iterator[R]:
    registry = load_registry(work.tables)
    for block in blocks:
        yield _judge_block(block, registry, work)


def _start_method() -> str:
    """Fork where that is safe: no other thread may hold a lock. It saves half a second."""
    return "fork" if may_fork(_THREADS_END) else "spawn"


def _judge_block(block: Parsable, registry: Registry, work: _Work[R]) -> R:
    rows = iter(block.parse(registry))
    return work.render(_judged(rows, registry) if work.judged else ((row, None) for row in rows))


def _judged(rows: Iterator[Row], registry: Registry) -> Iterator[Judged]:
    """Parse, then judge a few rows at a time: each step finds its own code and tables at hand."""
    while batch := list(islice(rows, BATCH)):
        yield from zip(batch, judge_rows(batch, registry), strict=True)


def _in_processes(blocks: Iterator[Parsable], work: _Work[R], count: int) -> Iterator[R]:
    sys.stdout.flush()  # or forked processes would write what waits there a second time
    sys.stderr.flush()
    pool = ProcessPoolExecutor(
        count,
        mp_context=multiprocessing.get_context(_start_method()),
        initializer=_start,
        initargs=(work,),
    )
    under_way: deque[tuple[Parsable, Future[R]]] = deque()
    try:
        for block in islice(blocks, 2 * count + 1):
            under_way.append((block, _given(pool, block)))
        while under_way:
            result = _result(under_way[0][1])
            under_way.popleft()
            for block in islice(blocks, 1):
                under_way.append((block, _given(pool, block)))
            yield result
    except BrokenProcessPool:
        _log.warning("a worker process died: the rest is judged in one process")
        yield from _here(chain((block for block, _ in under_way), blocks), work)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _given(pool: ProcessPoolExecutor, block: Parsable) -> Future[Any]:
    """A block's result to come. A pool that broke says so when the result is asked for.

    Said at once, it would lose the block that was just taken and the result that is at hand.
    """
    try:
        return pool.submit(_work, block)
    except BrokenProcessPool as e:
        failed: Future[Any] = Future()
        failed.set_exception(e)
        return failed


class _Failure:
    """An error of the scanner on its way back: its class may not survive pickling by itself."""

    def __init__(self, error: ScannerError) -> None:
        self.kind, self.args, self.values = type(error), error.args, dict(error.__dict__)

    def error(self) -> ScannerError:
        error = self.kind.__new__(self.kind)
        error.args = self.args
        error.__dict__.update(self.values)
        return error


def _result(future: Future[R]) -> R:
    result = future.result()
    if isinstance(result, _Failure):
        raise result.error()
    return result


_job: tuple[Registry, _Work[Any]] | None = None


def _start(work: _Work[Any]) -> None:
    """Make a worker ready: tables, no part in Ctrl-C, and no life after its parent."""
    global _job  # noqa: PLW0603 - one per process, set before any work arrives
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _job = load_registry(work.tables), work
    # Rows make no reference cycles: looking for them after every 700 of them costs time only. The
    # verdicts that a process remembers are below this number, so that they are not looked through.
    gc.freeze()
    gc.set_threshold(250_000)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)


def _work(block: Parsable) -> Any:  # noqa: ANN401 - whatever render gives, or a _Failure
    if _job is None:
        raise RuntimeError("the worker was not started")
    registry, work = _job
    try:
        return _judge_block(block, registry, work)
    except ScannerError as e:
        return _Failure(e)
