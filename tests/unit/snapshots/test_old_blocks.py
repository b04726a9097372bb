"""A newest block that is old, by one endpoint's word, is no ground to call a claim false."""

from __future__ import annotations

import threading

import pytest
from support.snapshot_stub import OKX_RULE, StubSource, eth_claim, good_judge

from scanner.model.balance import Evidence
from scanner.model.block import BlockRef
from scanner.model.finding import FindingKind
from scanner.settings.tables import load_registry
from scanner.snapshots.asking import Tools
from scanner.snapshots.chunks import take_chunk
from scanner.snapshots.doubts import LONG_AGO, NONE
from scanner.snapshots.interface import Chunk, ChunkPlan, NumberedClaim

BEGUN = 1_790_000_000
OLD = BEGUN - LONG_AGO - 1


class Sink:
    """Holds what a chunk came to."""

    def __init__(self, claim):
        self._claim, self.found = claim, None

    def claims(self, chunk):
        return [NumberedClaim(1, self._claim)]

    def doubts(self, chunk):
        return NONE._replace(begun=BEGUN)

    def finish_chunk(self, chunk, results, block=None):
        (result,) = results
        (self.found,) = result.findings
        return []


def found(height, time, *, chain="1", evidence=Evidence.REPORTED):
    """What is told of a row that claims 1 more than its address holds at such a block."""
    claim = eth_claim(1, height=height, signatures=("s",))
    sink = Sink(claim)
    tools = Tools(sink, good_judge, load_registry(), 1, threading.Event(), rule=OKX_RULE)
    block = BlockRef("ethereum", chain, 100, "0x" + "ab" * 32, time, evidence)
    chunk = Chunk(1, 1, ChunkPlan("ethereum", height, 1, 1, 1))
    take_chunk(tools, chunk, StubSource(change=-1), block)
    return sink.found


def test_less_at_a_newest_block_of_long_ago_is_not_false():
    said = found(None, OLD)
    assert said.kind is FindingKind.MAYBE_SHORTFALL
    assert "at a block of more than a day before the snapshot" in said.reason
    assert "it may have stopped there" in said.reason


@pytest.mark.parametrize(
    ("height", "time", "more"),
    [
        (None, BEGUN - LONG_AGO, {}),
        (None, BEGUN + 900, {}),
        (None, None, {}),
        (100, OLD, {}),  # the row names the block itself
        (None, OLD, {"evidence": Evidence.PROVEN}),  # one's own node, or a quorum
        (None, OLD, {"chain": "1:dev"}),
    ],
)
def test_less_at_a_block_that_was_asked_for_is(height, time, more):
    assert found(height, time, **more).kind is FindingKind.SHORTFALL
