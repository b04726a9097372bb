"""When less verified than owed is false, and when it is only not shown."""

from __future__ import annotations

from dataclasses import replace

import pytest

from scanner.liabilities.interface import Liability, LiabilityEvidence
from scanner.model.balance import Evidence
from scanner.model.finding import FindingKind
from scanner.settings.publishers import load_publishers
from scanner.settings.tables import load_registry
from scanner.snapshots.tally import Part, PartKey, Tally
from scanner.store.reading.about_owed import _covered, owed_in_its_name

OWED = Liability("BTC", 1_000, 8, LiabilityEvidence.REHASHED, "tree.csv", "2026-06-16", dated=True)
BELOW, MAYBE = FindingKind.RESERVES_BELOW_LIABILITIES, FindingKind.RESERVES_MAYBE_BELOW


def told(owed, *parts):
    tally = Tally()
    for proof, evidence, found in parts:
        key = PartKey("BTC", 8, proof=proof, evidence=evidence)
        tally.add_part(key, Part(rows=1, claimed=found, found=found))
    (total,) = tally.totals([owed])
    return [f.kind for f in _covered(owed, total)]


def test_false_only_where_both_sides_are_proven_and_nothing_is_left():
    assert told(OWED, (True, Evidence.PROVEN, 999)) == [BELOW]
    assert told(OWED, (True, Evidence.PROVEN, 900), (False, Evidence.PROVEN, 99)) == [BELOW]
    assert told(OWED, (True, Evidence.PROVEN, 1_000)) == []


@pytest.mark.parametrize(
    ("owed", "parts"),
    [
        (OWED, [(True, Evidence.REPORTED, 999)]),
        (OWED, [(True, Evidence.AGREED, 500), (True, Evidence.PROVEN, 1)]),
        (OWED, [(True, Evidence.PROVEN, 999), (False, Evidence.PROVEN, 1)]),
        (OWED, [(True, Evidence.PROVEN, 999), (False, Evidence.UNAVAILABLE, 0)]),
        (replace(OWED, evidence=LiabilityEvidence.PUBLISHED), [(True, Evidence.PROVEN, 999)]),
        (replace(OWED, evidence=LiabilityEvidence.ROOT_LINKED), [(True, Evidence.PROVEN, 999)]),
        (replace(OWED, dated=False), [(True, Evidence.PROVEN, 999)]),
    ],
)
def test_a_doubt_on_either_side_keeps_it_from_being_false(owed, parts):
    assert told(owed, *parts) == [MAYBE]


def test_what_cannot_be_compared_is_not_compared():
    other_day = replace(OWED, other_day="it is of another day")
    assert told(other_day, (True, Evidence.PROVEN, 1)) == []
    assert told(replace(OWED, detail={"unit": "cents"}), (True, Evidence.PROVEN, 1)) == []
    assert told(OWED, (False, Evidence.UNAVAILABLE, 0)) == []


def held(**amounts):
    """Totals of coins, all of it proven."""
    tally = Tally()
    for asset, amount in amounts.items():
        key = PartKey(asset.replace("_", "."), 6, proof=True, evidence=Evidence.PROVEN)
        tally.add_part(key, Part(rows=1, claimed=amount, found=amount))
    return tally


@pytest.mark.parametrize(
    ("publisher", "totals", "kind"),
    [
        ("kraken", {"USDT": 900}, BELOW),
        ("kraken", {"USDT": 900, "USDT_arbitrum": 99}, BELOW),
        ("kraken", {"USDT": 900, "USDT_arbitrum": 60, "USDT_bsc": 40}, MAYBE),
        ("kraken", {"USDT": 900, "USDC": 100}, BELOW),
        ("binance", {"USDT": 900, "USDT_bsc": 100}, BELOW),  # its own word covers nothing
        ("binance", {"USDT": 900, "USDT_bsc": 100, "USDT_polygon": 100}, MAYBE),
    ],
)
def test_coins_over_a_bridge_keep_it_from_being_false(publisher, totals, kind):
    owed = replace(OWED, asset="USDT", decimals=6)
    found = {total.asset: total for total in held(**totals).totals([owed])}
    own = load_publishers().known(publisher).tokens
    more = owed_in_its_name(found, found["USDT"], load_registry(), own)
    (finding,) = _covered(owed, found["USDT"], more)
    assert finding.kind is kind
    assert ("others owe in its name" in finding.reason) is (kind is MAYBE)
