"""The totals' every digit adds up, or says that it does not."""

from __future__ import annotations

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
        ({"verified": None, "unverified": None}, "verified", "no answer"),
        ({"unanswered": None}, "unanswered", "not known"),
        ({"unanswered": "50000001"}, "unanswered", "0.50000001"),
    ],
)
def test_what_is_not_known_is_no_zero_and_no_sum(change, part, words):
    (line,) = exact_totals({"assets": [{**TOTAL, **change}]})
    assert line[part] == words
    assert not line["adds_up"]
