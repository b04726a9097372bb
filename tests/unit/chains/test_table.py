"""Which endpoints serve a network, and which stand beside them."""

from __future__ import annotations

import pytest

from scanner.chains import table
from scanner.chains.table import BESIDE, SOURCES, chosen_endpoints, source_of
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


def test_protocols_beside_others_are_sources_themselves() -> None:
    assert {*BESIDE, *BESIDE.values()} <= set(SOURCES)
