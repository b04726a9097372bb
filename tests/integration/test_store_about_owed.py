"""What is owed against what is verified: too little, of another day, of some users; own coins."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from support.snapshot_stub import StubSource, balance_of, eth_claim, evm_address, stored
from support.taking import SIGNED, take

from scanner.liabilities.interface import Liability, LiabilityEvidence
from scanner.liabilities.moments import BLOCKS, Dating, compare_moments
from scanner.model.balance import Evidence
from scanner.model.block import BlockRef
from scanner.model.claim import UnreadableRow
from scanner.model.finding import Finding, FindingKind, Weight
from scanner.reports.documents.document import report_document
from scanner.reports.documents.html import report_page
from scanner.reports.figures.outcome import outcome_weights
from scanner.reports.figures.ratios import ratio_objects
from scanner.snapshots.interface import SnapshotPolicy
from scanner.store.reading import queries
from scanner.store.writing.runs import create_snapshot, set_liabilities

HELD = sum(balance_of(evm_address(n), "ETH") for n in range(3))
BELOW, MAYBE = FindingKind.RESERVES_BELOW_LIABILITIES, FindingKind.RESERVES_MAYBE_BELOW
OTHER_DAY = FindingKind.LIABILITIES_OF_ANOTHER_DAY


def taken(store, *liabilities, claims=None, source=None, **policy):
    rows = claims or [eth_claim(n, **SIGNED) for n in range(3)]
    snapshot = create_snapshot(store, stored(store, rows).list_id, SnapshotPolicy(**policy))
    take(store, snapshot, source or StubSource())
    set_liabilities(store, snapshot, liabilities)
    return snapshot


class ProvenSource(StubSource):
    """Balances under a block of the user's own node, with proofs."""

    def __init__(self):
        super().__init__(evidence=Evidence.PROVEN)

    def pin(self, height):
        return replace(super().pin(height), evidence=Evidence.PROVEN)


def owed(amount=HELD + 1, evidence=LiabilityEvidence.PUBLISHED, as_of="", **detail):
    return Liability("ETH", amount, 18, evidence, "owed.csv", as_of, detail)


def kinds(store, snapshot):
    return {f.finding.kind: f.finding for f in queries.findings(store, snapshot)}


def block_day(store, snapshot):
    (pinned,) = queries.head(store, snapshot).blocks
    return datetime.fromtimestamp(pinned.block.time, UTC)


def test_less_verified_than_owed_is_an_answer(store):
    snapshot = taken(store, owed())
    found = kinds(store, snapshot)
    assert found[MAYBE].weight is Weight.UNSHOWN
    assert BELOW not in found
    assert "the liabilities are only published" in found[MAYBE].reason
    assert Weight.UNSHOWN in outcome_weights(store, snapshot)
    document = report_document(store, snapshot)
    assert document["answer"]["status"] == "unshown"
    assert document["answer"]["sentence"].startswith(found[MAYBE].reason.partition(";")[0])
    assert "ETH verified for" in report_page(document)


def test_as_much_verified_as_owed_is_none(store):
    found = kinds(store, taken(store, owed(HELD)))
    assert not {MAYBE, BELOW} & set(found)


def test_what_is_not_verified_may_cover_it(store):
    claims = [*(eth_claim(n, **SIGNED) for n in range(2)), eth_claim(2)]
    snapshot = taken(store, owed(HELD, LiabilityEvidence.REHASHED), claims=claims)
    assert "would cover it" in kinds(store, snapshot)[MAYBE].reason


TREE = LiabilityEvidence.REHASHED
DAY = "2023-11-14"


def test_proven_too_little_of_a_list_that_was_read_whole_is_false(store):
    snapshot = taken(store, owed(evidence=TREE, as_of=DAY), source=ProvenSource())
    assert kinds(store, snapshot)[BELOW].weight is Weight.FALSE


@pytest.mark.parametrize(
    ("unread", "at"),
    [
        (UnreadableRow(9, 2, FindingKind.BAD_ROW, "fields are missing", "ETH,0x"), {}),
        (UnreadableRow(9, 2, FindingKind.UNKNOWN_COIN, "unknown coin 'ETH.B'", "ETH.B"), {}),
        (Finding(FindingKind.NOT_UNDERSTOOD, "the sheet 'cold' was not read"), {}),
        (Finding(FindingKind.ROWS_DOUBTED, "a second header", 2), {}),
        (Finding(FindingKind.BAD_HEIGHT, "'850.000'", 2, "ETH", "ethereum"), {}),
    ],
)
def test_what_could_not_be_read_of_the_list_may_cover_it(store, unread, at):
    """Nobody is accused of owing more than a list shows of which something was not read."""
    claims = [*(eth_claim(n, **SIGNED) for n in range(3)), unread]
    liability = owed(evidence=TREE, as_of=DAY)
    snapshot = taken(store, liability, claims=claims, source=ProvenSource(), at=at)
    found = kinds(store, snapshot)
    assert BELOW not in found
    assert "not all of the list could be read" in found[MAYBE].reason
    assert Weight.FALSE not in outcome_weights(store, snapshot)


@pytest.mark.parametrize(
    ("told", "at"),
    [
        (Finding(FindingKind.NOT_UNDERSTOOD, "a column of BTC rows", 2, asset="BTC"), {}),
        (Finding(FindingKind.BAD_HEIGHT, "'850.000'", 2, "ETH", "ethereum"), {"ethereum": 100}),
        (Finding(FindingKind.UNIT_DOUBTED, "whole coins or not"), {}),
        (Finding(FindingKind.TOTAL_DIFFERS, "no"), {}),
    ],
)
def test_what_is_told_of_other_things_keeps_it_false(store, told, at):
    claims = [*(eth_claim(n, **SIGNED) for n in range(3)), told]
    liability = owed(evidence=TREE, as_of=DAY)
    snapshot = taken(store, liability, claims=claims, source=ProvenSource(), at=at)
    assert BELOW in kinds(store, snapshot)


def test_another_day_gives_no_ratio(store):
    snapshot = taken(store, owed(HELD, as_of="2019-01-01"))
    found = kinds(store, snapshot)
    assert found[OTHER_DAY].weight is Weight.UNSHOWN
    totals = queries.totals(store, snapshot)
    (eth,) = totals.assets
    assert (eth.reserve_ratio, eth.liabilities) == (None, HELD)
    (ratio,) = ratio_objects(store, totals)
    assert ratio["reserve_ratio"] is None
    same = taken(store, owed(HELD, as_of=f"{block_day(store, snapshot):%Y-%m-%d}"))
    assert OTHER_DAY not in kinds(store, same)
    assert queries.totals(store, same).assets[0].reserve_ratio == "1.000000"


def test_part_of_the_users_and_other_units_are_told(store):
    part = kinds(store, taken(store, owed(5, scope="the users of one company")))
    assert "only of the users of one company" in part[FindingKind.LIABILITIES_PARTIAL].reason
    cents = taken(store, owed(5, unit="US dollars"), claims=[eth_claim(7, **SIGNED)])
    assert "US dollars" in kinds(store, cents)[FindingKind.LIABILITIES_PARTIAL].reason
    assert queries.totals(store, cents).assets[0].reserve_ratio is None


def test_coins_that_the_publisher_issues_itself_are_told(store):
    okb = eth_claim(3, asset="OKB", **SIGNED)
    found = kinds(store, taken(store, claims=[okb, eth_claim(1, **SIGNED)]))
    assert found[FindingKind.OWN_TOKEN].weight is Weight.NOTE
    assert found[FindingKind.OWN_TOKEN].asset == "OKB"
    assert FindingKind.OWN_TOKEN not in kinds(store, taken(store))


AT = BlockRef("bitcoin", "main", 111, "00" * 32, 1_790_000_000)  # 2026-09-21 14:13 UTC
HERE = {"bitcoin"}


@pytest.mark.parametrize(
    ("as_of", "other"),
    [
        ("2026-09-21", False), ("2026-09-20", False), ("2026-09-22", False),
        ("2026-09-19", True), ("2026-09-24", True), ("20260921", False), ("2026/09/01", True),
        ("2026-09-21T14:00:00Z", False), ("2026-09-20 14:00", True), ("2026-09-22 23:59 UTC", True),
        ("block 111", False), (f"block {111 + BLOCKS}", False), (f"block {112 + BLOCKS}", True),
        ("block 1", True), ("height: 1", True), ("", False), ("last Tuesday", False),
        ("2026-02-31", False),
    ],
)  # fmt: skip
def test_moments(as_of, other):
    why, dated = compare_moments(as_of, [AT], HERE)
    assert bool(why) is other
    assert dated is (as_of not in ("", "last Tuesday", "2026-02-31"))


@pytest.mark.parametrize(
    ("as_of", "other"),
    [
        ("21 September 2026", False), ("Sep 21, 2026", False), ("21.09.2026", False),
        ("09/21/2026", False),
        ("1790000000", False), ("1790000000000", False), ("2026-09-21T23:00:00+08:00", False),
        ("2026/09/21 00:00 HKT", False), ("Bitcoin block 111", False), ("block number 111", False),
        ("21 September 2023", True), ("Dec 31, 2023", True), ("31.12.2023", True),
        ("12/31/2023", True), ("2023-12", True), ("Q4 2023", True), ("FY2023", True),
        ("end of year 2023", True), ("1703980800", True), ("2023-12-31T00:00:00+08:00", True),
        ("2023/12/31 00:00 HKT", True), ("block 900,111", True), ("31 December 2023", True),
    ],
)  # fmt: skip
def test_a_day_in_any_spelling_is_compared(as_of, other):
    """Figures of years ago are no less old for being dated in words."""
    why, dated = compare_moments(as_of, [AT], HERE)
    assert (bool(why), dated) == (other, True)


@pytest.mark.parametrize(
    ("as_of", "years_ago"),
    [("2026-09", "2023-09"), ("September 2026", "September 2023"), ("Q3 2026", "Q3 2023"),
     ("FY2026", "FY2023"), ("2026", "2023"), ("end of year 2026", "end of year 2023")],
)  # fmt: skip
def test_a_month_or_a_year_is_no_day(as_of, years_ago):
    """Users may have been owed half as much eight months before the balances, in the same year."""
    assert compare_moments(as_of, [AT], HERE) == Dating("", dated=False)
    assert compare_moments(years_ago, [AT], HERE).other_day


def test_a_year_makes_no_ratio_whole_and_no_exchange_false(store):
    """The publisher chooses the month with the least; or has one with more than on the day."""
    for amount in (HELD // 2, 2 * HELD):
        first = taken(store, owed(amount, evidence=TREE), source=ProvenSource())
        year = f"{block_day(store, first):%Y}"
        snapshot = taken(store, owed(amount, evidence=TREE, as_of=year), source=ProvenSource())
        found = kinds(store, snapshot)
        assert f"only '{year}' dates" in found[FindingKind.LIABILITIES_UNDATED].reason
        assert BELOW not in found
        assert queries.totals(store, snapshot).assets[0].ratio_limits == "of an unknown day"


def test_a_day_that_may_be_another_one_dates_nothing():
    october = BlockRef("bitcoin", "main", 111, "00" * 32, 1_790_000_000 + 19 * 86_400)  # 10 October
    assert compare_moments("10/10/2026", [october], HERE) == Dating("", dated=True)
    assert compare_moments("09/10/2026", [october], HERE) == Dating("", dated=False)
    assert compare_moments("07/08/2026", [october], HERE).other_day


def test_a_height_of_another_network_dates_nothing():
    assert compare_moments("block 1", [AT], {"ethereum"}) == Dating("", dated=False)
    assert compare_moments("block 111", [AT], ()) == Dating("", dated=False)


def test_a_height_may_be_of_any_network_that_has_the_coin():
    other = BlockRef("base", "8453", 111 + 2 * BLOCKS, "00" * 32, AT.time)
    both = {"bitcoin", "base"}
    for blocks in ([AT, other], [other, AT]):
        assert compare_moments("block 111", blocks, both) == Dating("", dated=True)
        far = compare_moments("block 7000", blocks, both)
        assert (bool(far.other_day), far.dated) == (True, True)
        assert compare_moments("block 111", blocks, both, {"bitcoin"}).other_day


def test_a_day_is_compared_with_blocks_that_have_a_time():
    timeless = BlockRef("bitcoin", "main", 111, "00" * 32)
    assert compare_moments("2026-09-21", [timeless], HERE) == Dating("", dated=False)
    assert compare_moments("2026-09-21", [], HERE) == Dating("", dated=False)
