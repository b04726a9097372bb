"""Which endpoints serve a network, and which stand beside them."""

from __future__ import annotations

import pytest

from scanner.chains import table
from scanner.chains.bitcoin.blockbook import BlockbookServer
from scanner.chains.bitcoin.checkpoints import chain_marker
from scanner.chains.bitcoin.electrum import ElectrumServer
from scanner.chains.bitcoin.esplora import EsploraServer
from scanner.chains.fleet.source import FleetSource
from scanner.chains.interface import ReadPolicy
from scanner.chains.table import BESIDE, SOURCES, TOGETHER, chosen_endpoints, source_of
from scanner.errors import ConfigError
from scanner.model.endpoint import Endpoint
from scanner.settings.tables import load_registry

REGISTRY = load_registry()


def endpoint(name: str, network: str, protocol: str) -> Endpoint:
    return Endpoint(name, network, protocol, "http://127.0.0.1:1")


RPC = endpoint("rpc", "ethereum", "ethereum_rpc")
ARBITRUM = endpoint("arb", "arbitrum", "ethereum_rpc")
BEACON = endpoint("beacon", "ethereum-beacon", "beacon")
ENDPOINTS = {"arbitrum": [ARBITRUM], "ethereum": [RPC], "ethereum-beacon": [BEACON]}


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Names of the endpoints that every source was made of."""
    seen: list[list[str]] = []

    def make(protocol: str, network: object, endpoints: list[Endpoint], *_: object) -> object:
        seen.append([protocol, *(e.name for e in endpoints)])
        return object()

    monkeypatch.setattr(table, "make_source", make)
    return seen


def test_the_beacon_chain_stands_beside_the_network_of_its_chain_id(made: list[list[str]]) -> None:
    for name in ENDPOINTS:
        assert source_of(REGISTRY.network(name), ENDPOINTS, REGISTRY)
    assert made == [
        ["ethereum_rpc", "arb"],
        ["ethereum_rpc", "rpc", "beacon"],
        ["beacon", "beacon"],
    ]


def test_a_beacon_endpoint_alone_is_no_source_of_the_network_above_it(
    made: list[list[str]],
) -> None:
    only = {"ethereum-beacon": [BEACON]}
    assert chosen_endpoints(REGISTRY.network("ethereum"), only) == ("", [])
    assert source_of(REGISTRY.network("ethereum"), only, REGISTRY) is None
    assert made == []


def test_of_coins_that_index_servers_answer_a_block_tells_their_chain() -> None:
    """Such a server does not say which chain it is on: that block is all that it is known by."""
    asked = [n for n in REGISTRY.networks.values() if TOGETHER & {*n.sources}]
    unknown = [n.name for n in asked if chain_marker(n.name, n.chain_id) is None]
    assert not unknown, "scanner/chains/bitcoin/checkpoints.py: a first block, or one after a fork"


def test_protocols_beside_others_are_sources_themselves() -> None:
    assert {*BESIDE, *BESIDE.values()} <= set(SOURCES)


def index(name: str, protocol: str, operator: str) -> Endpoint:
    scheme = "tcp" if protocol == "electrum" else "http"
    return Endpoint(name, "litecoin", protocol, f"{scheme}://127.0.0.1:9", operator)


LITECOIN = REGISTRY.network("litecoin")
SPACE, OTHER = index("space", "esplora", "Space"), index("other", "esplora", "Other")
BOOK, FULL = index("book", "blockbook", "Book"), index("full", "electrum", "Full")
NODE = index("node", "bitcoin_core", "Me")


@pytest.mark.parametrize(
    ("configured", "quorum", "chosen"),
    [
        ([BOOK, SPACE], 1, [SPACE]),
        ([BOOK, SPACE], 2, [SPACE, BOOK]),
        ([BOOK, SPACE, OTHER], 2, [SPACE, OTHER]),
        ([BOOK, FULL, SPACE, OTHER], 3, [FULL, SPACE, OTHER]),
        ([BOOK, FULL, SPACE, OTHER], 2, [FULL, SPACE, OTHER]),
        ([BOOK, FULL], 5, [FULL, BOOK]),
        ([BOOK, SPACE, NODE], 2, [NODE]),
    ],
)
def test_servers_with_an_index_make_up_a_quorum_whatever_they_speak(
    configured: list[Endpoint], quorum: int, chosen: list[Endpoint]
) -> None:
    """An own node stands alone: what it reads is its own scan, and worth more."""
    protocol, found = chosen_endpoints(LITECOIN, {"litecoin": configured}, quorum)
    assert (protocol, found) == (chosen[0].protocol, chosen)


def test_one_source_of_all_of_them_asks_each_in_its_own_words() -> None:
    endpoints = {"litecoin": [BOOK, FULL, SPACE]}
    with pytest.raises(ConfigError, match="a quorum of 4 needs as many operators"):
        source_of(LITECOIN, endpoints, REGISTRY, ReadPolicy(4))
    made = source_of(LITECOIN, endpoints, REGISTRY, ReadPolicy(3))
    assert isinstance(made, FleetSource)
    servers = [seat.reader._server for seat in made.pool.nodes]  # type: ignore[attr-defined]
    kinds = [ElectrumServer, EsploraServer, BlockbookServer]
    assert [type(server) for server in servers] == kinds
    assert made.ability.chunk_size == 500, "the slowest one's"
    made.close()
    alone = source_of(LITECOIN, {"litecoin": [FULL]}, REGISTRY)
    assert alone is not None
    assert alone.ability.chunk_size == 20_000
    alone.close()
