"""The page of shared addresses: how many, and with whom, before a link is followed."""

from __future__ import annotations

from support.web_data import make_database, served


def test_each_publisher_has_its_counts(tmp_path):
    url = f"sqlite:///{tmp_path / 'scanner.db'}"
    ids = make_database(url)
    with served(url) as site:
        page = site.get("/shared").text
        of_rival = site.get(f"/snapshots/{ids.rival}/shared").text
    assert "<b>2 addresses</b> with " in page or "<b>1 address</b> with " in page
    card = page.split(f'href="/snapshots/{ids.rival}/shared"')[1].split("</li>")[0]
    assert " with " in card
    assert card.count("address") - card.count("Shared addresses") == len(card.split(" with ")) - 1
    assert "none" in page  # of somebody without a shared address
    assert "The address is also claimed by:" in of_rival
