"""Blocks judged in processes: file order, flat backlog, errors, dead workers."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from typing import Any

import pytest
from support.list_parts import Part, parts, render

from scanner.errors import ListFormatError
from scanner.ownership import parallel
from scanner.ownership.judge import judge_claims
from scanner.ownership.parallel import SHORT, cores, judge_blocks
from scanner.settings.tables import load_registry


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_results_come_in_order_from_several_processes_and_are_the_same(
    method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parallel, "_start_method", lambda: method)
    found = list(judge_blocks(parts(60), render, workers=2))
    assert [number for number, _, _ in found] == list(range(60))
    processes = {process for _, process, _ in found}
    assert os.getpid() not in processes
    assert 1 <= len(processes) <= 2
    for part, (_, _, verdicts) in zip(parts(60), found, strict=True):
        assert verdicts == [None, *judge_claims(part.claims)]


@pytest.mark.parametrize(("count", "workers"), [(0, 2), (1, 2), (SHORT, 2), (40, 1)])
def test_short_lists_and_one_worker_stay_in_this_process(count: int, workers: int) -> None:
    found = list(judge_blocks(parts(count), render, workers=workers))
    assert [number for number, _, _ in found] == list(range(count))
    assert {process for _, process, _ in found} <= {os.getpid()}


def test_blocks_are_taken_only_a_few_ahead() -> None:
    taken = 0

    def counted() -> Iterator[Part]:
        nonlocal taken
        for part in parts(200):
            taken += 1
            yield part

    results = judge_blocks(counted(), render, workers=2)
    for done in range(1, 101):
        next(results)
        assert taken <= done + SHORT + 2
    results.close()  # type: ignore[attr-defined]
    assert taken < 120


def test_an_error_of_a_block_comes_out_as_itself() -> None:
    results = judge_blocks(parts(40, 20, "error"), render, workers=2)
    seen = []
    with pytest.raises(ListFormatError, match=r"list\.csv:20: broken") as caught:
        seen.extend(results)
    assert (caught.value.file, caught.value.line) == ("list.csv", 20)


def test_a_worker_that_dies_loses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRASH_PID", str(os.getpid()))
    found = list(judge_blocks(parts(40, 15, "crash"), render, workers=2))
    assert [number for number, _, _ in found] == list(range(40))
    for part, (_, _, verdicts) in zip(parts(40), found, strict=True):
        assert verdicts == [None, *judge_claims(part.claims)]


@pytest.mark.parametrize("broken_at", [0, 1, 4, 5, 6, 20, 39])
def test_a_pool_that_breaks_while_it_is_given_a_block_loses_nothing(
    broken_at: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker's end is noticed at any time, also between a result and the next block."""

    class Pool:
        def __init__(self, *_: object, initargs: tuple[Any, ...], **__: object) -> None:
            (self._work,), self._given = initargs, 0

        def submit(self, _: object, block: Any) -> Future[Any]:
            if self._given == broken_at:
                raise BrokenProcessPool
            self._given += 1
            made: Future[Any] = Future()
            made.set_result(parallel._judge_block(block, load_registry(), self._work))
            return made

        def shutdown(self, **_: object) -> None:
            pass

    monkeypatch.setattr(parallel, "ProcessPoolExecutor", Pool)
    found = list(judge_blocks(parts(40), render, workers=2))
    assert [number for number, _, _ in found] == list(range(40))


def test_workers_end_when_the_iterator_is_closed() -> None:
    results = judge_blocks(parts(1000), render, workers=2)
    processes = {next(results)[1] for _ in range(20)}
    results.close()  # type: ignore[attr-defined]
    for process in processes:
        for _ in range(500):
            if not _runs(process):
                break
            os.sched_yield()
            _wait_a_little()
        assert not _runs(process)


def _runs(process: int) -> bool:
    try:
        with open(f"/proc/{process}/stat") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def _wait_a_little() -> None:
    import select

    select.select([], [], [], 0.01)


def test_cores_is_what_this_process_may_use() -> None:
    assert 1 <= cores() <= (os.cpu_count() or 1)


def test_processes_are_not_forked_while_other_threads_run() -> None:
    """A thread may hold a lock that its copy in the child would wait for for ever."""
    import threading

    ended = threading.Event()
    thread = threading.Thread(target=ended.wait)
    thread.start()
    try:
        assert parallel._start_method() == "spawn"
    finally:
        ended.set()
        thread.join()
