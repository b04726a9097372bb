"""Several processes take one snapshot: the same results, and one that is killed loses nothing."""

import os
import signal
import threading
import time
from pathlib import Path

import pytest
from support.killed_runs import claims, done, start, told, undisturbed
from support.snapshot_stub import stored

from scanner.snapshots import crew
from scanner.snapshots.interface import Chunk, ChunkPlan, ChunkState, SnapshotPolicy, SnapshotState
from scanner.store.reading import queries
from scanner.store.reading.check import check
from scanner.store.writing.runs import create_snapshot
from scanner.store.writing.sink import StoreSink

CREW = {"PROCESSES": "3"}


@pytest.fixture
def planned(store):
    """A snapshot of 600 claims in 60 chunks, its database's URL, and what it must come to."""
    list_id = stored(store, claims()).list_id
    expected = undisturbed(store, list_id)
    snapshot = create_snapshot(store, list_id, SnapshotPolicy())
    return snapshot, store.engine.url.render_as_string(hide_password=False), expected


def members(run):
    """The processes that the first one has forked."""
    listed = Path(f"/proc/{run.pid}/task/{run.pid}/children").read_text(encoding="ascii")
    return [int(pid) for pid in listed.split()]


def is_whole(store, snapshot, expected):
    assert told(store, snapshot) == expected
    assert {c.attempts for c in StoreSink(store).chunks(snapshot)} == {1}, "taken twice"
    assert check(store) == []


def test_all_take_part_and_the_results_are_the_same(store, planned):
    snapshot, url, expected = planned
    with start(url, snapshot, 0.05, **CREW) as run:
        assert run.stdout.readline() == "taking\n"
        assert len(members(run)) == 2
        out, err = run.communicate(timeout=60)
    assert out.endswith("complete\n"), err
    assert out.count("chunk\n") == 60
    assert out.count("taking\n") == 2, "the others had nothing to do"
    is_whole(store, snapshot, expected)


def test_what_a_killed_member_leaves_is_taken_by_the_first(store, planned):
    snapshot, url, expected = planned
    with start(url, snapshot, 0.2, **CREW) as run:
        assert run.stdout.readline() == "taking\n"
        for pid in members(run):
            os.kill(pid, signal.SIGKILL)
        out, err = run.communicate(timeout=60)
    assert out.endswith("complete\n"), err
    is_whole(store, snapshot, expected)


@pytest.mark.parametrize("sign", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_nobody_outlives_the_first(store, planned, sign):
    snapshot, url, expected = planned
    with start(url, snapshot, 0.2, **CREW) as run:
        assert run.stdout.readline() == "taking\n"
        others = members(run)
        run.send_signal(sign)
        run.wait(timeout=30)
    assert others
    for _ in range(100):
        if not any(Path(f"/proc/{pid}").exists() for pid in others):
            break
        time.sleep(0.05)
    else:
        pytest.fail("a forked process goes on alone")
    assert done(store, snapshot) < 60
    assert queries.head(store, snapshot).state is SnapshotState.RUNNING
    with start(url, snapshot, 0.0, **CREW) as run:
        out, err = run.communicate(timeout=60)
    assert out.endswith("complete\n"), err
    is_whole(store, snapshot, expected)


def chunks(count, claims):
    return [
        Chunk(1, no, ChunkPlan("ethereum", 1, no, no, claims), ChunkState.PLANNED)
        for no in range(1, count + 1)
    ]


@pytest.mark.parametrize(
    ("wanted", "planned_chunks", "size"),
    [
        (2, chunks(20, 4_000), 2),
        (64, chunks(20, 4_000), crew.MOST),
        (64, chunks(5, 4_000), 2),
        (2, chunks(20, 10), 1),
        (2, chunks(1, 1_000_000), 1),
        (2, [], 1),
        (1, chunks(20, 4_000), 1),
    ],
)
def test_a_crew_is_as_large_as_it_is_of_use(wanted, planned_chunks, size, monkeypatch):
    monkeypatch.setattr(crew, "may_fork", lambda _: True)
    assert crew.crew_size(wanted, planned_chunks) == size


def test_threads_that_wait_for_two_things_are_no_circle_of_processes():
    """The other process has its turn and asks for chunk 5, while here one thread looks at chunk 5
    and another one waits for its turn: the kernel refuses the last to ask."""
    share = crew.Share(2)
    told, tell = os.pipe()
    with share._locked(share._taken, 5):
        other = os.fork()
        if other == 0:
            try:
                with share.turn():
                    os.write(tell, b"x")
                    time.sleep(0.3)  # the thread waits by now
                    share.take(chunks(5, 1)[4])
                os._exit(0)
            finally:
                os._exit(1)
        os.read(told, 1)
        waiting = threading.Thread(target=lambda: share.turn().__enter__())
        waiting.start()
        time.sleep(0.6)
    assert os.waitpid(other, 0)[1] == 0
    waiting.join(5)
    assert not waiting.is_alive()
    share.close()
    os.close(told)
    os.close(tell)


def test_nothing_is_forked_beside_other_threads(monkeypatch):
    monkeypatch.setattr(crew, "may_fork", lambda _: False)
    assert crew.crew_size(4, chunks(20, 4_000)) == 1
