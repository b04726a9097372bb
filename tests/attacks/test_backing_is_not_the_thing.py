"""A claim on somebody, above all on the publisher, beside the coins that back it: two assets."""

from __future__ import annotations

import csv
import shutil
from collections import defaultdict

import pytest

from scanner.errors import ConfigError
from scanner.liabilities.interface import Liability, LiabilityEvidence
from scanner.model.balance import Balance, Evidence
from scanner.model.claim import Claim
from scanner.model.control import Binding, Control, ControlResult
from scanner.model.network import Backing
from scanner.model.statement import StatedBy, Statement
from scanner.reports.figures.groups import group_lines, group_totals
from scanner.settings.paths import shipped
from scanner.settings.publishers import load_publishers
from scanner.settings.tables import load_registry
from scanner.snapshots.interface import NumberedClaim
from scanner.snapshots.tally import Tally

REGISTRY = load_registry()
with (shipped("config") / "issued.csv").open(newline="") as file:
    ISSUED = list(csv.DictReader(file))
PROOF = ControlResult(
    Control.CONTROLS, Binding.DERIVED, statement=Statement.STATED, stated_by=StatedBy.RULE
)


def test_every_token_has_an_issuer_and_no_asset_two():
    """The tables refuse two; here that none was forgotten, and that one would be refused."""
    unowned = {h.asset for h in REGISTRY.holdings() if REGISTRY.issuer(h.asset) is None}
    assert unowned == set(), "config/issuers.csv needs a row for each: who owes it?"
    for h in REGISTRY.holdings():
        issuer = REGISTRY.issuer(h.asset)
        assert h.is_native or issuer.name or issuer.backing is Backing.NATIVE, h.asset


def test_a_second_issuer_is_refused(tmp_path):
    for table in (shipped("config")).glob("*.csv"):
        shutil.copy(table, tmp_path)
    with (tmp_path / "issuers.csv").open("a") as table:
        table.write("ETHK,company,somebody else,,a test\n")
    with pytest.raises(ConfigError, match="ETHK has two issuers"):
        load_registry(tmp_path)


def test_no_asset_has_two_issuers():
    issuers = defaultdict(set)
    for row in ISSUED:
        issuers[row["name"]].add(row["issuer"])
        issuers[row["asset"]].discard(row["issuer"])
    assert {name for name, of in issuers.items() if len(of) > 1} == set()
    assert not {r["name"] for r in ISSUED} & {r["asset"] for r in ISSUED}


@pytest.mark.parametrize("row", ISSUED, ids=lambda r: f"{r['asset']} on {r['network']}")
def test_what_is_issued_in_a_coins_name_is_not_the_coin(row):
    held = REGISTRY.resolve(row["asset"], row["network"])
    assert held.asset == row["name"]
    assert REGISTRY.group(held.asset) == REGISTRY.group(row["asset"]), "totals of lists add it up"
    assert row["how"]
    assert row["source"]


MADE_THERE = {
    # company or project: the networks on which it issues the token itself
    "USDC": "aptos arbitrum avalanche-c base ethereum linea optimism polkadot-asset-hub "
    "polygon solana sui tron zksync-era",
    "USDT": "algorand aptos avalanche-c bitcoin ethereum polkadot-asset-hub solana ton tron",
    "USDG": "ethereum solana xlayer",
    "TUSD": "bsc ethereum",
    "OKB": "ethereum okc",
    "cbBTC": "base ethereum",
    # a contract of the network that gives its own coin back
    "WETH": "arbitrum base ethereum linea optimism zksync-era",
    "USDT0": "optimism xlayer",
}


def test_a_token_on_a_second_network_is_the_coin_only_where_its_issuer_makes_it():
    """What a network's own bridge carries there is owed by the bridge: 1,000 DAI locked on Ethereum
    and the 1,000 DAI that stand for them on Arbitrum are 1,000 DAI.
    """
    places = defaultdict(set)
    for h in REGISTRY.holdings():
        if not h.is_native and REGISTRY.issuer(h.asset).backing is not Backing.NATIVE:
            places[h.asset].add(h.network)
    several = {asset: nets for asset, nets in places.items() if len(nets) > 1}
    assert several == {asset: set(nets.split()) for asset, nets in MADE_THERE.items()}, (
        "a line of MADE_THERE if the issuer makes it there; if a bridge carries it, a name of its own"
    )


def test_what_a_bridge_carries_is_in_the_group_of_its_coin():
    kinds = {Backing.BRIDGED, Backing.PEGGED}
    for asset in {h.asset for h in REGISTRY.holdings()}:
        if REGISTRY.issuer(asset).backing in kinds:
            coin = REGISTRY.issuer(REGISTRY.group(asset))
            assert coin is not None, asset
            assert coin.backing not in kinds, asset


@pytest.mark.parametrize(
    ("coin", "network"),
    [("DAI", "ARBITRUM"), ("WBTC", "OPTIMISM"), ("USDT-OPTIMISM", ""), ("USDT", "POLYGON")],
)
def test_coins_locked_in_a_bridge_and_what_stands_for_them_are_counted_once(coin, network):
    tally = Tally()
    carried = REGISTRY.resolve(coin, network)
    asset = REGISTRY.group(carried.asset)
    for number, held in enumerate((REGISTRY.resolve(asset, "ETH"), carried), 1):
        claim = Claim(number, coin, held.asset, held.network, "0x", "0x", held.decimals, 1_000)
        balance = Balance(1_000, Evidence.REPORTED, ("node",))
        tally.add(NumberedClaim(number, claim), PROOF, balance, Evidence.PROVEN)
    owed = Liability(asset, 1_000, carried.decimals, LiabilityEvidence.PUBLISHED, "file")
    totals = tally.totals([owed])
    assert {t.asset: t.verified for t in totals} == {asset: 1_000, carried.asset: 1_000}
    assert {t.asset: t.reserve_ratio for t in totals} == {asset: "1.000000", carried.asset: None}
    (group,) = group_totals(totals, REGISTRY, load_publishers().known("example"))
    assert (group.group, group.ratio) == (asset, "2.000000")
    assert "owed by" in list(group_lines([group]))[2]


@pytest.mark.parametrize("publisher", ["okx", "binance"])
def test_a_publisher_is_known_to_issue_its_own(publisher):
    own = {row["name"] for row in ISSUED if row["issuer"] == publisher}
    assert own
    assert own <= set(load_publishers().known(publisher).tokens)


def test_who_publishes_is_known_to_issue_what_the_table_says():
    table = load_publishers()
    assets = {h.asset for h in REGISTRY.holdings()}
    for asset in sorted(assets):
        issuer = REGISTRY.issuer(asset)
        publisher = table.find(issuer.name)
        if publisher is not None:
            assert asset in publisher.tokens, f"{asset} is issued by {publisher.name}"


def test_what_wraps_or_carries_an_own_coin_is_an_own_coin():
    """OKB behind a contract that anybody can wrap it with is worth what OKB is worth."""
    assets = {holding.asset for holding in REGISTRY.holdings()}
    for publisher in load_publishers().all.values():
        for own in publisher.tokens:
            for asset in assets:
                carried = asset == f"W{own}" or asset.startswith(f"{own}.")
                assert not carried or asset in publisher.tokens, f"{asset} is {own}"


@pytest.mark.parametrize(
    ("publisher", "verified", "ratio"), [("kraken", 160, "0.800000"), ("binance", 120, "0.600000")]
)
def test_bridged_and_pegged_tokens_join_a_group_only_when_asked_for(publisher, verified, ratio):
    """100 USDC, 20 over bridges, 40 of Binance's: what its own publisher owes joins nothing."""
    tally = Tally()
    for number, (asset, amount) in enumerate((("USDC", 100), ("USDC.e", 20), ("USDC.bsc", 40)), 1):
        network = REGISTRY.networks_of(asset)[0]
        claim = Claim(number, asset, asset, network, "0x", "0x", 6, amount)
        balance = Balance(amount, Evidence.REPORTED, ("node",))
        tally.add(NumberedClaim(number, claim), PROOF, balance, Evidence.PROVEN)
    totals = tally.totals([Liability("USDC", 200, 6, LiabilityEvidence.PUBLISHED, "file")])
    assert {t.asset: t.reserve_ratio for t in totals}["USDC"] == "0.500000"
    (group,) = group_totals(totals, REGISTRY, load_publishers().known(publisher))
    assert (group.group, group.verified, group.ratio) == ("USDC", verified, ratio)
    assert [m.total.asset for m in group.members] == ["USDC", "USDC.bsc", "USDC.e"]
    assert [m.counted for m in group.members] == [True, publisher != "binance", True]
    lines = list(group_lines([group]))
    assert "owed by binance" in lines[2]
    assert ("not counted" in lines[2]) is (publisher == "binance")


def test_the_ratio_is_of_the_coin_alone():
    """1,000 ETH and the 1,000 ETHK that they back are 1,000 ETH."""
    tally = Tally()
    for number, (coin, network) in enumerate((("ETH", "ETH"), ("ETHK-OKC20", "")), 1):
        held = REGISTRY.resolve(coin, network)
        claim = Claim(number, coin, held.asset, held.network, "0x", "0x", 18, 1_000)
        balance = Balance(1_000, Evidence.REPORTED, ("node",))
        tally.add(NumberedClaim(number, claim), PROOF, balance, Evidence.PROVEN)
    owed = Liability("ETH", 1_000, 18, LiabilityEvidence.PUBLISHED, "file")
    ether, pegged = tally.totals([owed])
    assert (ether.asset, ether.verified, ether.reserve_ratio) == ("ETH", 1_000, "1.000000")
    assert (pegged.asset, pegged.liabilities, pegged.reserve_ratio) == ("ETHK", None, None)
