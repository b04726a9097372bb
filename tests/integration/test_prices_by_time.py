"""A snapshot without a block of the feeds' network: its own time says which block is asked."""

from __future__ import annotations

import json

import pytest
from support.eth_list import write_endpoints
from support.price_feed import Told, set_feed
from support.snapshot_stub import StubSource, eth_claim, good_judge, stored

from scanner.cli.main import run
from scanner.settings.tables import load_registry
from scanner.snapshots.interface import SnapshotPolicy
from scanner.snapshots.take import take_snapshot
from scanner.store.database.engine import open_store
from scanner.store.writing.runs import create_snapshot
from scanner.store.writing.sink import StoreSink

pytestmark = pytest.mark.node

FEED = "0x" + "12" * 20
GENESIS = 1_699_999_000
ROUND = (6 << 64) | 1234


@pytest.fixture
def chain(anvil_factory):
    """Blocks twelve seconds apart; a feed that answers 0.1 first, and 0.2 from block 30 on."""
    node = anvil_factory(arguments=("--timestamp", str(GENESIS)))
    told = {"name": "TRX / USD", "updated": GENESIS}
    set_feed(node, FEED, Told(10_000_000, **told))
    node.rpc("anvil_mine", hex(26), hex(12))
    set_feed(node, FEED, Told(20_000_000, round=ROUND + 1, **told))
    node.rpc("anvil_mine", hex(200), hex(12))
    return node


def time_of(node, height):
    return int(node.rpc("eth_getBlockByNumber", hex(height), False)["timestamp"], 16)


@pytest.fixture
def database(chain, tmp_path):
    return f"sqlite:///{tmp_path / 'x.db'}"


def take(database, time):
    """A snapshot of a Tron row whose block has that time."""
    height = time - 1_700_000_000  # StubSource's block times
    row = eth_claim(0, network="tron", asset="TRX", address="T" + "x" * 33, amount=9, height=77)
    with open_store(database, create=True) as store:
        made = create_snapshot(store, stored(store, [row]).list_id, SnapshotPolicy())
        source = StubSource("tron")
        pin = source.pin
        source.pin = lambda wanted: pin(height)
        sources = {"tron": source}
        take_snapshot(StoreSink(store), made, sources, good_judge, load_registry())


def read(chain, database, tmp_path, capfd):
    table = "asset,network,chain,contract,description,source\n"
    (tmp_path / "feeds.csv").write_text(table + f"TRX,ethereum,1:dev,{FEED},TRX / USD,here\n")
    endpoints = write_endpoints(tmp_path / "endpoints.toml", chain.url)
    arguments = ["prices", "chainlink", "--database", database, "--endpoints", str(endpoints)]
    status = run([*arguments, "--feeds", str(tmp_path / "feeds.csv"), "--json"])
    said = capfd.readouterr()
    return status, json.loads(said.out) if said.out else None, said.err


@pytest.mark.parametrize(
    ("height", "seconds", "price"), [(20, 0, "0.1"), (20, 11, "0.1"), (60, 0, "0.2")]
)
def test_the_last_block_before_the_snapshot_is_asked(
    chain, database, tmp_path, capfd, height, seconds, price
):
    take(database, time_of(chain, height) + seconds)
    status, found, _ = read(chain, database, tmp_path, capfd)
    assert status == 0
    assert found["blocks"][0]["height"] == height
    assert found["prices"][0]["price_usd"] == price


def test_a_time_that_the_chain_has_not_reached_is_an_error(chain, database, tmp_path, capfd):
    take(database, time_of(chain, int(chain.rpc("eth_blockNumber"), 16)) + 10_000)
    status, found, said = read(chain, database, tmp_path, capfd)
    assert (status, found) == (2, None)
    assert "127.0.0.1" not in said
