"""Largest claims first, and enough is enough."""

from fractions import Fraction

import pytest

from scanner.cli.snapshots.goals import parse_goal
from scanner.cli.snapshots.taking import amount_words, percent
from scanner.errors import ConfigError
from scanner.snapshots.goal import Goal, Guide
from scanner.snapshots.interface import Chunk, ChunkPlan, ChunkState


def chunk(no: int, network: str = "aptos", state: ChunkState = ChunkState.PLANNED) -> Chunk:
    return Chunk(1, no, ChunkPlan(network, 5, no * 10, no * 10 + 9, 10), state)


CHUNKS = [chunk(1), chunk(2), chunk(3), chunk(4, "tron")]
CLAIMED = {1: {"APT": 5, "USDT": 50}, 2: {"APT": 94, "USDT": 1}, 3: {"APT": 1, "USDT": 949}}


def test_chunks_come_by_the_largest_share_of_any_asset() -> None:
    guide = Guide(CHUNKS, CLAIMED, Goal())
    assert [c.no for c in guide.first_things_first(CHUNKS)] == [3, 2, 1, 4]
    assert [c.no for c in Guide(CHUNKS, {}, Goal()).first_things_first(CHUNKS)] == [1, 2, 3, 4]


def test_a_network_is_done_when_every_asset_is_covered() -> None:
    guide = Guide(CHUNKS, CLAIMED, Goal(coverage=Fraction(94, 100)))
    assert not guide.enough("aptos")
    guide.done(CHUNKS[2])  # 94.9 % of USDT, 1 % of APT
    assert not guide.enough("aptos")
    guide.done(CHUNKS[1])
    assert guide.enough("aptos")
    assert not guide.enough("tron")  # nothing is known of it: it is read to the end


def test_how_much_is_read_is_told_by_amount_least_first() -> None:
    guide = Guide(CHUNKS, CLAIMED, Goal())
    guide.done(CHUNKS[1])
    assert guide.covered() == [("USDT", Fraction(1, 1000)), ("APT", Fraction(94, 100))]
    assert amount_words(guide.covered()) == "by amount USDT 0.10 %, APT 94.00 %"
    guide.done(CHUNKS[0])
    guide.done(CHUNKS[2])
    assert amount_words(guide.covered()) == ""
    many = [(f"T{n}", Fraction(n, 9)) for n in range(5)]
    assert amount_words(many).endswith("T2 22.22 % and 2 more")


def test_what_an_earlier_run_did_counts() -> None:
    chunks = [chunk(1), chunk(2, state=ChunkState.DONE), chunk(3, state=ChunkState.DONE)]
    assert Guide(chunks, CLAIMED, Goal(coverage=Fraction(9, 10))).enough("aptos")
    assert not Guide(chunks, CLAIMED, Goal(coverage=Fraction(1))).enough("aptos")


def test_time_is_up_for_every_network() -> None:
    now = [100.0]
    guide = Guide(CHUNKS, {}, Goal(seconds=60), clock=lambda: now[0])
    assert not guide.enough("tron")
    now[0] = 160.0
    assert guide.enough("tron")
    assert guide.enough("aptos")


def test_options_in_words() -> None:
    assert parse_goal("", "") == Goal()
    assert parse_goal("30m", "99.5%") == Goal(1800.0, Fraction(995, 1000))
    for budget, coverage in (("30", ""), ("-1m", ""), ("", "0%"), ("", "101%"), ("", "0.5")):
        with pytest.raises(ConfigError):
            parse_goal(budget, coverage)


def test_a_share_is_never_rounded_up_to_all() -> None:
    assert percent(999_999, 1_000_000) == "99.99 %"
    assert percent(1, 1) == "100.00 %"
    assert percent(0, 0) == "nothing claimed"
