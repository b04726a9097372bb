"""The pinned block is one of which a quorum says everything: hash, height and time."""

from dataclasses import dataclass, field
from itertools import permutations

import pytest

from scanner.chains.evm.blocks import final_apart
from scanner.chains.fleet.pins import RECENT, ApartError, SplitError, pin_agreed
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
    tip: int = NOW
    at_tip: int | None = None
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
        height = self.tip if height is None else height
        if height > self.tip:
            raise HeightNotReachedError(self.name, height, self.tip)
        time = None if self.time is None else height + self.time
        if height == self.tip and self.at_tip is not None:
            time = self.at_tip
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


def newest(*nodes, quorum=2):
    return pinned(nodes, None, quorum)


def orders(*names):
    return [pytest.param(order, id="-".join(order)) for order in permutations(names)]


def test_the_newest_block_is_the_highest_that_a_quorum_has():
    at = newest(Node("a", tip=NOW), Node("b", tip=NOW - 60), Node("c", tip=NOW - 90))
    assert (at.height, at.time, at.evidence) == (NOW - 60, NOW - 60, Evidence.PROVEN)
    assert newest(Node("a"), Node("b", tip=NOW - 60), Node("c"), quorum=3).height == NOW - 60


@pytest.mark.parametrize("order", orders("a", "b", "x"))
@pytest.mark.parametrize(
    "stuck", [{}, {"at_tip": NOW}, {"time": None}, {"time": NOW - 1_000}], ids=repr
)
def test_an_operator_that_is_far_behind_is_not_heard(order, stuck):
    """Whatever it says of the time: the others know when its newest block was."""
    nodes = [Node(o, tip=1_000, **stuck) if o == "x" else Node(o, tip=NOW - len(o)) for o in order]
    at = newest(*nodes)
    assert (at.height, at.time) == (NOW - 1, NOW - 1)


def test_where_one_of_two_is_behind_there_is_no_quorum():
    for nodes in ([Node("a"), Node("x", tip=1_000)], [Node("x", tip=1_000), Node("a")]):
        with pytest.raises(SourceUnavailableError) as raised:
            newest(*nodes)
        assert str(raised.value) == (
            "near: the newest blocks lie too far apart for 2 operators to have the same: a has "
            f"{NOW:,} of 2026-09-21 14:13 UTC, x has 1,000 of 1970-01-01 00:16 UTC; who is behind "
            "or ahead is not asked"
        )


@pytest.mark.parametrize("order", orders("a", "b", "x"))
def test_an_operator_that_says_it_is_ahead_does_not_hold_the_others_back(order):
    nodes = [Node(o, tip=NOW + 10**8 if o == "x" else NOW - ord(o)) for o in order]
    assert newest(*nodes).height in (NOW - ord("a"), NOW - ord("b"))


def test_without_times_it_is_the_number_of_blocks_that_tells():
    assert newest(Node("a", None), Node("b", None, tip=NOW - 20_000)).height == NOW - 20_000
    with pytest.raises(SourceUnavailableError, match=r"too far apart.*x has 1,000;"):
        newest(Node("a", None), Node("x", None, tip=1_000))


def test_more_are_heard_only_where_it_takes_them():
    nodes = [Node("a"), Node("b", tip=NOW - 60), Node("c")]
    newest(*nodes)
    assert sum(node.asked for node in nodes) <= 5


def test_where_blocks_are_final_late_they_may_lie_further_apart():
    def pin(*nodes, recent):
        pool = Pool(nodes, sleep=lambda _: None)
        ask = lambda node, wanted: node.pin(wanted)  # noqa: E731
        return pin_agreed(pool, ask, None, 2, "filecoin", recent).height

    assert pin(Node("a"), Node("b", tip=NOW - 27_000), recent=32_400) == NOW - 27_000
    with pytest.raises(ApartError):
        pin(Node("a"), Node("b", tip=NOW - 27_000), recent=RECENT)
    assert final_apart("314") == 32_400
    assert final_apart("61:dev") == 43_200
    assert final_apart("1") == RECENT
