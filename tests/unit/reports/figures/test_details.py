"""What stands behind a balance is said in words: every key that a reader stores, none left out."""

import json
import re
from pathlib import Path

import pytest

from scanner.reports.figures import details
from scanner.reports.figures.details import detail_lines

CHAINS = Path(details.__file__).parents[2] / "chains"


@pytest.mark.parametrize(
    ("detail", "lines"),
    [
        ("", []),
        (
            {"read_at": {"height": 812, "time": 1_793_404_800}},
            [("Newest state read", "height 812, 2026-10-31 00:00:00 UTC")],
        ),
        (
            {"parts": {"liquid": "150000000", "staked": "0"}},
            [("Made up of", "liquid: 1.5 BTC; staked: 0 BTC")],
        ),
        (
            {"disagree": {"a": "5 (liquid 5)", "b": "700000000"}},
            [("The sources disagree", "a: 5 (liquid 5); b: 7 BTC")],
        ),
        (
            {"outputs": 2, "coins": [["ab:0", "100000000", 7], ["cd:1", "1", 9]], "dust": "1"},
            [
                ("Unspent outputs", "2 outputs"),
                (
                    "The largest of them",
                    "1 BTC in ab:0 since block 7; 0.00000001 BTC in cd:1 since block 9",
                ),
                ("Of it in very small outputs", "0.00000001 BTC"),
            ],
        ),
        ({"frozen": True}, [("Frozen", "its issuer has frozen it")]),
        ({"beside": ["r", "s"]}, [("A part of it is the word of", "r, s")]),
        ({"some_new": {"x": [1, False]}}, [("Some new", "x: 1, no")]),
    ],
)
def test_what_is_stored_is_said(detail, lines):
    assert detail_lines(json.dumps(detail) if detail else "", 8, "BTC") == lines


def test_nothing_that_is_stored_makes_it_fail():
    for value in (None, 3, "x", [], {}, [[1]], {"a": None}, True, 1.5):
        for key in details._WORDS:
            ((label, said),) = detail_lines(json.dumps({key: value}), 8, "BTC")
            assert label
            assert isinstance(said, str)


def test_every_key_that_readers_store_has_words():
    # "detail = {"key": ..}", "detail["key"] = .." and "detail |= {"key": ..}" of all readers.
    stored = re.compile(
        r"""detail(?:\[|\s*\|?=\s*(?:json\.dumps\()?\{(?:\*\*[\w.]+,\s*)?)"(\w+)\""""
    )
    found = {
        key for file in CHAINS.rglob("*.py") for key in stored.findall(file.read_text("utf-8"))
    }
    assert {"frozen", "unconfirmed", "outvoted", "last_seen"} <= found
    assert found - {"tDVV_height"} <= set(details._WORDS)
