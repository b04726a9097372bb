"""The shipped tables agree with themselves and say what published names mean."""

import csv
import re
from dataclasses import replace

import pytest

from scanner.chains.table import SOURCES
from scanner.errors import ConfigError, UnknownAssetError
from scanner.model.network import KINDS
from scanner.model.registry import Registry
from scanner.ownership.table import VERIFIERS
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
    with (shipped("config") / "assets.csv").open(newline="") as file:
        assert len(registry.coins) == len(list(csv.DictReader(file))) > 0
    for coin in registry.coins.values():
        assert registry.resolve(coin.name) == coin.holding


def copy_tables(folder, name="networks.csv", change=str):
    """The shipped tables, one of them changed."""
    for path in shipped("config").glob("*.csv"):
        text = path.read_text("utf-8")
        if path.name == name:
            changed = change(text)
            assert changed != text or change is str
            text = changed
        (folder / path.name).write_text(text, "utf-8")
    return folder


def put(old, new):
    return lambda text: text.replace(old, new, 1)


def add(line):
    return lambda text: f"{text.rstrip()}\n{line}\n"


def again(text):
    return f"{text}{text.splitlines()[1]}\n"


BURNT = "tron,TRX,TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t,82964399,x"
USDT = "USDT,ethereum,0xdAC17F958D2ee523a2206206994597C13D831ec7"
WRONG = [
    ("tokens.csv", put(",6,", ",seven,"), r"tokens.csv:\d+: decimals must be a whole number"),
    ("tokens.csv", put(",6,", ",-6,"), r"tokens.csv:\d+: decimals must be a whole number"),
    ("tokens.csv", put(",6,", ",37,"), r"tokens.csv:\d+: decimals must be 0 to 36"),
    (
        "tokens.csv",
        put(f"{USDT},6", f"{USDT},18"),
        r"tokens.csv:\d+: .* two different contracts or decimals",
    ),
    ("networks.csv", put("TRX|TRON|TRC20", "TRX|TRON|ETH"), r"networks.csv:\d+: .* twice"),
    ("assets.csv", put("BTC,BTC,BTC,bitcoin", "BTC,BTC,BTC,nowhere"), "assets.csv:2: no network"),
    ("assets.csv", put("bitcoin,,8,", "bitcoin,,8,too,many,"), "assets.csv:2: 9 cells"),
    ("canaries.csv", add(BURNT), r"canaries.csv:\d+: .*: already given in line 2"),
    ("canaries.csv", add("nonet,TRX,abc,1,x"), r"canaries.csv:\d+: no network .*'nonet'"),
    ("canaries.csv", add("tron,NOPE,abc,1,x"), r"canaries.csv:\d+: 'NOPE' on tron"),
    ("canaries.csv", add("tron,TRX,abc,soon,x"), r"canaries.csv:\d+: since must be a whole"),
    ("coin_names.csv", add("Bitcoin,BCH,x"), r"coin_names.csv:\d+: Bitcoin: already given"),
    ("coin_names.csv", add("bitcoin,BCH,x"), r"coin_names.csv:\d+: bitcoin: already given"),
    ("coin_names.csv", add("Foo,NOPE,x"), r"coin_names.csv:\d+: no asset is called 'NOPE'"),
    ("coin_names.csv", add(" Foo,BTC,x"), r"coin_names.csv:\d+: name must not be empty"),
    ("coin_names.csv", add(",BTC,x"), r"coin_names.csv:\d+: name must not be empty"),
    ("assets.csv", add("BTC,BCH,BCH,bitcoin-cash,,8,x"), r"assets.csv:\d+: BTC: already given"),
    (
        "assets.csv",
        add("BTCX,BTC,BTC,bitcoin,,9,x"),
        r"assets.csv:\d+: .* two different contracts or decimals",
    ),
    ("tokens.csv", add(f"TETHER{USDT[4:]},6,x"), r"tokens.csv:\d+: TETHER .* is USDT in"),
    ("networks.csv", again, r"networks.csv:\d+: aelf: already given in line 2"),
    ("tokens.csv", again, r"tokens.csv:\d+: 1INCH, ethereum: already given in line 2"),
    ("supplies.csv", again, r"supplies.csv:\d+: BTC: already given in line 2"),
    ("genesis.csv", again, r"genesis.csv:\d+: arbitrum: already given in line 2"),
    ("issued.csv", again, r"issued.csv:\d+: ETH, okc: already given in line 2"),
    ("issuers.csv", again, r"issuers.csv:\d+: 1INCH: already given in line 2"),
    ("same_state.csv", again, r"same_state.csv:\d+: .* already given in line 2"),
    ("networks.csv", put(",algorand,ed25519", ",nocodec,ed25519"), "no address codec .*'nocodec'"),
    (
        "networks.csv",
        put("algorand,algorand,", "algorand,algorant,"),
        "no kind .*'algorant'.*algorand",
    ),
    ("issued.csv", add("XX,nonet,ETHK,pegged,a,b,c"), r"issued.csv:\d+: no network"),
    ("issued.csv", add("XX,okc,XXK,pegged,a,b,c"), r"issued.csv:\d+: no asset is called 'XXK'"),
    ("issued.csv", add("XX,okc,ETHK,promised,a,b,c"), r"issued.csv:\d+: .*'promised' is none of"),
    ("issuers.csv", add("NOPE,project,x,,x"), r"issuers.csv:\d+: no asset is called 'NOPE'"),
    ("genesis.csv", add("nonet,0,0x00,x"), r"genesis.csv:\d+: no network"),
    ("genesis.csv", add("bitcoin,0,0xzz,x"), r"genesis.csv:\d+: '0xzz' is no block hash"),
    ("genesis.csv", add(f"bitcoin,x,0x{'0' * 64},x"), r"genesis.csv:\d+: height must be a whole"),
    ("supplies.csv", add("NOPE,5,2026-11,x"), r"supplies.csv:\d+: no asset is called 'NOPE'"),
    ("same_state.csv", add("aptos,NOPE,aptos,APT,x"), r"same_state.csv:\d+: 'NOPE' on aptos"),
    ("same_state.csv", add("aptos,APT,nonet,APT,x"), r"same_state.csv:\d+: no network"),
    ("networks.csv", put("network,kind", "network,kynd"), "networks.csv:1: no column 'kind'"),
    ("networks.csv", put("network,kind", "network,kind,kind"), "networks.csv:1: .* named twice"),
    ("tokens.csv", lambda _: "", "tokens.csv:1: no column 'asset'"),
]


@pytest.mark.parametrize(("name", "change", "why"), WRONG)
def test_a_wrong_table_is_refused_with_its_line(tmp_path, name, change, why):
    with pytest.raises(ConfigError, match=why):
        load_registry(copy_tables(tmp_path, name, change))


def test_a_table_may_begin_with_a_byte_order_mark(tmp_path):
    folder = copy_tables(tmp_path, "networks.csv", lambda text: f"\ufeff{text}")
    assert load_registry(folder).networks == load_registry().networks


def test_shipped_networks_name_what_there_is(registry):
    """These tables are in rooms above the settings, which cannot ask them."""
    for network in registry.networks.values():
        assert set(network.schemes) <= set(VERIFIERS), network.name
        assert set(network.sources) <= set(SOURCES), network.name
    used = {network.kind for network in registry.networks.values()}
    assert used == KINDS, "KINDS (scanner/model/network.py) has a kind that no network is of"


def test_the_registry_itself_takes_no_name_twice(registry):
    networks, coins = [*registry.networks.values()], [*registry.coins.values()]
    with pytest.raises(ConfigError, match="network 'aelf' is given twice"):
        Registry([*networks, networks[0]], [], [])
    with pytest.raises(ConfigError, match="coin 'BTC' is given twice"):
        Registry(networks, [*coins, replace(coins[0], name="btc")], [])
    with pytest.raises(ConfigError, match="name 'BITCOIN' is given twice"):
        Registry(networks, coins, [], names={"Bitcoin": "BTC", "BITCOIN": "BCH"})


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
