"""An endpoint that stopped, or that says it did, accuses nobody of having had less."""

from __future__ import annotations

import time

import pytest
from support.snapshot_stub import eth_claim
from support.taking import SIGNED, planned, take

from scanner.chains.fleet.interface import ReaderAbility, Reading, State
from scanner.chains.fleet.source import FleetSource
from scanner.chains.interface import Reach, ReadPolicy
from scanner.errors import HeightNotReachedError
from scanner.model.block import BlockRef
from scanner.model.endpoint import Endpoint
from scanner.model.finding import FindingKind
from scanner.model.parts import Part
from scanner.settings.tables import load_registry
from scanner.store.database.engine import open_store
from scanner.store.database.migrate import upgrade
from scanner.store.reading import queries

REGISTRY = load_registry()
NEAR = REGISTRY.network("near")
TIP = 200_000_000
HELD = 5 * 10**24
HOLDER = "a" * 64


class Node:
    """A node of a chain with a block a second. The coins came a minute ago."""

    def __init__(self, name, tip=TIP):
        self.endpoint = Endpoint(name, "near", "near_rpc", "http://127.0.0.1:9", operator=name)
        self.ability = ReaderAbility(Reach.ANY, batch=10)
        self.tip, self.now = tip, int(time.time())

    def check(self):
        pass

    def hash_at(self, height):
        if height > self.tip:
            raise HeightNotReachedError(self.endpoint.name, height, self.tip)
        return f"h{height}"

    def pin(self, height):
        height = self.tip if height is None else height
        when = self.now - (TIP - height)
        return BlockRef("near", NEAR.chain_id, height, self.hash_at(height), when)

    def read(self, queries, at):
        came = at.height >= TIP - 60
        held = [HELD if came or q.address.text != HOLDER else 0 for q in queries]
        return [Reading({Part.LIQUID: n}, State(at.height, at.hash)) for n in held]

    def close(self):
        pass


@pytest.fixture
def store(tmp_path):
    url = f"sqlite:///{tmp_path / 'scanner.db'}"
    upgrade(url)
    with open_store(url) as opened:
        yield opened


def findings(store, *nodes, quorum):
    row = {"network": "near", "asset": "NEAR", "address": HOLDER, "height": None, "amount": HELD}
    snapshot = planned(store, [eth_claim(1, **row, **SIGNED)])
    take(store, snapshot, FleetSource(NEAR, nodes, ReadPolicy(quorum), REGISTRY))
    kinds = queries.finding_counts(store, snapshot)
    return {kind for kind in kinds if kind is not FindingKind.STATEMENT_UNCHECKED}


@pytest.mark.parametrize("behind", [100_000, TIP - 1_000])
def test_one_that_stopped_is_doubted(store, behind):
    assert findings(store, Node("a"), quorum=1) == set()
    found = findings(store, Node("stopped", TIP - behind), quorum=1)
    assert found == {FindingKind.MAYBE_SHORTFALL}


def test_with_a_quorum_it_is_not_heard(store, monkeypatch):
    monkeypatch.setattr("scanner.net.ending.pause", lambda _seconds: None)
    stopped = Node("stopped", TIP - 100_000)
    assert findings(store, Node("a"), stopped, Node("b"), quorum=2) == set()
    assert findings(store, stopped, Node("a"), quorum=2) == {FindingKind.CHUNK_FAILED}
