"""The first screen of a snapshot is the answer: what is false, what was not shown, as of when."""

from __future__ import annotations

import pytest
from support.web_data import make_database, served

from scanner.reports.figures.words import COUNTS_OVERLAP


@pytest.fixture(scope="module")
def served_ids(tmp_path_factory):
    """A client, and the snapshots it is served."""
    url = f"sqlite:///{tmp_path_factory.mktemp('answer') / 'scanner.db'}"
    ids = make_database(url)
    with served(url) as site:
        yield site, ids


def answer_of(site, snapshot):
    page = site.get(f"/snapshots/{snapshot}").text
    return page.split('id="h-answer"')[1].split("</section>")[0]


def test_kinds_are_named_counted_and_linked(served_ids):
    site, ids = served_ids
    found = answer_of(site, ids.running)
    kind = f'href="/snapshots/{ids.running}/findings?kind='
    assert f'<b>False:</b> <a {kind}duplicate">duplicate (1)</a>.' in found
    shown = answer_of(site, ids.new)
    assert "False:" not in shown
    kind = f'href="/snapshots/{ids.new}/findings?kind='
    assert f'<a {kind}reserves_missing">reserves missing (1)</a>' in shown
    for part in (found, shown):
        for link in part.split('href="')[1:]:
            assert site.get(link.split('"')[0]).status_code == 200


def test_what_is_false_comes_first(served_ids):
    site, ids = served_ids
    for snapshot in vars(ids).values():
        found = site.get(f"/api/v1/snapshots/{snapshot}").json()["findings"]
        weights = [finding["weight"] for finding in found]
        assert weights == sorted(weights, key=["false", "unshown", "note"].index)


def test_the_blocks_time_stands_beside_the_snapshots(served_ids):
    site, ids = served_ids
    assert "balances are of 2023-12-15 " in site.get(f"/snapshots/{ids.new}").text
    assert "2023-12-15 " in site.get("/publishers/1").text


def test_every_snapshot_in_a_list_has_its_result(served_ids):
    site, ids = served_ids
    listed = site.get("/api/v1/snapshots").json()["snapshots"]
    found = {s["id"]: s["status"] for s in listed}
    assert found == {
        ids.old: "unshown",  # rival claims the same addresses
        ids.new: "unshown",
        ids.rival: "unshown",
        ids.hostile: "unshown",
        ids.running: "incomplete",
    }
    for snapshot, status in found.items():
        assert site.get(f"/api/v1/snapshots/{snapshot}").json()["status"] == status
    page = site.get("/snapshots").text
    assert '<span class="state open">not fully verified</span>' in page
    assert '<span class="state open">INCOMPLETE</span>' in page


def test_only_this_machine_is_answered_unless_told_otherwise(served_ids):
    assert served_ids[0].base_url.host == "127.0.0.1"


def test_an_asset_without_a_row_has_no_page_to_go_to(served_ids):
    site, ids = served_ids
    page = site.get(f"/snapshots/{ids.new}").text
    assert '<th scope="row">BTC</th>' in page
    for part in page.split('href="/publishers/')[1:]:
        assert site.get(f"/publishers/{part.split(chr(34))[0]}").status_code == 200


def test_counts_of_rows_and_of_findings_are_said_to_overlap(served_ids):
    site, ids = served_ids
    found = site.get(f"/api/v1/snapshots/{ids.new}").json()["findings"]
    assert any(finding["weight"] != "note" for finding in found)
    assert COUNTS_OVERLAP in site.get(f"/snapshots/{ids.new}").text
