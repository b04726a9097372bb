"""The sentence, the groups and the exit status of a snapshot."""

from __future__ import annotations

import io

import pytest

from scanner.errors import ConfigError
from scanner.liabilities.interface import Liability, LiabilityEvidence
from scanner.model.balance import Evidence
from scanner.model.finding import WEIGHTS, FindingKind, Weight
from scanner.reports.figures.findings import ALSO_CALLED, parse_kinds
from scanner.reports.figures.outcome import (
    finding_groups,
    in_order,
    outcome_weights,
    print_outcome,
    sentence,
    verified_words,
)
from scanner.reports.figures.words import EVIDENCE, MEANINGS, OWED, TODO
from scanner.store.reading import found, queries
from scanner.store.reading.about_snapshot import ABOUT_SNAPSHOT, about_snapshot
from scanner.store.reading.coverage import RowsFound, rows_found
from scanner.store.reading.history import verified_rows
from scanner.store.writing.runs import set_liabilities


def test_every_kind_and_evidence_has_its_words():
    assert set(MEANINGS) == set(FindingKind)


def test_whatever_is_not_a_mere_note_says_what_to_do():
    without = {kind for kind in FindingKind if kind not in TODO}
    assert {WEIGHTS[kind] for kind in without} == {Weight.NOTE}
    assert all(TODO[kind].endswith(".") for kind in TODO)


def test_too_little_for_what_is_owed_is_told_before_the_rest_of_its_weight():
    below, maybe = FindingKind.RESERVES_BELOW_LIABILITIES, FindingKind.RESERVES_MAYBE_BELOW
    ordered = in_order(FindingKind)
    assert ordered[0] is below
    weights = [WEIGHTS[kind] for kind in ordered]
    assert ordered.index(maybe) == weights.index(Weight.UNSHOWN)
    assert weights == sorted(weights, key=list(Weight).index)
    assert set(EVIDENCE) == set(Evidence)
    assert set(OWED) == set(LiabilityEvidence)


def test_groups_name_what_is_false_first(taken):
    groups = finding_groups(taken.store, taken.id)
    weights = [g.weight for g in groups]
    assert weights == sorted(weights, key=list(Weight).index)
    counts = {g.kind: g.count for g in groups}
    assert counts[FindingKind.SHORTFALL] == 1
    assert counts[FindingKind.SURPLUS] == 1
    assert counts[FindingKind.DUPLICATE] == 1
    assert counts[FindingKind.UNSIGNED] == 1
    assert counts[FindingKind.UNKNOWN_COIN] == 1
    assert counts[FindingKind.BALANCE_UNAVAILABLE] == 1
    assert all(g.more == 0 for g in groups)


def test_few_examples_are_shown_and_the_rest_is_counted(taken):
    (group,) = [g for g in finding_groups(taken.store, taken.id, few=0) if g.kind == "shortfall"]
    assert (group.count, group.examples, group.more) == (1, (), 1)


@pytest.fixture
def owing(taken):
    """A snapshot of which something is found as a whole: two assets are owed, and not there."""
    owed = [Liability(a, 5, 8, LiabilityEvidence.PUBLISHED, "owed.csv") for a in ("BTC", "DOGE")]
    set_liabilities(taken.store, taken.id, owed)
    return taken


def test_the_first_of_each_kind_are_those_that_the_kind_has(owing):
    kinds = list(queries.finding_counts(owing.store, owing.id))
    assert set(kinds) & set(ABOUT_SNAPSHOT)
    for limit in (1, 2, 50):
        first = found.first_of_each(owing.store, owing.id, kinds, limit)
        assert first == {
            kind: [
                f.finding for f in found.findings(owing.store, owing.id, kinds=(kind,), limit=limit)
            ]
            for kind in kinds
        }
    assert all(first.values())


def test_what_is_found_of_a_snapshot_is_worked_out_once_for_all_groups(owing, monkeypatch):
    asked = []
    monkeypatch.setattr(
        found, "about_snapshot", lambda *given: asked.append(given) or about_snapshot(*given)
    )
    kinds = {group.kind for group in finding_groups(owing.store, owing.id)}
    assert kinds & set(ABOUT_SNAPSHOT)
    assert len(asked) == 2  # counting, and the first of each kind


def test_weights_and_sentence(taken):
    assert outcome_weights(taken.store, taken.id) >= {Weight.FALSE, Weight.UNSHOWN}
    head = queries.head(taken.store, taken.id)
    counts = queries.finding_counts(taken.store, taken.id)
    found = rows_found(taken.store, taken.id)
    assert found == RowsFound(false=2, unverified=3)
    assert sentence(head, counts, found) == (
        "7 rows of list.csv: 2 rows are false and 3 could not be verified."
    )
    one = {FindingKind.UNSIGNED: 1}
    assert sentence(head, one, RowsFound(0, 1)) == "7 rows of list.csv: 1 could not be verified."
    surplus = {FindingKind.SURPLUS: 1}
    assert sentence(head, surplus, RowsFound(0, 0)) == "7 rows of list.csv: every claim verified."
    replaced = {FindingKind.HEIGHT_REPLACED: 1}
    assert sentence(head, replaced, RowsFound(0, 0)) == (
        "7 rows of list.csv: every claim verified, at a height that --at gave and not at the list's."
    )
    whole = {FindingKind.TOTAL_DIFFERS: 1}
    assert sentence(head, whole, RowsFound(0, 0)) == (
        "7 rows of list.csv: something about the list as a whole is false."
    )
    both = {FindingKind.TOTAL_DIFFERS: 1, FindingKind.RESERVES_MAYBE_BELOW: 1}
    assert sentence(head, both, RowsFound(4, 0)) == (
        "7 rows of list.csv: 4 rows are false and something about the list as a whole could not "
        "be verified."
    )


def test_rows_in_two_counts_are_said_to_be(taken):
    head = queries.head(taken.store, taken.id)
    told = "3 of 7 rows are verified"
    assert verified_words(3, head, RowsFound(1, 3)) == f"{told}."
    both = f"{told}; some of these are false or doubted besides: such rows are in both counts."
    assert verified_words(3, head, RowsFound(2, 3)) == both
    out = io.StringIO()
    print_outcome(taken.store, taken.id, out)
    lines = out.getvalue().splitlines()
    number = verified_rows(taken.store, taken.id)
    assert lines[-2] == verified_words(number, head, rows_found(taken.store, taken.id))
    assert lines[-1].endswith("2 rows are false and 3 could not be verified.")


def test_incomplete_is_never_all_verified(planned):
    assert Weight.UNSHOWN in outcome_weights(planned.store, planned.id)
    head = queries.head(planned.store, planned.id)
    assert "0 of 2 parts read" in sentence(head, {}, RowsFound(0, 0))
    assert "scanner resume 1" in sentence(head, {}, RowsFound(0, 0))


def test_words_for_people_are_harmless(taken):
    out = io.StringIO()
    print_outcome(taken.store, taken.id, out)
    text = out.getvalue()
    assert "FALSE: shortfall, 1" in text
    assert "line 7: field 2: unknown coin =cmd" in text
    assert not {"\x1b", "\u202e", "\ud800"} & set(text)
    text.encode("utf-8")


def test_kinds_as_users_write_them():
    assert parse_kinds(["shortfall"]) == (FindingKind.SHORTFALL,)
    assert parse_kinds(["Bad-Signature", "mismatch"]) == (FindingKind.BAD_SIGNATURE,)
    assert parse_kinds(ALSO_CALLED) == tuple(ALSO_CALLED.values())
    assert parse_kinds([]) == ()
    with pytest.raises(ConfigError, match="no kind of finding 'x'"):
        parse_kinds(["x"])


def test_findings_of_one_weight_are_in_the_lists_order(taken):
    """Wherever they come from: rows that cannot be read, the list, claims, or the snapshot."""

    def lines(weight):
        kinds = [kind for kind in FindingKind if WEIGHTS[kind] is weight]
        return [each.row for each in found.findings_by_place(taken.store, taken.id, kinds)]

    by_origin = [f.finding.row for f in queries.findings(taken.store, taken.id)]
    assert sorted(by_origin, key=lambda row: row or 0) != by_origin, "nothing is to be ordered"
    assert lines(Weight.FALSE) == [2, 5]
    assert lines(Weight.UNSHOWN) == [4, 6, 7]
    every = list(found.findings_by_place(taken.store, taken.id, FindingKind))
    assert sorted(map(repr, every)) == sorted(
        repr(f.finding) for f in queries.findings(taken.store, taken.id)
    )
