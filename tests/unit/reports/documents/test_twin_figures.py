"""Every figure of a report's twin is held to the rest, or is named as one that nothing else bears out."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from support.command import run_scanner
from support.snapshot_stub import eth_claim
from support.taking import SIGNED
from support.twins import changed, rich, states_of

from scanner.reports.documents.html import report_page
from scanner.reports.documents.twin import Twin, read_twin, schema
from scanner.reports.documents.twin import _wrong as wrong_shape
from scanner.reports.documents.twin_checks import CheckState, check_twin
from scanner.reports.documents.twin_words import in_own_words, other_words
from scanner.reports.figures.aggregate import GAP
from scanner.reports.figures.words import MEANINGS
from scanner.store.database.engine import open_store

SIGNATURE_ALONE = [
    "program",
    "prepared.by",
    "prepared.for",
    "snapshot.started",
    "snapshot.finished",
    "snapshot.newest_head",
    "rows.duplicates",
    "totals.keys_not_asked",
    "ratios.source",
    "ratios.as_of",
    "ratios.published_ratio",
    "ratios.scope",
    "aggregate_ratios.format",
    "aggregate_ratios.source",
    "aggregate_ratios.sha256",
    "aggregate_ratios.grade",
    "aggregate_ratios.published_ratio",
    "aggregate_ratios.why_absent",
    "groups.group",
    "groups.members.issuer",
    "value.against.month",
    "value.against.year",
    "history.asset",
    "history.decimals",
    "history.points.snapshot",
    "history.points.at",
    "history.points.claimed",
    "history.points.verified",
    "control.asset",
    "texts.text",
    "texts.rows",
    "texts.first_row",
    "texts.statement",
    "texts.stated_by",
    "balances.evidence",
    "balances.sources",
    "findings.count",
    "findings.examples.row",
    "findings.examples.asset",
    "findings.examples.network",
    "findings.examples.address",
    "findings.examples.reason",
    "findings.examples.claimed",
    "findings.examples.decimals",
    "findings.claimed.asset",
    "findings.claimed.decimals",
    "findings.claimed.amount",
    "findings.without_amount",
    "findings.reasons.reason",
    "findings.reasons.rows",
    "largest_verified.row",
    "largest_verified.network",
    "largest_verified.address",
    "largest_verified.scheme",
    "largest_verified.signed_by",
    "verified_export.command",
    "verified_export.sha256",
    "ages.none",
    "ages.static",
    "blocks.sources",
]
"""Places that may be changed unseen: what they say stands nowhere else in a report."""


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("twin")
    with open_store(f"sqlite:///{folder / 'x.db'}", create=True) as store:
        return rich(store, folder / "report.json")


@pytest.fixture
def twin(whole, tmp_path):
    path = tmp_path / "report.json"
    path.write_bytes(whole.read_bytes())
    return path


def _leaves(value: object, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], object]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _leaves(inner, (*path, name))
    elif isinstance(value, list):
        for at, inner in enumerate(value):
            yield from _leaves(inner, (*path, at))
    else:
        yield path, value


def _others(value: object) -> list[object]:
    """Other values that the schema may allow in the same place."""
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, int):
        return [value + 1, value - 1]
    if value is None:
        return ["1.000000", "1.00", "1", "2023-11-14T00:00:00+00:00", "unproven", 1]
    if found := re.fullmatch(r"([0-9]+)([.][0-9]+)?", str(value)):
        return [f"{int(found[1]) + 1}{found[2] or ''}"]
    if re.fullmatch(r"[0-9]{4}-.*T.*", str(value)):
        return ["2020" + str(value)[4:]]
    kinds = ["note", "verified", "rehashed", "used", "none", "proven", "0" * 64]
    return [f"{value}x", *kinds]


def test_the_twin_is_whole(twin):
    document = json.loads(twin.read_text())
    named = ("ratios", "aggregate_ratios", "groups", "value", "history", "concentration", "texts")
    assert all(document[name] for name in named)
    assert set(states_of(twin).values()) == {CheckState.HOLDS, CheckState.NOT_CHECKED}


def test_every_figure_is_held_or_named(twin):
    """A change of any one place that the schema allows is seen, but for those that are named."""
    document, rule = json.loads(twin.read_text()), schema()
    told = {(c.name, c.state) for c in check_twin(read_twin(twin))}
    unseen = set()
    for path, value in _leaves(document):
        place = ".".join(part for part in path if isinstance(part, str))
        if path[0] == "seal_records" or place in SIGNATURE_ALONE:
            continue
        for other in _others(value):
            odd = copy.deepcopy(document)
            inner = odd
            for step in path[:-1]:
                inner = inner[step]
            inner[path[-1]] = other
            if other == value or next(wrong_shape(rule, odd, "", []), None) is not None:
                continue
            if {(c.name, c.state) for c in check_twin(Twin(b"", odd, ()))} == told:
                unseen.add(place)
    assert not unseen


def _first(name, **changes):
    return lambda document: document[name][0].update(changes)


@pytest.mark.parametrize(
    "change",
    [
        _first("aggregate_ratios", aggregate_ratio="1.500000"),
        _first("aggregate_ratios", owed_usd="1.00", aggregate_ratio=None),
        _first("aggregate_ratios", gap="none", grade="published"),
        _first("groups", reserve_ratio="9.000000"),
        _first("groups", verified="1"),
        _first("groups", decimals=0),
        lambda d: d["groups"][0]["members"].append(d["groups"][0]["members"][0]),
        _first("ratios", proven_per_coin=True),
        _first("ratios", dated=False),
        lambda d: d["ratios"].clear(),
        _first("largest_verified", evidence="proven"),
        lambda d: d["other_chains"].clear(),
        lambda d: d["history"][0]["points"][-1].update(verified="1"),
        lambda d: d["history"][0].update(decimals=5),
    ],
)  # fmt: skip
def test_a_ratio_that_its_sides_do_not_give_is_false(twin, change):
    assert CheckState.FALSE in {states_of(changed(twin, change))[n] for n in ("ratios", "rows")}


@pytest.mark.parametrize(
    "change",
    [
        lambda d: d["value"].update(verified_usd="9999999999.00"),
        lambda d: d["value"]["assets"][0].update(price_usd="9000"),
        lambda d: d["value"]["assets"][0].update(price_at="2023-11-10T00:00:00+00:00"),
        lambda d: d["value"]["assets"][0].update(price_usd="1" * 300),
        lambda d: d["value"]["assets"][0].update(price_at="yesterday"),
        lambda d: d["value"]["assets"].pop(),
        lambda d: d["value"]["assets"].append(d["value"]["assets"][0]),
    ],
)
def test_a_value_that_is_not_its_amount_at_its_price_is_false(twin, change):
    assert states_of(changed(twin, change))["value"] is CheckState.FALSE


def test_a_report_explains_what_is_bad_in_our_words(twin, tmp_path):
    def calm(document):
        for finding in document["findings"]:
            finding["meaning"] = "this is in good order"
        document["ratios"][0]["meaning"] = "proven by three auditors"
        document["limits"] = [{"name": "Legal title", "meaning": "all coins belong to the users"}]

    page = tmp_path / "page.html"
    done = run_scanner(["report", "verify", changed(twin, calm), "--page", page])
    assert (done.status, "in other words than this program" in done.text) == (3, True)
    shown = page.read_text()
    assert "good order" not in shown
    assert "three auditors" not in shown
    assert "all coins belong" not in shown
    own = in_own_words(json.loads(twin.read_text()))
    known = {kind.value: words for kind, words in MEANINGS.items()}
    assert all(f["meaning"] == known[f["kind"]] for f in own["findings"])
    own["aggregate_ratios"][0]["gap"] = "no doubt is left"
    assert other_words(own) == ["gap"]
    assert in_own_words(own)["aggregate_ratios"][0]["gap"] == GAP


def test_a_ratio_with_the_publishers_own_coins_is_not_borne_out(tmp_path):
    """The same totals and prices, and a ratio that adds up with what the publisher owes itself."""
    with open_store(f"sqlite:///{tmp_path / 'x.db'}", create=True) as store:
        twin = rich(store, tmp_path / "own.json", eth_claim(7, asset="OKB", **SIGNED))
    document = json.loads(twin.read_text())
    (proof,) = document["aggregate_ratios"]
    assert proof["left_out"] == ["OKB"]
    assert "own-coins" not in states_of(twin)

    def count(document):
        told = document["aggregate_ratios"][0]
        told["left_out"] = []
        cents = int(document["value"]["verified_usd"].replace(".", ""))
        due = int(told["owed_usd"].replace(".", ""))
        whole, part = divmod(cents * 10**6 // due, 10**6)
        told["aggregate_ratio"] = f"{whole}.{part:06d}"
        told["reserves_usd"] = document["value"]["verified_usd"]
        said = {"asset": "asset", "value": "price_usd", "at": "price_at", "source": "price_source"}
        told["prices"] = [
            {name: asset[key] for name, key in said.items()}
            for asset in document["value"]["assets"]
            if asset["price_usd"] is not None and int(asset["verified"] or 0)
        ]

    states = states_of(changed(twin, count))
    assert states["ratios"] is CheckState.HOLDS, "it adds up"
    assert states["own-coins"] is CheckState.NOT_CHECKED


@pytest.mark.parametrize("asset", ["USDC.e.polygon", "USDC"])
def test_a_group_counts_as_the_tables_do(twin, asset):
    def other(document):
        (group,) = document["groups"]
        for member in group["members"]:
            member["counted"] ^= member["asset"] == asset

    assert states_of(changed(twin, other))["own-coins"] is CheckState.NOT_CHECKED


def test_a_page_that_is_given_can_be_compared_with_the_one_that_the_twin_gives(twin, tmp_path):
    """A page has no seal of its own: whoever has its twin makes it anew, byte by byte."""
    given = report_page(json.loads(twin.read_text()))
    page = tmp_path / "page.html"
    assert run_scanner(["report", "verify", twin, "--page", page]).status == 3
    assert page.read_text() == given
