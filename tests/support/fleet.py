"""Fleets of worker processes for tests, servers that may be taken down, and how to wait for them."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from multiprocessing.process import BaseProcess

from sqlalchemy import text

from scanner.store.database.engine import Store, open_store
from scanner.store.database.migrate import upgrade
from scanner.store.reading import queries
from scanner.worker.queue import set_up
from support.fake_clock import FakeClock
from support.forked import warm
from support.forked_worker import Life, live
from support.missing import cannot
from support.postgres import Postgres, PostgresMissingError


@contextmanager
def workers(count: int, life: Life) -> Iterator[list[BaseProcess]]:
    """So many workers; those that still live at the end are killed."""
    running: list[BaseProcess] = [warm().Process(target=live, args=(life,)) for _ in range(count)]
    for worker in running:
        worker.start()
    try:
        yield running
    finally:
        for worker in running:
            worker.kill()
            worker.join()


@contextmanager
def in_another_time(clock: FakeClock, life: Life) -> Iterator[subprocess.Popen[bytes]]:
    """A worker with an interpreter of its own, whose linker gives it the other clock."""
    code = (
        "import pickle, sys; from support.forked_worker import live; "
        "live(pickle.loads(bytes.fromhex(sys.argv[1])))"
    )
    with _program(clock, code, pickle.dumps(life).hex()) as worker:
        yield worker


@contextmanager
def alone_in_another_time(clock: FakeClock, url: str) -> Iterator[subprocess.Popen[bytes]]:
    """The one worker of a SQLite file, by the other clock; told to end, it ends by itself."""
    code = "import sys; from support.forked_worker import live_alone; live_alone(sys.argv[1])"
    with _program(clock, code, url) as worker:
        yield worker
        worker.terminate()
        assert worker.wait(60) == 0


@contextmanager
def _program(clock: FakeClock, code: str, argument: str) -> Iterator[subprocess.Popen[bytes]]:
    path = os.pathsep.join(p for p in sys.path if p)
    worker = subprocess.Popen(
        [sys.executable, "-c", code, argument],
        env={**os.environ, **clock.environment, "PYTHONPATH": path},
    )
    try:
        yield worker
    finally:
        worker.kill()
        worker.wait()


@contextmanager
def own_cluster(environment: Mapping[str, str] | None = None) -> Iterator[tuple[Postgres, Store]]:
    """A server that a test may take down without taking it from others, with a queue."""
    try:
        cluster = Postgres(environment)
    except PostgresMissingError as e:
        cannot(str(e))
    with cluster:
        url = cluster.create_database()
        upgrade(url)
        with open_store(url) as opened:
            set_up(opened)
            yield cluster, opened


def url_of(store: Store) -> str:
    """Its URL, password included."""
    return store.engine.url.render_as_string(hide_password=False)


def jobs(store: Store) -> dict[str, int]:
    """Jobs in the queue by status."""
    query = text("SELECT status::text, count(*) FROM procrastinate_jobs GROUP BY 1")
    with store.read() as connection:
        return {status: count for status, count in connection.execute(query)}


def chunk_jobs(store: Store) -> int:
    """How many jobs of chunks are not over, waiting or doing."""
    query = text(
        "SELECT count(*) FROM procrastinate_jobs "
        "WHERE task_name = 'scanner.chunk' AND status IN ('todo', 'doing')"
    )
    with store.read() as connection:
        return int(connection.execute(query).scalar_one())


def wait_until(condition: Callable[[], object], seconds: float = 90) -> None:
    """Wait for something to come about, and fail if it does not."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.05)


def state(store: Store, snapshot: int):
    """Where a snapshot stands."""
    return queries.head(store, snapshot).state


def done(store: Store, snapshot: int) -> int:
    """How many of its chunks are done."""
    return queries.head(store, snapshot).chunks_done
