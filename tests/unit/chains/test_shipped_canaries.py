"""The shipped canaries: each can be asked, and Bitcoin's finds an index server that is empty."""

from contextlib import closing
from dataclasses import replace
from hashlib import sha256

import pytest
from Crypto.Hash import RIPEMD160
from support.coin_world import TIP, CoinWorld
from support.electrum_replay import ElectrumReplay
from support.esplora_replay import EsploraReplay
from support.replay import Trap

from scanner.chains.bitcoin import index_source
from scanner.chains.bitcoin.electrum import ElectrumServer
from scanner.chains.bitcoin.esplora import EsploraServer
from scanner.chains.bitcoin.index_source import IndexReader
from scanner.chains.canary_table import BY_BLOCK, NO_CANARY, canary_table
from scanner.chains.fleet.interface import HolderReader
from scanner.chains.fleet.source import FleetSource
from scanner.chains.interface import ReadPolicy
from scanner.chains.table import make_source
from scanner.errors import ConfigError, SourceError
from scanner.model.addresses.scripts import script_pubkey
from scanner.model.addresses.table import decode_address
from scanner.model.balance import BalanceQuery
from scanner.model.endpoint import Endpoint
from scanner.model.registry import Registry
from scanner.settings.tables import load_registry

REGISTRY = load_registry()
SHIPPED = [canary for name in REGISTRY.networks for canary in REGISTRY.canaries(name)]
COLLISION = bytes.fromhex("6e879169a87ca887")
"""2DUP EQUAL NOT VERIFY SHA256 SWAP SHA256 EQUAL: two texts that differ, with one hash."""
READ = {network.name for network in REGISTRY.networks.values() if network.sources}


@pytest.mark.parametrize("canary", SHIPPED, ids=lambda c: f"{c.network} {c.address[:12]}")
def test_each_can_be_asked(canary):
    network = REGISTRY.network(canary.network)
    assert decode_address(network, canary.address).text == canary.address
    assert canary.asset == network.native, "asked whatever the list holds"
    assert REGISTRY.holding(canary.asset, canary.network)
    assert canary.why


def test_every_network_that_is_read_has_one_or_says_why_not():
    without = READ - {canary.network for canary in SHIPPED}
    assert without - set(BY_BLOCK) - set(NO_CANARY) == set(), (
        "give each a row in config/canaries.csv, or a line in scanner/chains/canary_table.py"
    )
    assert without == {*BY_BLOCK, *NO_CANARY}, "a line of canary_table.py is of no use: take it out"
    assert not set(BY_BLOCK) & set(NO_CANARY)


def test_a_network_without_any_says_what_to_do():
    network = replace(REGISTRY.network("dogecoin"), name="new-coin", native="NEW", aliases=())
    tables = Registry([network], (), ())
    with pytest.raises(ConfigError, match=r"new-coin: give it a row in config/canaries\.csv; or"):
        canary_table(tables)


def test_the_page_names_the_canary_of_every_network_or_why_there_is_none():
    rows = [line for line in canary_table(REGISTRY).splitlines() if line.startswith("| ")][1:]
    told: dict[str, str] = {}
    for row in rows:
        name = row.split(" | ")[0].removeprefix("| ")
        told[name] = told.get(name, "") + row
    assert set(told) == READ
    for canary in SHIPPED:
        assert f"`{canary.address}`" in told[canary.network]
        assert f"{canary.since:,}" in told[canary.network]
    for name, why in {**NO_CANARY, **BY_BLOCK}.items():
        assert ("none" if name in NO_CANARY else "of each block") in told[name]
        assert why in told[name]


@pytest.mark.parametrize("name", sorted({*BY_BLOCK} - {"ethereum-beacon"}))
def test_whose_blocks_name_one_has_readers_that_ask_for_it(name):
    """Of every protocol but a node's own scan: bitcoin/test_node_canary.py has those."""
    network = REGISTRY.network(name)
    for protocol in set(network.sources) - {"bitcoin_core"}:
        endpoint = Endpoint("a", name, protocol, HOSTS[protocol])
        with closing(make_source(protocol, network, [endpoint], REGISTRY)) as source:
            assert isinstance(source.pool.nodes[0].reader, HolderReader)


HOSTS = {"electrum": "tcp://127.0.0.1:9"} | dict.fromkeys(
    ("blockbook", "esplora", "aptos_rest", "stellar_horizon", "sui_graphql"), "http://127.0.0.1:9"
)


WORDS = {  # address that no key made: where its word begins in the 20 bytes behind the prefix
    "dogecoin": "DDogeparty",
    "ravencoin": "RXissueAsset",
    "bitcoin-sv": "1Counterparty",
}


@pytest.mark.parametrize("name", WORDS)
def test_an_address_made_of_words_was_made_of_no_key(name):
    """Its letters are a word and one letter again and again, up to the checksum: 20 of 34 chosen.

    Whoever has a key finds the hash of it, and cannot choose so many of its letters.
    """
    (canary,) = REGISTRY.canaries(name)
    word = WORDS[name]
    filling = canary.address[len(word) : 26]
    assert canary.address.startswith(word)
    assert len(set(filling)) == 1, filling
    assert len(word) + len(filling) >= 20


def test_the_treasury_of_polkadot_is_a_name_and_no_key():
    (canary,) = REGISTRY.canaries("polkadot-asset-hub")
    address = decode_address(REGISTRY.network(canary.network), canary.address)
    assert address.payload == b"modlpy/trsry".ljust(32, b"\0")


@pytest.mark.parametrize("name", ["bitcoin", "bitcoin-cash"])
def test_a_coin_that_only_a_collision_moves(name):
    """The address is that of the script, computed here: nobody's key is in it."""
    (canary,) = REGISTRY.canaries(name)
    script_hash = RIPEMD160.new(sha256(COLLISION).digest()).digest()
    address = decode_address(REGISTRY.network(name), canary.address)
    assert (address.format, address.payload) == ("p2sh", script_hash)


BITCOIN = REGISTRY.network("bitcoin")
(BIRD,) = REGISTRY.canaries("bitcoin")
EMPTY = BalanceQuery(
    decode_address(BITCOIN, "1BitcoinEaterAddressDontSendf59kuE"),
    REGISTRY.holding("BTC", "bitcoin"),
)
FUNDED = CoinWorld({script_pubkey(decode_address(BITCOIN, BIRD.address)): [(5, 27_734_251)]})
SERVERS = {
    "esplora": (EsploraReplay, EsploraServer),
    "electrum": (ElectrumReplay, lambda endpoint: ElectrumServer(endpoint, BITCOIN)),
}


@pytest.mark.parametrize("kind", SERVERS)
@pytest.mark.parametrize("trap", [Trap.NONE, Trap.ZEROES])
def test_one_bitcoin_index_that_is_empty_is_not_believed(kind, trap, monkeypatch):
    """A quorum of 1: nobody else is asked. The chain in memory stands for Bitcoin's own."""
    monkeypatch.setattr(index_source, "chain_marker", lambda *_: (0, FUNDED.hash(0)))
    start, server = SERVERS[kind]
    tables = Registry(REGISTRY.networks.values(), (), REGISTRY.holdings(), [replace(BIRD, since=5)])
    with closing(start(FUNDED)) as stub:
        stub.trap = trap
        reader = IndexReader(server(stub.endpoint("a")), BITCOIN, 500)
        with closing(FleetSource(BITCOIN, [reader], ReadPolicy(), tables)) as fleet:
            at = fleet.pin(TIP - 100)
            if trap is Trap.ZEROES:
                with pytest.raises(
                    SourceError, match=f"{BIRD.address} holds no BTC .* not trusted"
                ):
                    fleet.fetch_balances([EMPTY], at)
            else:
                assert [b.amount for b in fleet.fetch_balances([EMPTY], at)] == [0]
