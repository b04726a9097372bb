"""A chain that reorganises while a snapshot is taken: no snapshot holds balances of two blocks."""

from __future__ import annotations

from dataclasses import replace

import pytest
from support import evm_chain as chain
from support.snapshot_stub import eth_claim, stored

from scanner.chains.table import make_source
from scanner.errors import PinReplacedError
from scanner.settings.tables import load_registry
from scanner.snapshots.interface import SnapshotPolicy, SnapshotState
from scanner.snapshots.take import take_snapshot
from scanner.store.reading import queries
from scanner.store.reading.check import check
from scanner.store.writing.runs import create_snapshot
from scanner.store.writing.sink import StoreSink

pytestmark = pytest.mark.node

REGISTRY = load_registry()
HOLDERS = [chain.holder(n) for n in range(3)]
HEIGHT = 5
PAID = 7 * 10**9


class Reorganising:
    """A source of one claim a chunk, below which the chain moves before its Nth reading."""

    def __init__(self, inner, move, reading) -> None:
        self._inner, self._move, self._reading, self._read = inner, move, reading, 0
        self.name, self.network = inner.name, inner.network
        self.ability = replace(inner.ability, chunk_size=1, parallel=1)

    def pin(self, height):
        return self._inner.pin(height)

    def fetch_balances(self, queries, at, progress=None):
        self._read += 1
        if self._read == self._reading:
            self._move()
        return self._inner.fetch_balances(queries, at, progress)

    def close(self) -> None:
        self._inner.close()


def judge(claims, call, keys=None):
    from scanner.ownership.judge import judge_claims

    return judge_claims(claims, None, registry=REGISTRY)


@pytest.fixture
def node(anvil_factory):
    made = anvil_factory(chain.genesis({h: 10**18 for h in HOLDERS}, {}))
    made.rpc("anvil_mine", hex(HEIGHT + 1))
    return made


@pytest.fixture
def case(node, store):
    """A planned snapshot, its source, and how to give the chain other blocks from HEIGHT on."""

    def move() -> None:
        """Every holder is paid in the first of the new blocks."""
        payer = node.rpc("eth_accounts")[0]
        sent = [[{"from": payer, "to": "0x" + h.hex(), "value": hex(PAID)}, 0] for h in HOLDERS]
        node.rpc("anvil_reorg", 2, sent)

    claims = [
        eth_claim(n, address="0x" + h.hex(), amount=10**18, height=HEIGHT)
        for n, h in enumerate(HOLDERS)
    ]
    list_id = stored(store, claims).list_id
    source = make_source("ethereum_rpc", REGISTRY.network("ethereum"), [node.endpoint()], REGISTRY)
    yield list_id, source, move
    source.close()


def block_hash(node):
    return node.rpc("eth_getBlockByNumber", hex(HEIGHT), False)["hash"]


def test_a_chunk_is_taken_again_at_the_new_block_if_nothing_of_the_old_is_stored(node, store, case):
    list_id, source, move = case
    before = block_hash(node)
    snapshot = create_snapshot(store, list_id, SnapshotPolicy(attempts=1))

    taken = take(store, snapshot, Reorganising(source, move, 1))
    assert (taken.state, taken.done, taken.failed) == (SnapshotState.COMPLETE, 3, 0)
    assert {row.balance.amount for row in queries.rows(store, snapshot)} == {10**18 + PAID}
    blocks = {row.block.hash for row in queries.rows(store, snapshot)}
    assert blocks == {block_hash(node)} != {before}
    assert check(store) == []


def test_a_slow_reading_of_the_old_block_is_not_stored(node, store, case):
    list_id, source, move = case
    snapshot = create_snapshot(store, list_id, SnapshotPolicy(attempts=1))
    sink = StoreSink(store)
    gone = sink.pin(snapshot, HEIGHT, source.pin(HEIGHT), source.name)
    (chunk,) = sink.chunks(snapshot)
    move()
    assert sink.repin(snapshot, HEIGHT, gone, source.pin(HEIGHT), source.name) != gone
    with pytest.raises(PinReplacedError, match="another block is pinned"):
        sink.finish_chunk(chunk, [], gone)
    assert take(store, snapshot, source).state is SnapshotState.COMPLETE
    assert (
        sink.repin(snapshot, HEIGHT, sink.pinned(snapshot, "ethereum", HEIGHT), gone, "x") != gone
    )
    assert check(store) == []


def test_what_was_read_stays_of_one_block_and_the_rest_fails_until_a_new_snapshot(
    node, store, case
):
    list_id, source, move = case
    before = block_hash(node)
    snapshot = create_snapshot(store, list_id, SnapshotPolicy(attempts=1))

    taken = take(store, snapshot, Reorganising(source, move, 2))
    after = block_hash(node)
    assert before != after
    assert (taken.state, taken.done, taken.failed) == (SnapshotState.INCOMPLETE, 1, 2)
    amounts = [row.balance and row.balance.amount for row in queries.rows(store, snapshot)]
    assert amounts == [10**18, None, None]
    reasons = {
        f.finding.reason for f in queries.findings(store, snapshot) if "block" in f.finding.reason
    }
    assert reasons
    assert all(before in r and after in r and "take a new snapshot" in r for r in reasons)

    again = take(store, snapshot, source)
    assert (again.done, again.failed) == (1, 2), "the first chunk's block is gone for good"
    assert check(store) == []

    fresh = create_snapshot(store, list_id, SnapshotPolicy(attempts=1))
    assert take(store, fresh, source).state is SnapshotState.COMPLETE
    assert {row.balance.amount for row in queries.rows(store, fresh)} == {10**18 + PAID}


def take(store, snapshot, source):
    return take_snapshot(StoreSink(store), snapshot, {"ethereum": source}, judge, REGISTRY)
