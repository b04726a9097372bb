"""Pages in a real Chromium: nothing from outside, no script, nobody shut out, room on a phone."""

from __future__ import annotations

import os

import pytest
from support.browser import Look, look
from support.snapshot_stub import evm_address
from support.web_data import make_database, served

pytestmark = pytest.mark.node

PAGES = {
    "home": "/",
    "snapshots": "/snapshots",
    "snapshot": "/snapshots/{new}",
    "running": "/snapshots/{running}",
    "hostile": "/snapshots/{hostile}/rows",
    "row": "/snapshots/{new}/rows/4",
    "rows": "/snapshots/{new}/rows",
    "findings": "/snapshots/{hostile}/findings",
    "asset": "/publishers/1/assets/ETH",
    "publisher": "/publishers/1",
    "differences": "/differences?old={old}&new={new}&change=moved",
    "check a list": "/verify",
    "verified row": "/snapshots/{new}/rows/5",
    "search": "/search?q=" + evm_address(11),
    "shared": "/snapshots/{rival}/shared",
    "all shared": "/shared",
    "two running": "/differences?old={running}&new={running}",
    "rival": "/snapshots/{rival}",
    "api": "/api",
    "missing": "/snapshots/99",
}
PHONE = 390
WIDTHS = (640, 927, 929, 1024, 1440)
"""On both sides of where tables become cards, a tablet, and a screen wider than the column."""


@pytest.fixture(scope="module")
def seen(tmp_path_factory):
    """Every page, wide and on a phone, light and dark, all in one run of the browser."""
    url = f"sqlite:///{tmp_path_factory.mktemp('browser') / 'scanner.db'}"
    ids = make_database(url)
    # For people who want to look: SHOTS names a folder for the pictures.
    shots = os.environ.get("SHOTS", "")

    def shot(name):
        return f"{shots}/{name}.png" if shots else ""

    with served(url) as site:
        looks = {}
        for name, path in PAGES.items():
            at = str(site.base_url).rstrip("/") + path.format(**vars(ids))
            looks[name, "light"] = Look(at, shot=shot(name))
            looks[name, "dark phone"] = Look(at, PHONE, 844, dark=True, shot=shot(f"{name}-phone"))
        for name in ("home", "snapshots", "api"):
            at = str(site.base_url).rstrip("/") + PAGES[name].format(**vars(ids))
            for width in WIDTHS:
                looks[name, f"{width} wide"] = Look(at, width)
        for name in ("home", "snapshot", "asset", "row", "findings"):
            at = looks[name, "light"].url
            looks[name, "paper"] = Look(at, 794, 1123, print=True, shot=shot(f"{name}-paper"))
        return dict(zip(looks, look(list(looks.values())), strict=True))


def each(seen):
    return [(" ".join(key), one) for key, one in seen.items()]


def test_axe_finds_nothing_wrong(seen):
    wrong = {name: one.problems for name, one in each(seen) if one.problems}
    assert wrong == {}


def test_nothing_is_asked_for_elsewhere_and_nothing_is_blocked(seen):
    """A blocked style or image would be an error on the console, as a script's dialog is."""
    assert {name: one.outside for name, one in each(seen) if one.outside} == {}
    errors = {name: one.errors for name, one in each(seen) if one.errors and one.status == 200}
    assert errors == {}


def test_no_page_is_wider_than_its_window(seen):
    assert {name: one.wide for name, one in each(seen) if one.wide > 0} == {}


def test_no_table_is_cut_where_nobody_wrote_a_thousand_digits(seen):
    plain = ("snapshots", "api", "check a list", "publisher")
    cut = {f"{name} {how}": one.cut for (name, how), one in seen.items() if one.cut}
    assert {name: tables for name, tables in cut.items() if name.startswith(plain)} == {}


def test_tables_are_cards_on_phones_and_tables_on_paper(seen):
    paper = {name: one.cards for (name, how), one in seen.items() if how == "paper"}
    assert paper == dict.fromkeys(("home", "snapshot", "asset", "row", "findings"), 0)
    assert seen["home", "dark phone"].cards


def test_every_page_has_a_title_of_its_own(seen):
    titles = [one.title for (_, how), one in seen.items() if how == "light"]
    assert len(set(titles)) == len(titles)
    assert all(title.endswith("Reserve scanner") for title in titles)
    assert [one.status for one in seen.values() if one.status != 200] == [404, 404]
