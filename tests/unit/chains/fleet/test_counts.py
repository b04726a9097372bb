"""What else a height may count is what a quorum says, and not whoever is asked first."""

from __future__ import annotations

import pytest

from scanner.chains.fleet.interface import ReaderAbility
from scanner.chains.fleet.source import FleetSource
from scanner.chains.interface import Counted, Reach, ReadPolicy
from scanner.errors import HeightNotReachedError, HeightPrunedError, SourceRejectedError
from scanner.model.balance import Evidence
from scanner.model.block import BlockRef
from scanner.model.endpoint import Endpoint
from scanner.settings.tables import load_registry
from scanner.snapshots.heights import readings

REGISTRY = load_registry()
NEAR = REGISTRY.network("near")
TIP = 100


class Counting:
    """Says that a version is of a block; None: it knows no such version. pruned: of its blocks."""

    def __init__(self, name, counted, reach=Reach.ANY, exact=True, pruned=-1):
        self.endpoint = Endpoint(name, "near", "near_rpc", "http://127.0.0.1:9", operator=name)
        self.ability = ReaderAbility(reach, batch=10)
        self.counted, self.exact, self.pruned = counted, exact, pruned

    def check(self):
        pass

    def hash_at(self, height):
        return f"h{height}"

    def pin(self, height):
        height = TIP if height is None else height
        if height > TIP:
            raise HeightNotReachedError(self.endpoint.name, height, TIP)
        if height <= self.pruned:
            raise HeightPrunedError(self.endpoint.name, height, "is pruned")
        return BlockRef("near", NEAR.chain_id, height, f"h{height}", 1_000 + height)

    def other_counts(self, _height):
        if self.counted is None:
            return []
        return [Counted("version", self.pin(self.counted), self.exact)]


def counts(*readers, quorum=2):
    return FleetSource(NEAR, readers, ReadPolicy(quorum), REGISTRY).other_counts(999)


@pytest.mark.parametrize("order", ["aab", "aba", "baa", "aa"])
def test_the_block_of_a_number_is_what_a_quorum_says(order):
    readers = [Counting(f"{who}{n}", 95 if who == "a" else 89) for n, who in enumerate(order)]
    (found,) = counts(*readers)
    assert (found.what, found.exact, found.block.height) == ("version", True, 95)
    assert (found.block.hash, found.block.evidence) == ("h95", Evidence.PROVEN)


@pytest.mark.parametrize(
    "other", [Counting("b", 89), Counting("b", None), Counting("b", 95, exact=False)]
)
def test_where_operators_differ_nothing_is_read_for_the_number(other):
    for readers in ([Counting("a", 95), other], [other, Counting("a", 95)]):
        with pytest.raises(SourceRejectedError, match="what else height 999 may be: a, b disagree"):
            counts(*readers)


def test_at_newest_states_nothing_rests_on_it():
    tip = [Counting("a", 95, Reach.TIP), Counting("b", None, Reach.TIP)]
    assert counts(*tip) == []


def test_one_operator_is_believed_where_one_is_enough():
    (found,) = counts(Counting("a", 95), quorum=1)
    assert (found.block.height, found.block.evidence) == (95, Evidence.REPORTED)


def test_an_operator_that_denies_a_block_does_not_leave_the_other_count_alone():
    readers = [Counting("a", 60), Counting("x", 60, pruned=50)]
    source = FleetSource(NEAR, readers, ReadPolicy(2), REGISTRY)
    with pytest.raises(SourceRejectedError, match="only 1 of 2 operators gave block 40"):
        readings(source, 40)


def test_at_newest_states_a_block_that_some_do_not_show_is_no_obstacle():
    readers = [Counting("a", None, Reach.TIP), Counting("b", None, Reach.TIP, pruned=50)]
    source = FleetSource(NEAR, readers, ReadPolicy(2), REGISTRY)
    assert source.pin(40).height == TIP
