"""Taking snapshots into a database, on both: what is stored, kept, refused and told."""

import threading
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import select, text
from support.sealed_database import PROOF
from support.snapshot_stub import OKX_RULE, StubSource, eth_claim, good_judge
from support.taking import SIGNED, fail_once, planned, take, twenty_five

from scanner.errors import SnapshotNotFoundError, StoreError
from scanner.liabilities.interface import Liability, LiabilityEvidence
from scanner.model.balance import Evidence
from scanner.model.claim import DeclaredTotal, UnreadableRow
from scanner.model.finding import FindingKind
from scanner.settings.tables import load_registry
from scanner.snapshots.asking import Tools
from scanner.snapshots.chunks import take_chunk
from scanner.snapshots.interface import ChunkState, SnapshotState
from scanner.store.reading import check as checks
from scanner.store.reading import queries
from scanner.store.reading.check import check
from scanner.store.reading.found import worst_by_asset
from scanner.store.schema import append_only, guards, tables
from scanner.store.writing.liability_proofs import keep_proof
from scanner.store.writing.runs import set_liabilities
from scanner.store.writing.sink import StoreSink


def test_a_good_list_is_verified_to_the_last_base_unit(store):
    claims = twenty_five()
    snapshot = planned(store, claims)
    taken = take(store, snapshot, StubSource())
    assert (taken.state, taken.done, taken.failed) == (SnapshotState.COMPLETE, 3, 0)
    totals = queries.totals(store, snapshot)
    assert totals.complete
    (eth,) = totals.assets
    assert (
        eth.claimed
        == eth.verified
        == eth.by_evidence[Evidence.REPORTED]
        == sum(c.amount for c in claims)
    )
    assert (eth.unverified, eth.unavailable_rows, eth.shortfall, eth.surplus) == (0, 0, 0, 0)
    assert list(queries.findings(store, snapshot)) == []
    head = queries.head(store, snapshot)
    assert head.complete
    assert head.started <= head.finished
    assert len(head.chain_head) == 64
    assert [(b.height_wanted, b.block.height, b.source) for b in head.blocks] == [
        (100, 100, "stub-ethereum")
    ]
    assert check(store) == []


def test_rows_come_with_everything_known_in_order_and_in_pages(store):
    claims = twenty_five()
    snapshot = planned(store, claims)
    take(store, snapshot, StubSource())
    every = list(queries.rows(store, snapshot))
    assert [r.claim for r in every] == claims
    assert all(r.balance.amount == r.claim.amount and r.block.height == 100 for r in every)
    pages, after = [], 0
    while page := list(queries.rows(store, snapshot, after=after, limit=10)):
        pages.append(page)
        after = page[-1].no
    assert [r for page in pages for r in page] == every
    assert [len(page) for page in pages] == [10, 10, 5]


def test_findings_are_told_filtered_and_paged(store):
    claims = [
        eth_claim(1, **SIGNED), eth_claim(2), eth_claim(3, amount=0), eth_claim(4, amount=2**255, **SIGNED),
    ]  # fmt: skip
    snapshot = planned(store, claims)
    take(store, snapshot, StubSource())
    every = list(queries.findings(store, snapshot))
    assert [(f.key[1], f.finding.kind.value) for f in every] == [
        (2, "unsigned"), (3, "surplus"), (3, "unsigned"), (4, "shortfall"),
    ]  # fmt: skip
    paged, key = [], (0, 0, "")
    while page := list(queries.findings(store, snapshot, after=key, limit=1)):
        paged += page
        key = page[-1].key
    assert paged == every
    unsigned = [FindingKind.UNSIGNED]
    assert [f.key[1] for f in queries.findings(store, snapshot, kinds=unsigned)] == [2, 3]
    assert [r.no for r in queries.rows(store, snapshot, kinds=unsigned)] == [2, 3]
    assert queries.finding_counts(store, snapshot) == {
        FindingKind.UNSIGNED: 2, FindingKind.SHORTFALL: 1, FindingKind.SURPLUS: 1,
    }  # fmt: skip


def test_the_worst_of_an_asset_is_what_is_false_and_else_what_the_totals_do_not_say(store):
    repeated = eth_claim(4, **SIGNED)
    claims = [
        eth_claim(1, **SIGNED),
        eth_claim(2),
        eth_claim(3, amount=2**255, **SIGNED),
        repeated,
        repeated,
    ]
    snapshot = planned(store, claims)
    take(store, snapshot, StubSource())
    assert worst_by_asset(store, snapshot) == {"ETH": (FindingKind.SHORTFALL, 1)}
    unsigned = planned(store, [eth_claim(5), UnreadableRow(9, 0, "bad_row", "cut off", "x")])
    take(store, unsigned, StubSource())
    assert worst_by_asset(store, unsigned) == {}  # the totals have it as not verified


def test_networks_without_a_source_are_unavailable_and_judged(store):
    claims = [eth_claim(1, **SIGNED), eth_claim(2, network="arbitrum", amount=5, **SIGNED)]
    snapshot = planned(store, claims)
    assert take(store, snapshot, StubSource()).state is SnapshotState.COMPLETE
    first, second = queries.rows(store, snapshot)
    assert first.balance.amount == claims[0].amount
    assert second.balance.evidence is Evidence.UNAVAILABLE
    assert "no source" in second.balance.reason
    assert second.control.is_proof
    (eth,) = queries.totals(store, snapshot).assets
    assert (eth.unavailable_rows, eth.verified) == (1, claims[0].amount)


def again(store, snapshot, source):
    """Take every chunk once more, as a second worker would."""
    sink = StoreSink(store)
    tools = Tools(sink, good_judge, load_registry(), 1, threading.Event(), rule=OKX_RULE)
    for chunk in sink.chunks(snapshot):
        block = sink.pinned(snapshot, chunk.plan.network, chunk.plan.height)
        take_chunk(tools, chunk, source, block)


def everything(store):
    with store.read() as connection:
        return {
            table.name: sorted(map(repr, connection.execute(select(table)).all()))
            for table in tables.metadata.sorted_tables
        }


def test_a_chunk_taken_again_changes_nothing(store):
    snapshot = planned(store, twenty_five())
    take(store, snapshot, StubSource())
    before = everything(store)
    again(store, snapshot, StubSource())
    assert everything(store) == before


def test_another_value_at_the_same_block_is_told_and_the_first_stays(store):
    snapshot = planned(store, [eth_claim(n, amount=0, **SIGNED) for n in range(3)])
    take(store, snapshot, StubSource())
    before = everything(store)
    for _ in range(2):
        again(store, snapshot, StubSource(change=1))
    after = everything(store)
    changed = [name for name in after if after[name] != before[name]]
    assert sorted(changed) == ["finding", "link"]
    found = list(queries.findings(store, snapshot, kinds=[FindingKind.BALANCE_CHANGED]))
    assert [f.finding.row for f in found] == [1, 2, 3]
    assert "stub-ethereum" in found[0].finding.reason
    assert check(store) == []


def test_an_unavailable_second_reading_contradicts_nothing(store):
    snapshot = planned(store, twenty_five())
    take(store, snapshot, StubSource())
    before = everything(store)
    again(store, snapshot, None)
    assert everything(store) == before


def test_a_failure_after_the_chunk_was_done_changes_nothing(store):
    snapshot = planned(store, twenty_five())
    take(store, snapshot, StubSource())
    before = everything(store)
    sink = StoreSink(store)
    for chunk in sink.chunks(snapshot):
        sink.fail_chunk(chunk, "too late")
    assert everything(store) == before


def test_the_first_pin_wins(store):
    snapshot = planned(store, twenty_five())
    sink, source = StoreSink(store), StubSource()
    first, other = source.pin(None), source.pin(5)
    assert sink.pin(snapshot, 100, first, "a") == first
    assert sink.pin(snapshot, 100, other, "b") == first
    assert sink.pinned(snapshot, "ethereum", 100) == first
    assert sink.pinned(snapshot, "ethereum", None) is None


def test_an_empty_list_is_complete_with_no_totals(store):
    snapshot = planned(store, [])
    assert take(store, snapshot).state is SnapshotState.COMPLETE
    assert queries.totals(store, snapshot).assets == ()


def test_liabilities_make_the_ratio_and_are_written_once(store):
    snapshot = planned(store, [eth_claim(1, **SIGNED)])
    take(store, snapshot, StubSource())
    (eth,) = queries.totals(store, snapshot).assets
    owed = Liability(
        "ETH",
        eth.verified * 2,
        18,
        LiabilityEvidence.PUBLISHED,
        "owed.csv",
        "2023-11-14",  # the day of the block
        {"root": "0xab"},
    )
    set_liabilities(store, snapshot, [owed])
    set_liabilities(store, snapshot, [owed])
    (eth,) = queries.totals(store, snapshot).assets
    assert (eth.liabilities, eth.reserve_ratio) == (owed.amount, "0.500000")
    less = Liability("ETH", 1, 18, LiabilityEvidence.PUBLISHED, "owed.csv")
    of_some = replace(owed, detail={"scope": "US users"})
    for other in (less, of_some, replace(owed, detail={"unit": "USD"}), replace(owed, as_of="")):
        with pytest.raises(StoreError, match="already has other liabilities for ETH"):
            set_liabilities(store, snapshot, [other])
    with pytest.raises(SnapshotNotFoundError):
        set_liabilities(store, 99, [owed])


def test_snapshots_are_found_by_id_and_as_the_latest(store):
    with pytest.raises(SnapshotNotFoundError):
        queries.resolve(store, "latest")
    first, second = planned(store, []), planned(store, [])
    assert queries.resolve(store, "latest") == second
    assert queries.resolve(store, str(first)) == first
    assert [h.id for h in queries.heads(store)] == [second, first]
    for wrong in ("0", "x", "", "-1", "1.0", "9" * 40, "\u0661", "latest2"):
        with pytest.raises(SnapshotNotFoundError):
            queries.resolve(store, wrong)
    for query in (queries.head, queries.totals, queries.finding_counts):
        with pytest.raises(SnapshotNotFoundError):
            query(store, 99)
    for query in (queries.rows, queries.findings):
        with pytest.raises(SnapshotNotFoundError):
            next(query(store, 99))


def filled(store):
    """A complete snapshot with something in every table of results."""
    rows = [
        eth_claim(1, **SIGNED),
        eth_claim(2, amount=0),
        UnreadableRow(3, 0, "bad_row", "too few fields"),
        DeclaredTotal(4, "ETH", "ETH", "ethereum", 18, 1, 100),
    ]
    snapshot = planned(store, rows)
    set_liabilities(
        store, snapshot, [Liability("ETH", 5, 18, LiabilityEvidence.PUBLISHED, "owed.csv")]
    )
    later = Liability("ETH", 6, 18, LiabilityEvidence.PUBLISHED, "owed.csv")
    set_liabilities(store, snapshot, [later], replacing=datetime.now(UTC))
    keep_proof(store, snapshot, PROOF)
    fail_once(store, snapshot)
    take(store, snapshot, StubSource())
    return snapshot


def test_results_cannot_be_changed_or_deleted(store):
    filled(store)
    before = everything(store)
    ways = ["UPDATE {0} SET {1} = {1}", "DELETE FROM {0}"]
    if store.dialect == "postgresql":
        ways.append("TRUNCATE {0} CASCADE")
    for name in append_only.APPEND_ONLY:
        if name == "pruned":  # the newest snapshot is none: test_store_prune
            continue
        assert before[name], f"nothing in {name} to refuse"
        column = next(iter(tables.metadata.tables[name].columns)).name
        for way in ways:
            with pytest.raises(StoreError, match="append-only"), store.write() as connection:
                connection.execute(text(way.format(name, column)))
    assert everything(store) == before


def test_the_seal_shows_any_change_behind_the_triggers_back(store):
    snapshot = planned(store, [eth_claim(1, **SIGNED), eth_claim(2)])
    take(store, snapshot, StubSource())
    assert check(store) == []
    drops = append_only.drop_statements(store.dialect, append_only.APPEND_ONLY)
    drops += guards.drop_statements(store.dialect)
    with store.write() as connection:
        for statement in drops:
            connection.execute(text(statement))
    whats = {p.what for p in check(store)}
    assert any("trigger balance_no_update is missing" in what for what in whats)
    changes = [
        "UPDATE balance SET control = 'controls', binding = 'derived' WHERE claim_no = 2",
        "UPDATE balance SET control_reason = 'all is well' WHERE claim_no = 2",
        "DELETE FROM finding",
        "UPDATE claim SET address_key = '0x00' WHERE no = 1",
        "UPDATE pinned_block SET hash = '0x00'",
        "UPDATE balance SET sources = '[]' WHERE claim_no = 1",
        "UPDATE chunk SET digest = ''",
        "UPDATE chunk SET digest = 'other', error = 'none'",
        "INSERT INTO finding (snapshot_id, claim_no, kind, reason) "
        f"VALUES ({snapshot}, 77, 'shortfall', 'of nothing')",
    ]
    for change in changes:
        with store.engine.connect() as connection:
            connection.begin()
            connection.execute(text(change))
            head = queries.head(store, snapshot).chain_head
            assert list(checks.wrong(connection, snapshot, head)), change
            connection.rollback()
    with store.write() as connection:
        connection.execute(text("UPDATE total SET claimed = unverified"))
        connection.execute(text("DELETE FROM balance WHERE claim_no = 1"))
    whats = " ".join(p.what for p in check(store) if p.snapshot_id == snapshot)
    assert "chunk" in whats
    assert "totals do not match" in whats
    assert "sums do not match" in whats
    assert "not as it was sealed" in whats


def test_states_of_chunks_are_counted(store):
    snapshot = planned(store, twenty_five())
    head = queries.head(store, snapshot)
    assert (head.chunks, head.chunks_done, head.chunks_failed, head.state) == (
        1,
        0,
        0,
        SnapshotState.PLANNED,
    )
    take(store, snapshot, StubSource())
    assert {c.state for c in StoreSink(store).chunks(snapshot)} == {ChunkState.DONE}
    assert {c.attempts for c in StoreSink(store).chunks(snapshot)} == {1}
