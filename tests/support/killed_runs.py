"""Snapshots in processes of their own, to be killed: what is planned, and what it must come to."""

import os

import orjson

from scanner.settings.tables import load_registry
from scanner.snapshots.interface import ChunkState, SnapshotPolicy
from scanner.snapshots.take import take_snapshot
from scanner.store.reading import queries
from scanner.store.writing.runs import create_snapshot
from scanner.store.writing.sink import StoreSink
from support.snapshot_stub import StubSource, eth_claim, good_judge
from support.warm import TESTS, warm

NETWORKS = ("ethereum", "arbitrum")


def claims():
    """Good rows, unsigned ones, shortfalls and surpluses, at two heights on two networks."""
    made = []
    for n in range(600):
        signed = {"signatures": ("s",)} if n % 7 else {}
        amount = None if n % 11 else n * 10**18
        height = 100 + n % 2
        made.append(
            eth_claim(
                n % 590, network=NETWORKS[n % 2], amount=amount, height=height, row=n + 1, **signed
            )
        )
    return made


def start(url, snapshot, delay, **env):
    arguments = [url, str(snapshot), str(delay)]
    whole = {**os.environ, **env}
    return warm().start(arguments, module="support.slow_snapshot", cwd=TESTS, env=whole)


def done(store, snapshot):
    return sum(c.state is ChunkState.DONE for c in StoreSink(store).chunks(snapshot))


def told(store, snapshot):
    """Everything a reader is told, without the snapshot's own number."""
    totals = queries.totals(store, snapshot).to_json()
    totals.pop("snapshot")
    found = [f.finding for f in queries.findings(store, snapshot)]
    return orjson.dumps(totals), queries.head(store, snapshot).chain_head, found


def undisturbed(store, list_id):
    snapshot = create_snapshot(store, list_id, SnapshotPolicy())
    sources = {n: StubSource(n) for n in NETWORKS}
    take_snapshot(StoreSink(store), snapshot, sources, good_judge, load_registry())
    return told(store, snapshot)
