"""One line for each publisher that claims an address, however often it did."""

from __future__ import annotations

from scanner.web.listing import once_each


def claim(publisher="b", snapshot=9, *, no=1, amount="5", asset="ETH", name="list.csv"):
    return {
        "publisher": publisher,
        "list": name,
        "snapshot": snapshot,
        "no": no,
        "asset": asset,
        "network": "ethereum",
        "address": "0x1",
        "claimed": amount,
    }


def told(*claims):
    return [
        (c["publisher"], c["snapshot"], c["claimed"], c.get("before")) for c in once_each(claims)
    ]


def test_each_month_is_no_line_of_its_own_whatever_was_claimed_then():
    lines = once_each([claim(), claim(snapshot=8, amount="4"), claim("c", 7), claim(snapshot=6)])
    assert [(c["publisher"], c["snapshot"], c["before"]) for c in lines] == [
        ("b", 9, 2),
        ("c", 7, 0),
    ]
    assert lines[0]["since"]["snapshot"] == 6


def test_other_holdings_and_two_rows_of_one_list_stay():
    assert told(claim(), claim(asset="USDT")) == [("b", 9, "5", 0), ("b", 9, "5", 0)]
    twice = [claim(), claim(no=2, amount="7"), claim(snapshot=8), claim(snapshot=8, no=2)]
    assert told(*twice) == [("b", 9, "5", 1), ("b", 9, "7", None)]
    assert told() == []


def test_lists_without_a_snapshot_are_told_apart_by_their_names():
    older = claim(snapshot=None, name="old.csv")
    (line,) = once_each([claim(snapshot=None), older])
    assert (line["before"], line["since"]["list"]) == (1, "old.csv")
