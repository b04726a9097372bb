"""The answer of a report's twin: what it says is what its sealed totals let it say."""

from __future__ import annotations

import json
import re

import pytest
from support.snapshot_stub import StubSource, balance_of, eth_claim, evm_address
from support.taking import SIGNED
from support.taking import planned as plan_list
from support.taking import take as take_list
from support.twins import changed, states_of

from scanner.reports.documents.document import report_document
from scanner.reports.documents.twin_answer import wrong_answer
from scanner.reports.documents.twin_checks import CheckState
from scanner.reports.tables.jsontext import pretty
from scanner.store.database.engine import open_store
from scanner.store.writing.seal import chain_of


@pytest.fixture
def short(tmp_path):
    """The report of one signed row that holds half of what it claims."""
    row = eth_claim(1, amount=balance_of(evm_address(1), "ETH") * 2, **SIGNED)
    with open_store(f"sqlite:///{tmp_path / 'short.db'}", create=True) as store:
        snapshot_id = plan_list(store, [row])
        take_list(store, snapshot_id, StubSource())
        path = tmp_path / "short.json"
        path.write_bytes(pretty(report_document(store, snapshot_id)))
    return path


def _whitewash(document):
    document["findings"] = [f for f in document["findings"] if f["weight"] == "note"]
    sentence = f"1 row of {document['snapshot']['list']['name']}: every claim verified."
    document["answer"].update(status="verified", exit_status=0, sentence=sentence)


def test_less_than_is_claimed_is_no_verified_report(short):
    seal = json.loads(short.read_text())["snapshot"]["seal"]
    assert states_of(short, seal=seal)["answer"] is CheckState.HOLDS
    states = states_of(changed(short, _whitewash), seal=seal)
    assert (states["seal"], states["answer"]) == (CheckState.HOLDS, CheckState.FALSE)


def test_a_finding_of_what_is_short_is_not_traded_for_a_lighter_one(short):
    def lighter(document):
        document["findings"][0].update(kind="unsigned", weight="unshown")
        document["answer"].update(status="unshown", exit_status=3)

    assert states_of(changed(short, lighter))["answer"] is CheckState.FALSE


@pytest.mark.parametrize(
    "change",
    [
        lambda d: d["rows"].update(verified=0, mismatch=1),
        lambda d: d["rows"].update(verified=0, unsigned=1),
        lambda d: d["rows"].update(verified=0, no_balance=1),
        lambda d: d["rows"].update(verified=0, not_judged=1),
        lambda d: d["rows"].update(data_rows=2, unreadable=1),
        lambda d: d["rows"].update(data_rows=0, claims=0, verified=0),
        lambda d: d["totals"]["assets"][0].update(liabilities="9" * 70),
    ],
)  # fmt: skip
def test_verified_needs_every_row_and_all_that_is_owed(short, change):
    def sound(document):
        _whitewash(document)
        for total in document["totals"]["assets"]:
            total["shortfall"] = "0"

    assert not list(wrong_answer(json.loads(changed(short, sound).read_text())))
    assert list(wrong_answer(json.loads(changed(short, change).read_text())))


def _double(place, **changes):
    def change(document):
        entries = document
        for step in place:
            entries = entries[step]
        entries.insert(0, {**entries[0], **changes})

    return change


@pytest.mark.parametrize(
    "change",
    [
        _double(("totals", "assets"), claimed="5", reserve_ratio=None, liabilities=None),
        _double(("ratios",)),
        _double(("concentration",)),
    ],
)  # fmt: skip
def test_an_asset_that_stands_twice_is_false(report, change):
    states = states_of(changed(report, change))
    assert states["totals"] is CheckState.FALSE
    assert states["ratios"] is CheckState.FALSE


def test_an_asset_that_is_sealed_twice_is_false(report):
    def change(document):
        document["seal_records"].append(document["seal_records"][-1])
        document["snapshot"]["seal"] = chain_of(document["seal_records"])

    assert states_of(changed(report, change))["totals"] is CheckState.FALSE


@pytest.mark.parametrize(
    "sentence",
    [
        "7 rows of list.csv: every one is verified.",
        "1 row of stub.csv: every claim verified.",
        "",
    ],
)
def test_a_sentence_is_the_one_that_the_rest_makes(report, sentence):
    def say(document):
        document["answer"]["sentence"] = sentence

    assert states_of(report)["answer"] is CheckState.HOLDS
    assert states_of(changed(report, say))["answer"] is CheckState.FALSE


def test_a_sentence_that_counts_more_rows_than_there_are_is_false(report):
    said = json.loads(report.read_text())["answer"]["sentence"]
    other = re.sub(r"\d+ could not be verified", "99 could not be verified", said)
    assert other != said

    def say(document):
        document["answer"]["sentence"] = other

    assert states_of(changed(report, say))["answer"] is CheckState.FALSE


def test_the_sentence_of_an_unfinished_report_is_made_anew(planned, tmp_path):
    path = tmp_path / "p.json"
    path.write_bytes(pretty(report_document(planned.store, planned.id)))
    assert states_of(path)["answer"] is CheckState.HOLDS

    def say(document):
        document["answer"]["sentence"] += " All is well."

    assert states_of(changed(path, say))["answer"] is CheckState.FALSE


def test_a_sentence_counts_no_fewer_rows_than_are_unsigned(report):
    def say(document):
        document["rows"].update(unsigned=6, verified=0, no_balance=0)
        next(f for f in document["findings"] if f["kind"] == "unsigned")["count"] = 6

    document = json.loads(changed(report, say).read_text())
    assert "its sentence counts other rows than its classes do" in list(wrong_answer(document))


def test_reasons_that_the_report_has_no_room_for_are_no_falsehood(report):
    document = json.loads(report.read_text())
    examples = [{"reason": f"{asset} is short; see there"} for asset in ("A", "B")]
    kind = {"kind": "reserves_below_liabilities", "weight": "false", "count": 2}
    document["findings"].append({**kind, "examples": examples})
    assert list(wrong_answer(document))
    document["answer"]["sentence"] = "A is short. B is short. " + document["answer"]["sentence"]
    assert not list(wrong_answer(document))
    document["findings"][-1]["examples"] = examples[:1]
    assert not list(wrong_answer(document))
    document["answer"]["sentence"] += " All is well."
    assert list(wrong_answer(document))
