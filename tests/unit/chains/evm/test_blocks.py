"""Which block is meant: final ones with and without the tag, and the one at a time."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.chains.evm import blocks
from scanner.chains.fleet.faults import Fault, RpcError
from scanner.errors import HeightNotReachedError, SourceRejectedError, SourceUnavailableError


class Chain:
    """A node with the given block times. finalized: a height, None for unknown, or an error."""

    name = "n"

    def __init__(self, times, finalized=None):
        self.times, self.finalized = times, finalized
        self.asked = 0

    def ask(self, method, which, full=False):
        self.asked += 1
        if which == "finalized":
            if isinstance(self.finalized, Exception):
                raise self.finalized
            which = None if self.finalized is None else hex(self.finalized)
        height = len(self.times) - 1 if which == "latest" else which and int(which, 16)
        if height is None or height >= len(self.times):
            return None
        return {
            "number": hex(height),
            "hash": "0x" + height.to_bytes(32).hex(),
            "timestamp": hex(self.times[height]),
        }


def test_the_finalized_block_where_there_is_one():
    assert blocks.final(Chain(range(300), finalized=250), "1").number == 250


@pytest.mark.parametrize(
    "no",
    [
        None,
        RpcError("n", Fault.UNSUPPORTED, -32602, "invalid block tag"),
        RpcError("n", Fault.NO_BLOCK, -39001, "finalized block not found"),
        RpcError("n", Fault.OTHER, -32000, "eh"),
    ],
)
def test_confirmations_where_there_is_none(no):
    assert blocks.final(Chain(range(4000), no), "1").number == 3999 - 64
    assert blocks.final(Chain(range(4000), no), "61").number == 999
    assert blocks.final(Chain(range(10), no), "1").number == 0


def test_other_errors_are_not_taken_for_a_missing_tag():
    with pytest.raises(RpcError):
        blocks.final(Chain(range(9), RpcError("n", Fault.PRUNED, 0, "x")), "1")


def test_heights_above_the_tip():
    with pytest.raises(HeightNotReachedError) as caught:
        blocks.at_height(Chain(range(5)), 5)
    assert (caught.value.height, caught.value.tip) == (5, 4)


@pytest.mark.parametrize(
    "block",
    [
        {"number": "0x4", "hash": "0x" + "00" * 32, "timestamp": "0x1"},  # another one
        {"number": "0x3", "hash": "0x00", "timestamp": "0x1"},
        {"number": "0x3", "hash": None, "timestamp": "0x1"},  # a pending block
        {"number": None, "hash": "0x" + "00" * 32, "timestamp": "0x1"},
        {"number": "0x3", "hash": "0x" + "00" * 32},
        [],
        "0x3",
    ],
)
def test_blocks_that_are_not_the_one_asked_for(block):
    class Odd(Chain):
        def ask(self, method, which, full=False):
            return block

    with pytest.raises(SourceUnavailableError):
        blocks.at_height(Odd([]), 3)


@settings(max_examples=200)
@given(st.lists(st.integers(0, 50), min_size=2, max_size=400), st.data())
def test_the_last_block_at_or_before_a_time(gaps, data):
    times = [1_000]
    for gap in gaps:
        times.append(times[-1] + gap)  # several blocks may share a second
    chain = Chain(times)
    newest = blocks.at_height(chain, len(times) - 1)
    seconds = data.draw(st.integers(1_000, times[-1] + 5))
    chain.asked = 0
    if seconds >= times[-1]:
        with pytest.raises(HeightNotReachedError):
            blocks.at_time(chain, seconds, newest)
        return
    wanted = max(h for h, t in enumerate(times) if t <= seconds)
    assert blocks.at_time(chain, seconds, newest).number == wanted
    assert chain.asked < 30


def test_a_time_before_the_chain_began():
    chain = Chain([50, 60])
    with pytest.raises(SourceRejectedError):
        blocks.at_time(chain, 49, blocks.at_height(chain, 1))
