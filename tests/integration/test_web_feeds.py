"""Feeds of finished snapshots, and the home page's column of coins that publishers issue."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from datetime import datetime, timedelta

import pytest
from support.snapshot_stub import StubSource, eth_claim
from support.taking import SIGNED, planned, take
from support.web_data import BLOCK_0, make_database, served

from scanner.model.balance import Balance, Evidence
from scanner.prices.interface import make_price
from scanner.store.database.engine import open_store
from scanner.store.reading.prices import add_prices

ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture(scope="module")
def feeding(tmp_path_factory):
    """A client, and the snapshots it is served."""
    url = f"sqlite:///{tmp_path_factory.mktemp('feed') / 'scanner.db'}"
    ids = make_database(url)
    with served(url) as site:
        yield site, ids


def read(site, path):
    answer = site.get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("application/atom+xml")
    feed = ET.fromstring(answer.text)
    assert feed.tag == f"{ATOM}feed"
    for part in (feed, *feed.findall(f"{ATOM}entry")):
        for name in ("id", "title", "updated"):
            assert part.findtext(f"{ATOM}{name}")
        assert datetime.fromisoformat(part.findtext(f"{ATOM}updated")).utcoffset() is not None
        for link in part.findall(f"{ATOM}link"):
            assert site.get(link.get("href")).status_code == 200
    return feed


def pages(feed):
    return [e.find(f"{ATOM}link").get("href") for e in feed.findall(f"{ATOM}entry")]


def test_finished_snapshots_are_in_the_feed_newest_first_and_no_other(feeding):
    site, ids = feeding
    feed = read(site, "/feed")
    done = sorted((ids.old, ids.new, ids.rival, ids.hostile), reverse=True)
    assert [p for p in pages(feed) if p in {f"/snapshots/{n}" for n in vars(ids).values()}] == [
        f"/snapshots/{n}" for n in done
    ]
    entry = feed.find(f"{ATOM}entry")
    seal = site.get(f"/api/v1{pages(feed)[0]}").json()["seal"]
    assert entry.findtext(f"{ATOM}id") == f"urn:reserve-snapshot:{seal}"
    titles = [e.findtext(f"{ATOM}title") for e in feed.findall(f"{ATOM}entry")]
    assert f"okx: not fully verified (snapshot {ids.new})" in titles
    summary = feed.findall(f"{ATOM}entry")[-1].findtext(f"{ATOM}summary")
    assert "rows of" in summary
    assert "are verified: signed for, and the balance read. Balances are of 2023-" in summary


def test_a_publishers_feed_has_its_snapshots_only_and_pages_name_it(feeding):
    site, ids = feeding
    rival = next(
        p["id"] for p in site.get("/api/v1/publishers").json()["publishers"] if p["name"] == "rival"
    )
    assert pages(read(site, f"/publishers/{rival}/feed")) == [f"/snapshots/{ids.rival}"]
    assert (
        f'href="/publishers/{rival}/feed"'
        in site.get(f"/publishers/{rival}").text.split("</head>")[0]
    )
    assert 'type="application/atom+xml"' in site.get("/").text.split("</head>")[0]
    assert site.get("/publishers/999/feed").status_code == 404
    assert "<script>" not in site.get("/feed").text


class Held(StubSource):
    """Finds what `held` says of each asset."""

    def __init__(self, held):
        super().__init__()
        self.held = held

    def fetch_balances(self, queries, at, progress=None):
        return [Balance(self.held[q.holding.asset], Evidence.REPORTED, ("s",)) for q in queries]


@pytest.mark.parametrize(
    ("okb", "price", "words"),
    [
        (10**18, "1", "0.01 %"),  # a trace is rounded up: it never reads 0
        (10_000 * 10**18, "1", "50.00 %"),
        (10**18, None, "no price"),
        (0, "1", "none"),
    ],
)
def test_home_says_how_much_of_the_reserves_a_publisher_issues(tmp_path, okb, price, words):
    url = f"sqlite:///{tmp_path / 'x.db'}"
    with open_store(url, create=True) as store:
        claims = [
            eth_claim(1, amount=10**19, **SIGNED),
            eth_claim(2, amount=okb, asset="OKB", **SIGNED),
        ]
        take(store, planned(store, claims), Held({"ETH": 10**19, "OKB": okb}))
        moment = BLOCK_0 + timedelta(seconds=1_000)
        known = [make_price("ETH", moment, "csv: x", "1000")]
        known += [make_price("OKB", moment, "csv: x", price)] if price else []
        add_prices(store, known)
    with served(url) as site:
        page = site.get("/").text
        assert site.get("/?sort=own").status_code == 200
    cell = page.split('data-name="Own coins">')[1].split("</td>")[0]
    assert cell.startswith(words), cell
    assert ("OKB" in cell) == bool(okb)
