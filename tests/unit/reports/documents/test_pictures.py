"""Ages as a histogram, and how concentrated an asset is: whole numbers, nothing lost, words."""

from __future__ import annotations

from scanner.reports.documents.ages import histogram
from scanner.reports.documents.pictures import concentration

BLOCKS = [{"time": "2026-03-10T08:00:00+00:00"}, {"time": "2026-03-10T09:00:00+00:00"}]


def lines(ages, days=(), blocks=BLOCKS):
    signed = [{"day": day, "rows": rows} for day, rows in days]
    document = {"ages": ages, "signed_days": signed, "blocks": blocks}
    return [(words, rows) for words, _, rows in histogram(document)]


def test_rows_stand_at_the_age_of_their_text():
    days = [("2024-01-01", 1), ("2025-12-01", 2), ("2026-02-20", 3), ("2026-03-05", 4),
            ("2026-03-09", 5), ("2026-03-10", 6), ("2026-03-11", 7)]  # fmt: skip
    assert lines({"dated": 28, "static": 1, "block_stamped": 9, "none": 2}, days) == [
        ("names a block", "9 rows"),
        ("dated after the balances", "7 rows"),
        ("at most a day before the balances", "11 rows"),
        ("up to a week before", "4 rows"),
        ("up to a month before", "3 rows"),
        ("up to a year before", "2 rows"),
        ("more than a year before", "1 row"),
        ("says no time", "1 row"),
        ("no signature, or none that could be read", "2 rows"),
    ]


def test_a_date_that_is_no_day_is_not_lost():
    assert lines({"dated": 3}, [("2026-03-10", 1)]) == [
        ("at most a day before the balances", "1 row"),
        ("has a date, but the day is not known", "2 rows"),
    ]


def test_without_a_block_time_no_age_is_made_up():
    assert lines({"dated": 3}, [("2026-03-10", 3)], blocks=[{"time": None}]) == [
        ("has a date, but the day is not known", "3 rows"),
    ]


def test_concentration_is_rounded_down_and_has_words():
    one = {"asset": "ETH", "decimals": 18, "verified": "999", "rows": 12, "largest": ["900", "98"]}
    none = {"asset": "BTC", "decimals": 8, "verified": "0", "rows": 1, "largest": ["0"]}
    (drawn,) = concentration({"concentration": [one, none]})
    assert (drawn["asset"], drawn["rows"]) == ("ETH", 12)
    assert (drawn["first"], drawn["ten"]) == ("90.09 %", "99.89 %")
    assert 'aria-label="ETH: the largest row holds 90.09 %' in drawn["bar"]
    assert concentration({}) == []
