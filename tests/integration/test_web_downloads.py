"""What a page offers to keep, and what a difference is worth."""

from __future__ import annotations

import re
from html import unescape

import pytest
from support.web_data import make_database, served


@pytest.fixture(scope="module")
def ids(tmp_path_factory):
    global URL
    URL = f"sqlite:///{tmp_path_factory.mktemp('downloads') / 'scanner.db'}"
    return make_database(URL)


@pytest.fixture(scope="module")
def site(ids):
    with served(URL) as found:
        yield found


def text(answer):
    assert answer.status_code == 200, answer.text
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", answer.text)))


def test_the_report_is_a_file_to_keep(site, ids):
    answer = site.get(f"/snapshots/{ids.new}/report.html")
    assert "Totals per asset" in text(answer)
    assert answer.headers["content-disposition"].startswith("attachment")


def test_totals_have_every_digit(site, ids):
    lines = site.get(f"/snapshots/{ids.new}/totals.csv").text.splitlines()
    assert lines[0].startswith("snapshot,complete,asset,decimals,claimed,")
    whole = site.get(f"/api/v1/snapshots/{ids.new}/totals").json()["assets"][0]
    assert whole["claimed"] in lines[1].split(",")


def test_differences_have_counts_changes_and_dollars(site, ids):
    page = text(site.get(f"/differences?old={ids.old}&new={ids.new}&change=moved"))
    found = site.get(f"/api/v1/differences?old={ids.old}&new={ids.new}&change=moved").json()
    assert f"Amounts moved ({len(found['differences'])})" in page
    assert "Added (10)" in page
    assert "Gone (10)" in page
    assert re.search(r"The verified value changed by \$ [+−][0-9,]+\.[0-9]{2} ", page)


def test_a_verified_row_says_what_it_held_and_where_to_look(site, ids):
    page = site.get(f"/snapshots/{ids.new}/rows/5")
    assert "it held" in text(page)
    assert 'href="https://etherscan.io/address/0x' in page.text
    assert 'rel="noopener noreferrer"' in page.text
    assert " download=" in page.text


def test_the_beginning_of_an_address_finds_it(site, ids):
    whole = site.get(f"/api/v1/snapshots/{ids.new}/rows/5").json()["address"]
    page = site.get("/search", params={"q": whole[:9].upper().replace("0X", "0x")})
    assert f'href="/search?q={whole}"' in page.text
    assert "begin with this" not in site.get("/search", params={"q": whole[:5]}).text
    assert "begin with this" not in site.get("/search", params={"q": "0x\u00ff" * 9}).text


def test_a_finding_leads_to_its_row(site, ids):
    page = site.get(f"/snapshots/{ids.new}/findings?kind=unsigned").text
    assert re.search(rf'href="/snapshots/{ids.new}/rows/[0-9]+">[0-9]+</a>', page)
