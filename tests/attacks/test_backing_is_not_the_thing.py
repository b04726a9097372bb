"""A claim on somebody, above all on the publisher, beside the coins that back it: two assets."""

from __future__ import annotations

import csv
from collections import defaultdict

import pytest

from scanner.liabilities.interface import Liability, LiabilityEvidence
from scanner.model.balance import Balance, Evidence
from scanner.model.claim import Claim
from scanner.model.control import Binding, Control, ControlResult
from scanner.model.statement import StatedBy, Statement
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


@pytest.mark.parametrize("publisher", ["okx", "binance"])
def test_a_publisher_is_known_to_issue_its_own(publisher):
    own = {row["name"] for row in ISSUED if row["issuer"] == publisher}
    assert own
    assert own <= set(load_publishers().known(publisher).tokens)


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
