"""The page of a snapshot's findings: what is false first."""

from __future__ import annotations

from support.web_data import make_database, served


def test_findings_stand_by_weight_and_each_weight_can_be_asked_for(tmp_path):
    """In list order a false one would stand on any page."""
    url = f"sqlite:///{tmp_path / 'scanner.db'}"
    new = make_database(url).new
    with served(url) as site:
        page = site.get(f"/snapshots/{new}/findings").text
        alone = site.get(f"/snapshots/{new}/findings?kind=not-verified").text
    first, notes = page.split("<h2>Not verified</h2>")[1].split("<h2>Notes</h2>")
    assert 'class="unshown"' in first
    assert 'class="note"' not in first
    assert 'class="note"' in notes
    assert "<h2>False</h2>" not in page, "an empty part is none"
    assert 'class="note"' not in alone
    assert '<option value="not-verified" selected>' in alone
