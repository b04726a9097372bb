"""What users write after options, and what is refused with which words."""

from __future__ import annotations

import pytest

from scanner.chains.interface import ReadPolicy
from scanner.chains.table import chosen_endpoints
from scanner.cli.common.listing import parse_columns, share
from scanner.cli.common.reading import parse_heights, parse_networks
from scanner.cli.common.sources import open_sources
from scanner.errors import ConfigError, UnknownAssetError
from scanner.model.endpoint import Endpoint
from scanner.settings.tables import load_registry

REGISTRY = load_registry()


def test_heights_by_our_names_and_publishers():
    found = parse_heights(["bitcoin=840000", "ERC20=latest"], REGISTRY)
    assert found == {"bitcoin": 840000, "ethereum": None}
    assert parse_heights([], REGISTRY) == {}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("bitcoin", "NETWORK=HEIGHT"),
        ("bitcoin=", "NETWORK=HEIGHT"),
        ("bitcoin=+1", "NETWORK=HEIGHT"),
        ("bitcoin=1.5", "NETWORK=HEIGHT"),
        ("bitcoin=٣", "NETWORK=HEIGHT"),
        ("bitcoin=" + "1" * 19, "too many digits"),
    ],
)
def test_height_that_is_none(text, words):
    with pytest.raises(ConfigError, match=words):
        parse_heights([text], REGISTRY)


def test_one_network_has_one_height():
    with pytest.raises(ConfigError, match="names bitcoin twice"):
        parse_heights(["bitcoin=1", "BTC=2"], REGISTRY)
    with pytest.raises(UnknownAssetError):
        parse_heights(["nosuch=1"], REGISTRY)


def test_networks():
    assert parse_networks("", REGISTRY) is None
    assert parse_networks("BTC,ethereum", REGISTRY) == {"bitcoin", "ethereum"}


def test_columns():
    assert parse_columns(["address=wallet, amount=Qty (BTC)", "height=Block"]) == {
        "address": "wallet",
        "amount": "Qty (BTC)",
        "height": "Block",
    }
    assert parse_columns([]) == {}


@pytest.mark.parametrize("text", ["address", "=x", "address=", "a=b,,", "address=a,address=b"])
def test_columns_that_are_wrong(text):
    with pytest.raises(ConfigError, match="--columns"):
        parse_columns([text])


def test_share_of_an_empty_file_is_all_of_it():
    assert share((0, 0)) == 1.0
    assert share((1, 4)) == 0.25


def endpoint(name, network, protocol):
    return Endpoint(name, network, protocol, "http://127.0.0.1:9")


def test_best_protocol_with_endpoints_is_chosen():
    ethereum = REGISTRY.network("ethereum")
    mine = endpoint("a", "ethereum", "ethereum_rpc")
    assert chosen_endpoints(ethereum, {"ethereum": [mine]}) == ("ethereum_rpc", [mine])
    assert chosen_endpoints(ethereum, {}) == ("", [])
    unspoken = endpoint("b", "ethereum", "no_such_protocol")
    assert chosen_endpoints(ethereum, {"ethereum": [unspoken]}) == ("", [])


def test_networks_without_endpoints_get_no_source(tmp_path):
    table = tmp_path / "endpoints.toml"
    table.write_text(
        '[[endpoint]]\nname="a"\nnetwork="ethereum"\nprotocol="ethereum_rpc"\n'
        'url="http://127.0.0.1:9"\n'
    )
    with open_sources({"ethereum", "litecoin"}, table, REGISTRY, ReadPolicy()) as sources:
        assert list(sources) == ["ethereum"]
