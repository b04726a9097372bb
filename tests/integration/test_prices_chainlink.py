"""Feeds on a real chain, read at a pinned block, with web3.py as the other opinion.

The feed is a contract of our own with Chainlink's published interface; the addresses are those of
the shipped table.
"""

from __future__ import annotations

from datetime import timedelta

import pytest
from support.price_feed import AGGREGATOR_V3, Told, set_feed

from scanner.chains.interface import ContractCaller, ReadPolicy
from scanner.chains.table import make_source
from scanner.errors import HeightPrunedError, ReorgError, SourceError
from scanner.model.block import BlockRef
from scanner.prices.chainlink import read_feeds
from scanner.prices.feeds import load_feeds
from scanner.prices.interface import NoPrice, Price, moment
from scanner.settings.tables import load_registry

pytestmark = pytest.mark.node

REGISTRY = load_registry()
FEEDS = {feed.asset: feed for feed in load_feeds(REGISTRY)}
DAY = timedelta(hours=25)


@pytest.fixture
def node(anvil_factory):
    return anvil_factory()


@pytest.fixture
def source(node):
    made = make_source(
        "ethereum_rpc", REGISTRY.network("ethereum"), [node.endpoint()], REGISTRY, ReadPolicy()
    )
    assert isinstance(made, ContractCaller)
    yield made
    made.close()


def now(node) -> int:
    return int(node.rpc("eth_getBlockByNumber", "latest", False)["timestamp"], 16)


def tip(node, source) -> BlockRef:
    return source.pin(int(node.rpc("eth_blockNumber"), 16))


def read(source, at, *assets):
    assert at.time is not None
    feeds = [FEEDS[asset] for asset in assets]
    return read_feeds(lambda to, data: source.call(to, data, at), feeds, moment(at.time), DAY)


def test_the_same_block_gives_the_same_price_for_ever(node, source):
    set_feed(node, FEEDS["ETH"].name, Told(301234567890, now(node)))
    at = tip(node, source)
    (first,) = read(source, at, "ETH")
    assert isinstance(first, Price)
    assert first.text == "3012.3456789"
    set_feed(node, FEEDS["ETH"].name, Told(500000000000, now(node), round=(6 << 64) | 1235))
    assert read(source, at, "ETH") == [first]
    (later,) = read(source, tip(node, source), "ETH")
    assert isinstance(later, Price)
    assert later.text == "5000"


def test_web3_reads_the_same(node, source):
    from web3 import HTTPProvider, Web3

    told = Told(9123456789012, now(node), name="BTC / USD")
    set_feed(node, FEEDS["BTC"].name, told)
    at = tip(node, source)
    (price,) = read(source, at, "BTC")
    web3 = Web3(HTTPProvider(node.url))
    contract = web3.eth.contract(FEEDS["BTC"].name, abi=AGGREGATOR_V3)
    number, answer, _, updated, answered_in = contract.functions.latestRoundData().call(
        block_identifier=at.height
    )
    assert isinstance(price, Price)
    assert (price.value, price.decimals) == (answer, contract.functions.decimals().call())
    assert price.at == moment(updated)
    assert price.source.endswith(f" {FEEDS['BTC'].name} round {number}")
    assert answered_in == number == told.round
    assert contract.functions.description().call() == FEEDS["BTC"].description


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"answer": 0}, "answers 0"),
        ({"answer": -301234567890}, "answers -301234567890"),
        ({"updated": 0}, "not complete"),
        ({"updated": 1_600_000_000}, "stale"),
        ({"updated": 4_000_000_000}, "after the block"),
        ({"answered_in": 7}, "only repeats the answer of 7"),
        ({"name": "DOGE / USD"}, "calls itself 'DOGE / USD'"),
        ({"decimals": 77}, "no decimals"),
    ],
)
def test_a_feed_that_is_not_right_gives_no_price(node, source, change, words):
    told = {"answer": 301234567890, "updated": now(node), **change}
    set_feed(node, FEEDS["ETH"].name, Told(**told))
    (found,) = read(source, tip(node, source), "ETH")
    assert isinstance(found, NoPrice)
    assert words in found.reason


def test_no_contract_and_one_that_says_nothing(node, source):
    node.rpc("anvil_setCode", FEEDS["LINK"].name, "0x00")
    node.rpc("anvil_mine", "0x1")
    found = read(source, tip(node, source), "SOL", "LINK")
    assert [type(each) for each in found] == [NoPrice] * 2
    assert all("no feed at this block" in each.reason for each in found)


def test_a_contract_that_never_ends_is_an_error(node, source):
    node.rpc("anvil_setCode", FEEDS["UNI"].name, "0x5b600056")  # JUMPDEST PUSH1 0 JUMP
    node.rpc("anvil_mine", "0x1")
    with pytest.raises(SourceError, match="too much for one request"):
        read(source, tip(node, source), "UNI")


def test_a_block_that_left_the_chain_is_an_error(node, source):
    set_feed(node, FEEDS["ETH"].name, Told(301234567890, now(node)))
    at = tip(node, source)
    gone = BlockRef(at.network, at.chain, at.height, "0x" + "ab" * 32, at.time)
    with pytest.raises((ReorgError, HeightPrunedError)):
        read(source, gone, "ETH")
