"""A twin that a stranger wrote: none of his commands is shown, and no odd word is a bug of ours."""

from __future__ import annotations

import json

import pytest
from support.command import run_scanner
from support.twins import changed, states_of

from scanner.reports.documents.twin_checks import CheckState
from scanner.store.writing.seal import chain_of


def test_a_strangers_export_command_is_not_on_the_page(report, tmp_path):
    page = tmp_path / "page.html"
    assert run_scanner(["report", "verify", report, "--page", page]).status == 3
    assert "scanner export verified 1 --format csv" in page.read_text()

    def hostile(document):
        document["verified_export"]["command"] = "rm -rf ~"

    run_scanner(["report", "verify", changed(report, hostile), "--page", page])
    assert "rm -rf" not in page.read_text()
    assert "export verified" not in page.read_text()


def test_the_publishers_name_is_held_to_the_sealed_one(report):
    def another(document):
        document["snapshot"]["publisher"] = "Kraken"

    assert states_of(report)["publisher"] is CheckState.HOLDS
    assert states_of(changed(report, another))["publisher"] is CheckState.NOT_CHECKED


def _policy(document, **changes):
    policy = json.loads(document["seal_records"][0][4])
    policy |= changes
    document["seal_records"][0][4] = json.dumps(policy)
    document["snapshot"]["seal"] = chain_of(document["seal_records"])


@pytest.mark.parametrize(
    "changes",
    [
        {"statement": {"publisher": "x", "known": 5}},
        {"statement": {"publisher": ["x"]}},
        {"origin": {"arguments": [1, 2]}},
        {"origin": {"arguments": 5}},
        {"origin": {"publisher": 5}},
        {"origin": 5},
        {"at": 5},
    ],
)
def test_an_odd_sealed_policy_is_no_bug(report, changes):
    odd = changed(report, lambda document: _policy(document, **changes))
    states = states_of(odd)
    assert {states[name] for name in ("totals", "question", "publisher") if name in states} - {
        CheckState.HOLDS
    }


def _price(document):
    document["value"] = {"assets": [{"price_usd": "1", "price_at": None}]}


@pytest.mark.parametrize(
    "change",
    [
        lambda d: d["findings"][0].update(meaning=""),
        lambda d: d["findings"][0]["examples"][0].update(claimed="9" * 300, decimals=None),
        lambda d: d["findings"][0]["examples"][0].update(claimed="9" * 300, decimals=18),
        _price,
    ],
)
def test_an_odd_report_gives_a_page_or_one_error(report, tmp_path, change):
    done = run_scanner(
        ["report", "verify", changed(report, change), "--page", tmp_path / "page.html"]
    )
    assert done.status in {2, 3}
    assert "internal error" not in done.text + done.err
    assert (tmp_path / "page.html").exists() == (done.status == 3)
