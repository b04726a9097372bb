"""The shipped tables agree with themselves and say what published names mean."""

import csv
import re
from dataclasses import replace

import pytest

from scanner.errors import ConfigError, UnknownAssetError
from scanner.model.registry import Registry
from scanner.settings.paths import shipped
from scanner.settings.tables import load_registry


@pytest.fixture(scope="module")
def registry():
    return load_registry()


@pytest.mark.parametrize(
    ("coin", "label", "asset", "network"),
    [
        ("BTC", "BTC", "BTC", "bitcoin"),
        ("USDT-ERC20", "ETH", "USDT", "ethereum"),
        ("usdt-trc20", "trx", "USDT", "tron"),
        ("USDT", "ETH", "USDT", "ethereum"),  # bare asset names follow the label
        ("USDT", "", "USDT", "bitcoin"),  # and without one mean the table's row
        ("ETC", "OKC", "ETCK", "okc"),  # what somebody issues in its name is not the coin
        ("ETH", "STARKNET", "ETH", "starknet"),
        ("EOS", "Vaulta", "EOS", "vaulta"),
        ("POLY-USDC", "", "USDC.e.polygon", "polygon"),
        ("POLY-USDC-3359", "", "USDC", "polygon"),
        ("XRP", "RIPPLE", "XRP", "xrpl"),
    ],
)
def test_published_names(registry, coin, label, asset, network):
    holding = registry.resolve(coin, label)
    assert (holding.asset, holding.network) == (asset, network)


@pytest.mark.parametrize(
    ("coin", "label", "why"),
    [
        ("FOO", "", "unknown coin"),
        ("FOO", "ETH", "unknown coin"),
        ("BTC", "NOPE", "unknown network"),
        ("USDT-ERC20", "TRON", "is on ethereum"),
        ("BTC", "ETH", "no table"),
        ("", "", "unknown coin"),
    ],
)
def test_contradictions_are_refused(registry, coin, label, why):
    with pytest.raises(UnknownAssetError) as caught:
        registry.resolve(coin, label)
    assert why in str(caught.value)


def test_eighteen_decimals_traps(registry):
    """USDT and USDC have 18 decimals on BSC and OKTC, and 6 elsewhere."""
    on = ("bsc", "okc", "ethereum", "tron", "polygon", "arbitrum", "solana")
    decimals = {n: registry.holding("USDT", n).decimals for n in on}
    assert decimals["bsc"] == decimals["okc"] == 18
    assert {decimals[n] for n in ("ethereum", "tron", "polygon", "arbitrum", "solana")} == {6}


def test_tokens_and_coins_name_the_same_contracts(registry):
    """Both tables went into one registry, so a difference would have been refused at load."""
    with (shipped("config") / "tokens.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            holding = registry.holding(row["asset"], row["network"])
            assert holding.contract.lower() == row["contract"].lower()
            assert holding.decimals == int(row["decimals"])


def test_every_coin_name_resolves_alone(registry):
    assert len(registry.coins) == 99
    for coin in registry.coins.values():
        assert registry.resolve(coin.name) == coin.holding


def copy_tables(folder, **changes):
    for name in ("networks.csv", "assets.csv", "tokens.csv"):
        text = (shipped("config") / name).read_text()
        old, new = changes.get(name.split(".")[0], ("", ""))
        assert old in text
        (folder / name).write_text(text.replace(old, new, 1) if old else text)
    return folder


@pytest.mark.parametrize(
    "changes",
    [
        {"tokens": (",6,", ",seven,")},
        {"tokens": (",6,", ",-6,")},
        {
            "tokens": (
                "USDT,ethereum,0xdAC17F958D2ee523a2206206994597C13D831ec7,6",
                "USDT,ethereum,0xdAC17F958D2ee523a2206206994597C13D831ec7,18",
            )
        },
        {"networks": ("TRX|TRON|TRC20", "TRX|TRON|ETH")},
        {"assets": ("BTC,BTC,BTC,bitcoin", "BTC,BTC,BTC,nowhere")},
        {"assets": ("BTC,BTC,BTC,bitcoin,,8,", "BTC,BTC,BTC,bitcoin,,8,too,many,")},
    ],
)
def test_a_wrong_table_is_refused(tmp_path, changes):
    with pytest.raises(ConfigError):
        load_registry(copy_tables(tmp_path, **changes))


def test_a_missing_table_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"networks\.csv"):
        load_registry(tmp_path)


def test_one_balance_has_one_name(registry):
    token = registry.holding("USDT", "ethereum")
    again = replace(token, asset="TETHER", contract=token.contract.lower())
    with pytest.raises(ConfigError, match="TETHER on ethereum is USDT"):
        Registry(registry.networks.values(), registry.coins.values(), [token, again])


def test_every_network_read_over_json_rpc_is_known_by_a_block_of_its_own():
    """A chain id is anybody's; who gives it to a chain of his own is found out by its blocks."""
    unmarked = {
        "okc": "no published hash of an early block was found, and no node answers any more",
        "filecoin": "its gateways refuse epochs that old",
    }
    registry = load_registry()
    read = {n.name: n for n in registry.networks.values() if "ethereum_rpc" in n.sources}
    assert {name for name, n in read.items() if n.mark is None} == set(unmarked)
    for network in read.values():
        if network.mark is not None:
            assert re.fullmatch("0x[0-9a-f]{64}", network.mark[1])
    with (shipped("config") / "genesis.csv").open(newline="") as file:
        assert {row["network"] for row in csv.DictReader(file) if row["source"]} == (
            set(read) - set(unmarked)
        )
