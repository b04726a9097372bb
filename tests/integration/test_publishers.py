"""Publishers of a database: names, merges, and addresses that two of them claim."""

from __future__ import annotations

import pytest
from support.snapshot_stub import StubSource, eth_claim, stored
from support.taking import SIGNED, planned, take

from scanner.errors import ConfigError
from scanner.model.finding import FindingKind, Weight
from scanner.reports.figures.outcome import outcome_weights
from scanner.snapshots.interface import SnapshotPolicy
from scanner.store.reading import history, queries
from scanner.store.reading.across import Taken
from scanner.store.reading.alert_questions import shared_with
from scanner.store.reading.status import status
from scanner.store.writing.publishers import merge, publisher_names, rename
from scanner.store.writing.runs import create_snapshot


def taken(store, numbers, publisher):
    claims = [eth_claim(n, **SIGNED) for n in numbers]
    list_id = stored(store, claims, publisher=publisher).list_id
    snapshot = create_snapshot(store, list_id, SnapshotPolicy())
    take(store, snapshot, StubSource())
    return snapshot


def elsewhere(store, snapshot):
    kinds = (FindingKind.CLAIMED_ELSEWHERE,)
    return [f.finding for f in queries.findings(store, snapshot, kinds=kinds)]


def test_an_address_of_two_publishers_is_a_finding_on_both_sides(store):
    first = taken(store, range(4), "okx")
    assert elsewhere(store, first) == []
    assert outcome_weights(store, first) == set()
    second = taken(store, range(2, 9), "rival")
    for snapshot, other in ((first, "rival"), (second, "okx")):
        (found,) = elsewhere(store, snapshot)
        assert found.weight is Weight.UNSHOWN
        assert f"2 addresses are also claimed by {other}" in found.reason
        assert Weight.UNSHOWN in outcome_weights(store, snapshot)
        assert queries.finding_counts(store, snapshot)[FindingKind.CLAIMED_ELSEWHERE] == 1
    again = taken(store, range(4), "okx")  # the same bytes: one list
    assert len(elsewhere(store, again)) == 1


def test_rows_with_the_very_same_signatures_are_told_to_be_repeated(store):
    """A list that takes over another's rows with their signatures shows nothing of its own."""
    first, _ = taken(store, range(4), "okx"), taken(store, range(2, 9), "rival")
    (found,) = elsewhere(store, first)
    assert "; 2 addresses have the very same signatures there" in found.reason
    other = {**SIGNED, "signatures": ("another",)}
    claims = [eth_claim(2, **other), eth_claim(3, **{**SIGNED, "signatures": ()})]
    list_id = stored(store, claims, publisher="third").list_id
    snapshot = create_snapshot(store, list_id, SnapshotPolicy())
    take(store, snapshot, StubSource())
    reasons = [f.reason for f in elsewhere(store, snapshot)]
    assert len(reasons) == 2
    assert not any("signatures" in reason for reason in reasons)


def test_one_publisher_claims_nothing_elsewhere_in_another_month(store):
    taken(store, range(4), "okx")
    assert elsewhere(store, taken(store, range(5), "okx")) == []


def test_merged_publishers_are_one_everywhere(store):
    first, second = taken(store, range(4), "okx_2026-09"), taken(store, range(5), "rival")
    assert len(elsewhere(store, first)) == 1
    merge(store, "okx_2026-09", "rival")
    assert elsewhere(store, first) == elsewhere(store, second) == []
    assert publisher_names(store) == ["rival"]
    (view,) = history.publishers(store)
    assert (view.name, view.lists, view.snapshots) == ("rival", 2, 2)
    assert [h.publisher for h in queries.heads(store)] == ["rival", "rival"]
    assert history.publisher_of(store, first) == history.publisher_of(store, second) == view.id
    heads = queries.heads(store, publisher_id=view.id)
    assert [h.id for h in heads] == [second, first]
    points = history.asset_history(store, view.id, "ETH")
    assert [p.snapshot for p in points] == [second, first]
    head = queries.head(store, first)
    assert shared_with(store, Taken(first, head.list_id), []) == []
    assert [p.name for p in status(store).publishers] == ["rival"]
    assert taken(store, range(6), "okx_2026-09") == queries.heads(store)[0].id
    assert queries.heads(store)[0].publisher == "rival"


def test_a_renamed_publisher_keeps_what_it_has(store):
    snapshot = taken(store, range(2), "okx (1)")
    rename(store, "okx (1)", "northbank")
    assert queries.head(store, snapshot).publisher == "northbank"
    with pytest.raises(ConfigError, match="no publisher 'okx \\(1\\)'; there are: northbank"):
        rename(store, "okx (1)", "x")
    taken(store, range(5, 7), "rival")
    for new, words in (("Rival", "merge"), (" ", "needs a name")):
        with pytest.raises(ConfigError, match=words):
            rename(store, "northbank", new)
    with pytest.raises(ConfigError, match="one publisher already"):
        merge(store, "rival", "RIVAL")


def test_a_new_snapshot_of_a_renamed_list_asks_the_new_name(store):
    snapshot = planned(store, [eth_claim(0, **SIGNED)])
    assert queries.head(store, snapshot).policy.statement.publisher == "okx"
