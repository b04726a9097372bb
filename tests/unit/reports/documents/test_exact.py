"""The totals' every digit adds up, or says that it does not."""

from __future__ import annotations

import re

import pytest

from scanner.reports.documents.exact import exact_totals

TOTAL = {
    "asset": "BTC", "decimals": 8, "claimed": "1000000001", "verified": "700000000",
    "unverified": "200000000", "shortfall": "150000001", "surplus": "100000000",
    "unanswered": "50000000",
}  # fmt: skip


def test_every_digit_is_there():
    (line,) = exact_totals({"assets": [TOTAL]})
    assert line["claimed"] == "10.00000001"
    assert line["shortfall"] == "1.50000001"
    assert line["adds_up"]


@pytest.mark.parametrize(
    ("change", "part", "words"),
    [
        ({"claimed": None}, "claimed", "not stated"),
        ({"verified": None, "unverified": None}, "verified", "not read"),
        ({"unanswered": None}, "unanswered", "not known"),
        ({"unanswered": "50000001"}, "unanswered", "0.50000001"),
    ],
)
def test_what_is_not_known_is_no_zero_and_no_sum(change, part, words):
    (line,) = exact_totals({"assets": [{**TOTAL, **change}]})
    assert line[part] == words
    assert not line["adds_up"]


def test_amounts_stand_one_below_the_other_with_equal_decimals():
    (line,) = exact_totals({"assets": [{**TOTAL, "unanswered": "50000000"}]})
    assert [(words, amount) for words, amount, _ in line["steps"]] == [
        ("Claimed", "10.00000001"),
        ("= verified", "7.00000000"),
        ("+ not verified", "2.00000000"),
        ("+ shortfall", "1.50000001"),
        ("\N{MINUS SIGN} surplus", "1.00000000"),
        ("+ without a balance", "0.50000000"),
    ]


def test_the_waterfall_ends_where_what_is_claimed_does():
    (line,) = exact_totals({"assets": [TOTAL]})
    bars = [
        [int(n) for n in re.search(r'x="(\d+)" y="0" width="(\d+)"', bar).groups()]
        for _, _, bar in line["steps"]
    ]
    claimed, verified, unverified, shortfall, surplus, unanswered = bars
    assert verified[0] == 0
    assert unverified[0] == sum(verified)
    assert abs(sum(unverified) - shortfall[0]) <= 1
    assert abs(sum(surplus) - sum(shortfall)) <= 1
    assert abs(unanswered[0] - surplus[0]) <= 1
    assert abs(sum(unanswered) - sum(claimed)) <= 1


def test_what_does_not_add_up_is_not_drawn_and_says_why():
    (line,) = exact_totals({"assets": [{**TOTAL, "claimed": None}]})
    assert line["note"] == "not every amount is known"
    assert {bar for _, _, bar in line["steps"]} == {""}
    later = {**TOTAL, "shortfall": "0", "by_evidence": {"latest_only": "1"}}
    assert "later block" in exact_totals({"assets": [later]})[0]["note"]


def test_an_asset_that_is_only_owed_has_no_line():
    nothing = dict.fromkeys(("claimed", "verified", "unverified", "shortfall", "surplus"), "0")
    owed = {**TOTAL, **nothing, "unanswered": "0", "unavailable_rows": 0}
    assert exact_totals({"assets": [owed]}) == []
