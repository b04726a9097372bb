"""Short words for tests that take snapshots."""

from __future__ import annotations

from scanner.errors import SourceUnavailableError
from scanner.settings.tables import load_registry
from scanner.snapshots.interface import RowResult, SnapshotPolicy
from scanner.snapshots.take import take_snapshot
from scanner.store.writing.runs import create_snapshot
from scanner.store.writing.sink import StoreSink
from support.snapshot_stub import eth_claim, good_judge, stored

SIGNED = {"signatures": ("s",)}
DOWN = SourceUnavailableError("node", "timed out")


def planned(store, claims, **policy):
    return create_snapshot(store, stored(store, claims).list_id, SnapshotPolicy(**policy))


def take(store, snapshot, *sources, judge=good_judge, now=None, **more):
    sink = StoreSink(store) if now is None else StoreSink(store, now)
    return take_snapshot(
        sink, snapshot, {s.network: s for s in sources}, judge, load_registry(), **more
    )


def fail_once(store, snapshot):
    """A try of its first chunk fails when one claim is judged: that verdict stands by itself."""
    sink = StoreSink(store)
    sink.start(snapshot)
    chunk = sink.chunks(snapshot)[0]
    claim = sink.claims(chunk)[0]
    (verdict,) = good_judge([claim.claim], None)
    sink.fail_chunk(chunk, "timed out", [RowResult(claim, verdict, None)])


def raises(error):
    def trouble(_what):
        raise error

    return trouble


def twenty_five():
    return [eth_claim(n, **SIGNED) for n in range(25)]
