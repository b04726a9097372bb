"""Feeds that answer well, and every way in which a contract can answer badly."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from eth_abi import encode
from hypothesis import given
from hypothesis import strategies as st

from scanner.errors import SourceUnavailableError
from scanner.prices.chainlink import Feed, read_feeds
from scanner.prices.feeds import load_feeds
from scanner.prices.interface import NoPrice, Price
from scanner.settings.tables import load_registry

BLOCK = datetime(2026, 11, 20, 12, tzinfo=UTC)
NOW = int(BLOCK.timestamp())
DAY = timedelta(hours=25)
ETH = Feed("ETH", "ethereum", "1", b"\x5f" * 20, "0x5f5f", "ETH / USD")
ROUND = 110680464442257320247
LATEST, DECIMALS, NAME = (bytes.fromhex(s) for s in ("feaf968c", "313ce567", "7284e416"))


def round_data(round=ROUND, answer=301234567890, updated=NOW - 60, answered_in=None):
    types = ("uint80", "int256", "uint256", "uint256", "uint80")
    answered_in = round if answered_in is None else answered_in
    return encode(types, (round, answer, updated, updated, answered_in))


GOOD = {
    LATEST: round_data(),
    DECIMALS: encode(("uint8",), (8,)),
    NAME: encode(("string",), ("ETH / USD",)),
}


def read(**changes):
    answers = {**GOOD, **{globals()[name]: data for name, data in changes.items()}}

    def call(to, data):
        assert to == ETH.contract
        return answers[data]

    (found,) = read_feeds(call, [ETH], BLOCK, DAY)
    return found


def test_a_good_feed_gives_its_price_with_round_and_time():
    found = read()
    assert isinstance(found, Price)
    assert (found.asset, found.text) == ("ETH", "3012.3456789")
    assert found.at == BLOCK - timedelta(seconds=60)
    assert found.source == f"chainlink: ethereum 0x5f5f round {ROUND}"


def test_an_answer_of_this_very_block_and_of_the_oldest_moment_count():
    assert isinstance(read(LATEST=round_data(updated=NOW)), Price)
    assert isinstance(read(LATEST=round_data(updated=NOW - 25 * 3600)), Price)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"LATEST": round_data(answer=0)}, "answers 0, which is not a price"),
        ({"LATEST": round_data(answer=-1)}, "answers -1, which is not a price"),
        ({"LATEST": round_data(answer=-(2**255))}, "which is not a price"),
        ({"LATEST": round_data(answer=2**255 - 1)}, "which is not a price"),
        ({"LATEST": round_data(updated=0)}, "round is not complete"),
        ({"LATEST": round_data(round=0)}, "round is not complete"),
        ({"LATEST": round_data(answered_in=ROUND - 1)}, "only repeats the answer of"),
        ({"LATEST": round_data(updated=NOW + 1)}, "after the block"),
        ({"LATEST": round_data(updated=NOW - 25 * 3600 - 1)}, "stale"),
        ({"LATEST": round_data(updated=1)}, "stale"),
        ({"LATEST": round_data(updated=2**256 - 1)}, "which is not a time"),
        ({"LATEST": b""}, "no round data"),
        ({"LATEST": round_data()[:-1]}, "no round data"),
        ({"LATEST": round_data() + b"\0"}, "no round data"),
        ({"LATEST": b"\xff" * 160}, "no round data"),
        ({"DECIMALS": b""}, "no decimals"),
        ({"DECIMALS": encode(("uint8",), (37,))}, "no decimals"),
        ({"DECIMALS": b"\xff" * 32}, "no decimals"),
        ({"NAME": b""}, "no feed at this block"),
        ({"NAME": encode(("string",), ("BTC / USD",))}, "calls itself 'BTC / USD'"),
        ({"NAME": encode(("string",), ("x" * 5000,))}, "no feed"),
        ({"NAME": encode(("string",), ("ETH / USD é",))}, "no feed"),
        ({"NAME": encode(("bytes32",), (b"ETH / USD",))}, "no feed"),
        ({"NAME": GOOD[NAME][:70]}, "no feed"),
        ({"NAME": (32).to_bytes(32) + b"\xff" * 32}, "no feed"),
    ],
)
def test_a_bad_answer_gives_no_price_and_the_reason(changes, words):
    found = read(**changes)
    assert isinstance(found, NoPrice)
    assert words in found.reason
    assert "0x5f5f" in found.reason


@given(st.binary(max_size=200), st.binary(max_size=40), st.binary(max_size=120))
def test_no_answer_breaks_the_reader(latest, decimals, name):
    for changes in ({"LATEST": latest}, {"DECIMALS": decimals}, {"NAME": name}):
        read(**changes)


def test_a_dead_node_is_an_error_and_no_verdict():
    def call(to, data):
        raise SourceUnavailableError("node", "timed out")

    with pytest.raises(SourceUnavailableError):
        read_feeds(call, [ETH], BLOCK, DAY)


def test_the_shipped_feeds_name_themselves():
    feeds = load_feeds(load_registry())
    assert {"BTC", "ETH", "USDT", "USDC"} <= {feed.asset for feed in feeds}
    for feed in feeds:
        assert (feed.network, feed.chain) == ("ethereum", "1")
        assert feed.description == f"{feed.asset} / USD"
