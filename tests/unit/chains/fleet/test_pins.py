"""The pinned block is one of which a quorum says everything: hash, height and time."""

from dataclasses import dataclass, field

import pytest

from scanner.chains.fleet.pins import SplitError, pin_agreed
from scanner.chains.fleet.pool import Pool
from scanner.errors import (
    HeightNotReachedError,
    HeightPrunedError,
    SourceError,
    SourceRejectedError,
    SourceUnavailableError,
)
from scanner.model.balance import Evidence
from scanner.model.block import BlockRef

NOW = 1_790_000_000


@dataclass
class Node:
    """A node whose block N has the hash "hN" and the time N seconds after 1970.

    time: seconds that it adds to times, None where it tells none. blocks: height -> what it says
    instead. own_height: what it adds to the height of its answers.
    """

    name: str
    time: int | None = 0
    blocks: dict[int, str] = field(default_factory=dict)
    own_height: int = 0
    raises: SourceError | None = None
    chain_id: str = "1"
    own: bool = False
    asked: int = 0

    @property
    def operator(self) -> str:
        return self.name.rstrip("0123456789") or self.name

    def check(self) -> None: ...

    def hash_at(self, height: int) -> str:
        return self.blocks.get(height, f"h{height}")

    def pin(self, height: int | None) -> BlockRef:
        self.asked += 1
        if self.raises is not None:
            raise self.raises
        height = NOW if height is None else height
        time = None if self.time is None else height + self.time
        return BlockRef("near", "main", height + self.own_height, self.hash_at(height), time)


def pinned(nodes, height=95, quorum=2):
    pool = Pool(nodes, sleep=lambda _: None)
    return pin_agreed(pool, lambda node, wanted: node.pin(wanted), height, quorum, "near")


@pytest.mark.parametrize("others", [("a", "b"), ("a", "x", "b"), ("x", "a", "b"), ("a", "b", "x")])
def test_the_time_is_what_a_quorum_says(others):
    nodes = [Node(name, 6_000_000_000 if name == "x" else 0) for name in others]
    at = pinned(nodes)
    assert (at.height, at.hash, at.time, at.evidence) == (95, "h95", 95, Evidence.PROVEN)


def test_of_two_times_none_is_believed():
    at = pinned([Node("a"), Node("x", 6_000_000_000)])
    assert (at.hash, at.time) == ("h95", None)
    at = pinned([Node("a"), Node("b"), Node("x", 5), Node("y", 5)], quorum=3)
    assert (at.hash, at.time) == ("h95", None)


def test_who_tells_no_time_leaves_it_to_others():
    assert pinned([Node("a", None), Node("b"), Node("c")]).time == 95
    assert pinned([Node("a", None), Node("b")]).time is None
    nodes = [Node("a", None), Node("b", None), Node("c")]
    assert pinned(nodes).time is None
    assert [node.asked for node in nodes] == [1, 1, 0], "nobody said a time to be borne out"


def test_the_height_is_what_a_quorum_says():
    at = pinned([Node("a"), Node("x", own_height=-7), Node("b")])
    assert (at.height, at.hash, at.time) == (95, "h95", 95)
    with pytest.raises(SourceRejectedError, match=r"a has h95; x has h95 of 88"):
        pinned([Node("a"), Node("x", own_height=-7)])


def test_a_block_that_is_disputed_is_none():
    with pytest.raises(SourceRejectedError, match=r"disagree on block 95: a has h95; x has e"):
        pinned([Node("a"), Node("x", blocks={95: "e"})])
    with pytest.raises(SourceUnavailableError, match="no endpoint of another operator is left"):
        pinned([Node("a"), Node("a2")])


def test_one_alone_is_believed_where_one_is_enough():
    assert pinned([Node("a", 7)], quorum=1) == BlockRef("near", "main", 95, "h95", 102)


@pytest.mark.parametrize(
    "denied", [HeightNotReachedError("x", 95, 90), HeightPrunedError("x", 95, "is pruned")]
)
def test_one_that_denies_a_block_does_not_say_that_there_is_none(denied):
    """A height would be taken for a number of something else, then."""
    for nodes in ([Node("a"), Node("x", raises=denied)], [Node("x", raises=denied), Node("a")]):
        with pytest.raises(SplitError, match="near: only 1 of 2 operators gave block 95: x: "):
            pinned(nodes)
    assert pinned([Node("a"), Node("x", raises=denied), Node("b")]).hash == "h95"
    with pytest.raises(type(denied)):
        pinned([Node("x", raises=denied), Node("y", raises=denied)])
