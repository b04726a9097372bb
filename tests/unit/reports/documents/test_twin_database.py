"""What no seal covers of a report is held to the database that it is of, where somebody has it."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from support.command import run_scanner
from support.twins import changed, states_of, written

from scanner.liabilities.interface import Liability, LiabilityEvidence
from scanner.reports.documents.twin import read_twin
from scanner.reports.documents.twin_checks import UNSEALED, CheckState
from scanner.reports.documents.twin_database import held_to
from scanner.store.writing.runs import set_liabilities


@pytest.fixture
def twin(taken, tmp_path):
    return written(taken.store, taken.id, tmp_path / "r.json")


def test_a_report_as_the_database_gives_it_holds(taken, twin):
    assert held_to(taken.store, read_twin(twin)).state is CheckState.HOLDS


def test_a_report_that_names_a_row_twice_as_older_programs_did_holds(taken, twin):
    def as_it_was(document):
        for found in document["findings"]:
            for each in found["examples"]:
                if each["reason"].startswith("field "):
                    each["reason"] = f"row {each['row']}, {each['reason']}"
                    said.append(each["reason"])

    said = []
    older = changed(twin, as_it_was)
    assert len(said) == 1
    assert held_to(taken.store, read_twin(older)).state is CheckState.HOLDS


CHANGES = {
    "findings": lambda d: d["findings"][0]["examples"][0].__setitem__("reason", "all is well"),
    "control": lambda d: d["control"].reverse(),
    "ratios": lambda d: d["ratios"][0].__setitem__("source", "the auditor"),
    "largest_verified": lambda d: d["largest_verified"][0].__setitem__("address", "0x00"),
    "ages": lambda d: d.__setitem__("ages", {}),
    "totals": lambda d: d["totals"]["assets"][0].__setitem__("liabilities", "1"),
    "snapshot": lambda d: d["snapshot"].__setitem__("publisher", "another"),
}


@pytest.mark.parametrize("part", CHANGES)
def test_each_part_that_was_changed_is_named(taken, twin, part):
    check = held_to(taken.store, read_twin(changed(twin, CHANGES[part])))
    assert check.state is CheckState.NOT_CHECKED
    assert f"other {part}:" in check.what


def test_a_report_of_nothing_in_the_database_is_false(taken, twin):
    other = changed(twin, lambda d: d["snapshot"].__setitem__("seal", "0" * 64))
    assert held_to(taken.store, read_twin(other)).state is CheckState.FALSE


def test_what_was_recorded_later_is_named_and_not_called_false(taken, twin):
    later = Liability("ETH", 6 * 10**18, 18, LiabilityEvidence.PUBLISHED, "new.csv", "2023-11-14")
    set_liabilities(taken.store, taken.id, [later], replacing=datetime.now(UTC))
    check = held_to(taken.store, read_twin(twin))
    assert check.state is CheckState.NOT_CHECKED
    assert "recorded since the report was written, or changed" in check.what


def test_the_command_holds_a_report_to_a_database_and_says_what_no_seal_covers(twin, tmp_path):
    done = run_scanner(["report", "verify", twin, "--database", tmp_path / "x.db"])
    assert "holds        database" in done.text
    assert f"No seal covers {UNSEALED}." in done.text
    done = run_scanner(["report", "verify", twin, "--json"])
    assert "database" not in {c["check"] for c in done.object["checks"]}
    assert done.object["unsealed"] == UNSEALED
    assert run_scanner(["report", "verify", twin, "--database", ""]).status == 2
    missing = tmp_path / "none.db"
    assert run_scanner(["report", "verify", twin, "--database", missing]).status == 2
    assert not missing.exists()


@pytest.mark.parametrize("name", ["control", "balances"])
def test_rows_of_each_network_are_held_to_the_seal(twin, name):
    def moved(document):
        place = document[name][0]
        document[name].append({**place, "network": "elsewhere"})
        place.update(dict.fromkeys([k for k in place if isinstance(place[k], int)], 0))

    assert states_of(changed(twin, moved))["rows"] is CheckState.FALSE


def test_what_limits_a_ratio_is_held_to_its_liabilities(twin):
    def praised(document):
        for total in document["totals"]["assets"]:
            total["ratio_limits"] = None

    assert json.loads(twin.read_text())["ratios"][0]["proven_per_coin"] is False
    assert states_of(changed(twin, praised))["ratios"] is CheckState.FALSE
