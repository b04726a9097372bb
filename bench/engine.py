"""Benchmarks of taking chunks: one JSON object a line.

engine.chunks.process: chunks a second of one process with SQLite, from a source that answers at
once; against calling the judge and the source alone. engine.chunks.N: the same snapshot from the
queue on PostgreSQL with N worker processes; against the one process on PostgreSQL without a queue.
engine.overhead: milliseconds that the queue adds to a chunk with one worker, one chunk at a time.

    python bench/engine.py [CHUNKS]
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

if TYPE_CHECKING:
    from scanner.store.database.engine import Store

CHUNKS = 400
SIZE = 100
WORKERS = (1, 2, 4)


def stored_list(store: Store, chunks: int) -> int:
    """A list of `chunks` times SIZE claims. Returns its id."""
    from support.snapshot_stub import eth_claim, stored

    claims = [eth_claim(n, signatures=("s",)) for n in range(chunks * SIZE)]
    return stored(store, claims).list_id


def in_process(store: Store, list_id: int) -> float:
    """Seconds of a snapshot in one process."""
    from support.snapshot_stub import StubSource, good_judge

    from scanner.settings.tables import load_registry
    from scanner.snapshots.interface import SnapshotPolicy
    from scanner.snapshots.take import take_snapshot
    from scanner.store.writing.runs import create_snapshot
    from scanner.store.writing.sink import StoreSink

    snapshot = create_snapshot(store, list_id, SnapshotPolicy(chunk_sizes={"ethereum": SIZE}))
    sources = {"ethereum": StubSource(chunk_size=SIZE, parallel=1)}
    start = time.perf_counter()
    taken = take_snapshot(StoreSink(store), snapshot, sources, good_judge, load_registry())
    assert taken.failed == 0
    return time.perf_counter() - start


def alone(chunks: int) -> float:
    """Seconds of judge and source without a database."""
    from support.snapshot_stub import StubSource, eth_claim, good_judge

    from scanner.model.addresses.table import decode_address
    from scanner.model.balance import BalanceQuery
    from scanner.settings.tables import load_registry

    registry, source = load_registry(), StubSource()
    network, holding = registry.network("ethereum"), registry.holding("ETH", "ethereum")
    claims = [eth_claim(n, signatures=("s",)) for n in range(SIZE)]
    block = source.pin(100)
    start = time.perf_counter()
    for _ in range(chunks):
        good_judge(claims, None)
        queries = [BalanceQuery(decode_address(network, c.address), holding) for c in claims]
        source.fetch_balances(queries, block)
    return time.perf_counter() - start


def queued(store: Store, list_id: int, workers: int) -> float:
    """Seconds from the first chunk of a queued snapshot to its end; start-up is not counted."""
    from scanner.snapshots.interface import SnapshotPolicy, SnapshotState
    from scanner.store.reading import queries
    from scanner.store.writing.sink import StoreSink
    from scanner.worker.queue import queued_snapshot

    url = store.engine.url.render_as_string(hide_password=False)
    running = [
        subprocess.Popen(
            [sys.executable, "-m", "support.stub_worker", url, "0"],
            cwd=ROOT / "tests",
            env={**os.environ, "PYTHONPATH": f"{ROOT / 'tests'}:{ROOT}"},
            stdout=subprocess.PIPE,
        )
        for _ in range(workers)
    ]
    try:
        for worker in running:
            assert worker.stdout is not None
            worker.stdout.readline()
        time.sleep(2)  # until each has its connections and listens
        policy = SnapshotPolicy(chunk_sizes={"ethereum": SIZE})
        snapshot = queued_snapshot(store, list_id, policy, {"ethereum": 64})
        start = time.perf_counter()
        while queries.head(store, snapshot).state is not SnapshotState.COMPLETE:
            time.sleep(0.02)
        seconds = time.perf_counter() - start
        assert not StoreSink(store).unsettled(snapshot)
    finally:
        for worker in running:
            worker.terminate()
        for worker in running:
            worker.communicate()
    return seconds


def show(name: str, value: float, unit: str, against: str = "", base: float = 0) -> None:
    """Print one result."""
    ratio = round(value / base, 3) if base else None
    fields = {"name": name, "value": round(value, 2), "unit": unit}
    print(json.dumps({**fields, "against": against or None, "ratio": ratio}), flush=True)


def main() -> None:
    """Measure one process, then the queue."""
    from support.postgres import Postgres, PostgresMissingError

    from scanner.store.database.engine import open_store
    from scanner.store.database.migrate import upgrade
    from scanner.worker.queue import set_up

    chunks = int(sys.argv[1]) if len(sys.argv) > 1 else CHUNKS
    with tempfile.TemporaryDirectory() as folder:
        with open_store(f"sqlite:///{folder}/scanner.db", create=True) as store:
            rate = chunks / in_process(store, stored_list(store, chunks))
        bare = chunks / alone(chunks)
        show("engine.chunks.process", rate, "chunks/s", "judge and source alone", bare)
    try:
        cluster = Postgres()
    except PostgresMissingError as e:
        print(e, file=sys.stderr)
        return
    with cluster:
        url = cluster.create_database()
        upgrade(url)
        with open_store(url) as store:
            set_up(store)
            list_id = stored_list(store, chunks)
            one = in_process(store, list_id)
            for workers in WORKERS:
                seconds = queued(store, list_id, workers)
                against = "one process on PostgreSQL"
                show(
                    f"engine.chunks.{workers}", chunks / seconds, "chunks/s", against, chunks / one
                )
                if workers == 1:
                    over = (seconds - one) / chunks * 1000
                    show(
                        "engine.overhead",
                        over,
                        "ms/chunk",
                        "a chunk without queue",
                        one / chunks * 1000,
                    )


if __name__ == "__main__":
    main()
