"""A snapshot killed in the middle (kill -9) and resumed gives the totals of one that ran through."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest
from support.command import Done, run_scanner

from scanner.demo.run import Stage, set_stage, snapshot_arguments
from scanner.errors import StoreError
from scanner.settings.tables import load_registry
from scanner.snapshots.interface import ChunkState, SnapshotState
from scanner.store.database.engine import open_store
from scanner.store.reading import queries
from scanner.store.writing.sink import StoreSink

pytestmark = pytest.mark.node


@pytest.fixture(scope="module")
def stage(node_programs, tmp_path_factory) -> Iterator[Stage]:
    with set_stage(tmp_path_factory.mktemp("stage"), load_registry()) as stage:
        yield stage


@pytest.fixture(scope="module")
def undisturbed(stage) -> bytes:
    """`totals --json` of a snapshot that nobody disturbed."""
    url = stage.places.database_url
    assert _scanner(url, *snapshot_arguments(stage.places)).status == 1
    return _totals(url)


@pytest.mark.parametrize("database", ["sqlite", "postgres"])
def test_killed_and_resumed(stage, undisturbed, database, request, tmp_path):
    url = f"sqlite:///{tmp_path / 'scanner.db'}"
    if database == "postgres":
        url = request.getfixturevalue("postgres_database")
        assert _scanner(url, "db", "upgrade").status == 0
    _kill_in_the_middle(url, stage)
    with open_store(url) as store:
        states = [chunk.state for chunk in StoreSink(store).chunks(1)]
        head = queries.head(store, 1)
    assert ChunkState.DONE in states, "killed before anything was done: this tests nothing"
    assert ChunkState.PLANNED in states, "killed after everything was done: this tests nothing"
    assert head.state is SnapshotState.RUNNING
    assert b'"complete": false' in _totals(url)

    resumed = _scanner(url, "resume", "latest", "--endpoints", str(stage.places.endpoints))
    assert resumed.status == 1, resumed.err
    assert _totals(url) == undisturbed
    again = _scanner(url, "resume", "latest", "--endpoints", str(stage.places.endpoints))
    assert again.status == 1
    assert _totals(url) == undisturbed


def _kill_in_the_middle(url: str, stage: Stage) -> None:
    """Freeze anvil once the blocks are pinned, so that others get done and Ethereum hangs; then
    kill -9 the scanner. (Before that all wait for it: every height is checked by the others.)
    """
    process = subprocess.Popen(
        _command(url, *snapshot_arguments(stage.places)),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_until(process, lambda: _pinned(url))
        os.kill(stage.anvil.pid, signal.SIGSTOP)
        _wait_until(process, lambda: _chunks_done(url))
    finally:
        process.kill()
        process.wait()
        os.kill(stage.anvil.pid, signal.SIGCONT)


def _wait_until(process: subprocess.Popen[bytes], there: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(StoreError):  # the database is not made yet, or no snapshot in it
            if there():
                return
        time.sleep(0.01)
    pytest.fail(f"nothing was done; the command ended: {process.poll()}")


def _pinned(url: str) -> bool:
    with open_store(url) as store:
        return bool(queries.head(store, 1).blocks)


def _chunks_done(url: str) -> bool:
    with open_store(url) as store:
        return any(c.state is ChunkState.DONE for c in StoreSink(store).chunks(1))


def _totals(url: str) -> bytes:
    return _scanner(url, "totals", "latest", "--json").out


def _scanner(url: str, *arguments: str) -> Done:
    return run_scanner([*arguments, "--database", url])


def _command(url: str, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "scanner.cli", *arguments, "--database", url]
