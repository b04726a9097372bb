"""The report in a real Chromium: on a desk, on a phone at night, and on paper."""

from __future__ import annotations

import os
from datetime import UTC, datetime

import pytest
from support.browser import Look, look
from support.mixed_snapshot import take
from support.scripted_http import Said, serving

from scanner.liabilities.interface import Liability, LiabilityEvidence
from scanner.prices.interface import make_price
from scanner.reports.documents.document import report_document
from scanner.reports.documents.html import report_page
from scanner.store.database.engine import open_store
from scanner.store.reading.prices import add_prices
from scanner.store.writing.runs import set_liabilities

pytestmark = pytest.mark.node

OWED = [
    Liability("ETH", 10**18, 18, LiabilityEvidence.REHASHED, "tree.csv", "2026-01-01"),
    Liability("TRX", 1, 6, LiabilityEvidence.PUBLISHED, "owed.csv"),
]
PRICES = [
    make_price("ETH", datetime(2023, 11, 14, 22, tzinfo=UTC), "csv: Kraken", "2058.17"),
    make_price("TRX", datetime(2023, 10, 1, tzinfo=UTC), "chainlink: TRX / USD", "0.0891"),
]


def make_report(url):
    """The page of a snapshot with one of everything and text that a hostile publisher wrote."""
    with open_store(url, create=True) as store:
        snapshot = take(store)
        set_liabilities(store, snapshot, OWED)
        add_prices(store, PRICES)
        return report_page(report_document(store, snapshot))


@pytest.fixture(scope="module")
def seen(tmp_path_factory):
    """What three readers saw, and what they asked the server for, which sends no header of ours."""
    page = make_report(f"sqlite:///{tmp_path_factory.mktemp('report') / 'x.db'}").encode("utf-8")
    asked = []

    def answer(request):
        asked.append(request.path)
        return Said(200, page, {"content-type": "text/html; charset=utf-8"})

    # For people who want to look: SHOTS names a folder for the pictures.
    shots = os.environ.get("SHOTS", "")

    def shot(name):
        return f"{shots}/report-{name}.png" if shots else ""

    with serving(answer) as host:
        at = f"http://{host}/report.html"
        looks = {
            "desk": Look(at, shot=shot("desk")),
            "dark phone": Look(at, 390, 844, dark=True, shot=shot("phone")),
            "paper": Look(at, 794, 1123, print=True, shot=shot("paper")),
        }
        found = dict(zip(looks, look(list(looks.values())), strict=True))
    return found, asked


def test_axe_finds_nothing_wrong(seen):
    assert {name: one.problems for name, one in seen[0].items() if one.problems} == {}


def test_it_asks_nobody_and_the_browser_blocks_nothing(seen):
    found, asked = seen
    assert asked == ["/report.html"] * len(found)
    assert {name: one.outside for name, one in found.items() if one.outside} == {}
    assert {name: one.errors for name, one in found.items() if one.errors} == {}


def test_it_is_never_wider_than_its_window(seen):
    assert {name: one.wide for name, one in seen[0].items() if one.wide > 0} == {}


def test_its_tables_are_tables_on_paper(seen):
    assert seen[0]["paper"].cards == 0
    assert seen[0]["dark phone"].cards


def test_it_has_a_title(seen):
    assert {one.title for one in seen[0].values()} == {"Reserves of Ünïcode & Co"}
