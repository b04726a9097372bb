"""Taking snapshots into a database, on both: what is stored, kept, refused and told."""

import threading

import pytest
from sqlalchemy import select, text
from support.snapshot_stub import StubSource, eth_claim, good_judge, stored

from scanner.errors import SnapshotNotFoundError, SourceUnavailableError, StoreError
from scanner.liabilities.interface import Liability, LiabilityEvidence
from scanner.model.balance import Evidence
from scanner.model.claim import DeclaredTotal, UnreadableRow
from scanner.model.finding import FindingKind
from scanner.settings.tables import load_registry
from scanner.snapshots.chunks import Tools, take_chunk
from scanner.snapshots.interface import ChunkState, SnapshotPolicy, SnapshotState
from scanner.snapshots.take import take_snapshot
from scanner.store import append_only, queries, seal, tables
from scanner.store.check import check
from scanner.store.runs import create_snapshot, set_liabilities
from scanner.store.sink import StoreSink

SIGNED = {"signatures": ("s",)}
DOWN = SourceUnavailableError("node", "timed out")


def planned(store, claims, **policy):
    return create_snapshot(store, stored(store, claims).list_id, SnapshotPolicy(**policy))


def take(store, snapshot, *sources, judge=good_judge, **more):
    return take_snapshot(
        StoreSink(store), snapshot, {s.network: s for s in sources}, judge, load_registry(), **more
    )


def raises(error):
    def trouble(_what):
        raise error

    return trouble


def twenty_five():
    return [eth_claim(n, **SIGNED) for n in range(25)]


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


def test_a_dead_node_leaves_its_network_incomplete_and_others_done(store):
    claims = [*twenty_five(), eth_claim(1, network="arbitrum", row=90, **SIGNED)]
    snapshot = planned(store, claims, attempts=1)
    dead = StubSource(trouble=raises(DOWN))
    taken = take(store, snapshot, dead, StubSource("arbitrum"))
    assert (taken.state, taken.done, taken.failed) == (SnapshotState.INCOMPLETE, 1, 3)
    totals = queries.totals(store, snapshot)
    assert not totals.complete
    (eth,) = totals.assets
    assert (eth.claimed, eth.verified) == (sum(c.amount for c in claims), claims[-1].amount)
    assert (eth.unavailable_rows, eth.reserve_ratio) == (25, None)
    found = [f.finding for f in queries.findings(store, snapshot)]
    assert [f.kind for f in found] == [FindingKind.CHUNK_FAILED] * 3
    assert "node: timed out" in found[0].reason
    row = next(queries.rows(store, snapshot))
    assert (row.balance, row.reason) == (None, "node: timed out")
    assert row.control.is_proof
    assert queries.head(store, snapshot).chain_head == ""
    assert check(store) == []


def test_a_resume_takes_what_failed_and_the_result_is_that_of_an_undisturbed_run(store):
    claims = twenty_five()
    undisturbed = planned(store, claims)
    take(store, undisturbed, StubSource())
    snapshot = planned(store, claims, attempts=1)
    take(store, snapshot, StubSource(trouble=raises(DOWN)))
    source = StubSource()
    assert take(store, snapshot, source).state is SnapshotState.COMPLETE
    assert len(source.asked) == 25
    assert queries.totals(store, snapshot).assets == queries.totals(store, undisturbed).assets
    assert list(queries.findings(store, snapshot)) == []
    heads = {
        queries.head(store, s).policy.attempts: queries.head(store, s)
        for s in (undisturbed, snapshot)
    }
    assert heads[1].state is SnapshotState.COMPLETE
    assert check(store) == []


def test_a_complete_snapshot_is_not_asked_for_again(store):
    snapshot = planned(store, twenty_five())
    take(store, snapshot, StubSource())
    before = queries.head(store, snapshot)
    source = StubSource()
    assert take(store, snapshot, source).state is SnapshotState.COMPLETE
    assert source.asked == source.pins == []
    assert queries.head(store, snapshot) == before


def test_a_dead_node_is_not_asked_for_every_chunk(store):
    asked = []

    def trouble(queries_):
        asked.append(len(queries_))
        raise DOWN

    snapshot = planned(store, [eth_claim(n, **SIGNED) for n in range(60)], attempts=1)
    source = StubSource(trouble=trouble, chunk_size=5, parallel=1)
    assert take(store, snapshot, source).failed == 12
    assert len(asked) == 3
    reasons = {f.finding.reason for f in queries.findings(store, snapshot)}
    assert any("3 times in a row: node: timed out" in r for r in reasons)


def test_a_height_that_cannot_be_pinned_fails_its_chunks_only(store):
    def pruned(height):
        if height == 7:
            raise SourceUnavailableError("node", "height 7 is gone")

    claims = [eth_claim(1, height=7, **SIGNED), eth_claim(2, height=8, **SIGNED)]
    snapshot = planned(store, claims, attempts=1)
    taken = take(store, snapshot, StubSource(pin_trouble=pruned))
    assert (taken.done, taken.failed) == (1, 1)
    first, second = queries.rows(store, snapshot)
    assert (first.reason, first.block) == ("node: height 7 is gone", None)
    assert second.balance.amount == claims[1].amount


def test_the_users_height_is_pinned_in_place_of_the_lists(store):
    source = StubSource()
    claims = [eth_claim(1, height=7, **SIGNED), eth_claim(2, height=None, **SIGNED)]
    snapshot = planned(store, claims, at={"ethereum": 55})
    take(store, snapshot, source)
    assert source.pins == [55]
    assert {r.block.height for r in queries.rows(store, snapshot)} == {55}
    newest = planned(store, claims, at={"ethereum": None})
    take(store, newest, source)
    assert source.pins == [55, None]
    (pin,) = queries.head(store, newest).blocks
    assert (pin.height_wanted, pin.block.height) == (None, 1000)


def test_chunks_are_cut_to_the_sources_size_until_one_is_done(store):
    snapshot = planned(store, twenty_five(), attempts=1)
    sink = StoreSink(store)
    assert [c.plan.claims for c in sink.chunks(snapshot)] == [25]
    take(store, snapshot, StubSource(chunk_size=10, trouble=raises(DOWN)))
    assert [c.plan.claims for c in sink.chunks(snapshot)] == [10, 10, 5]
    sink.cut(snapshot, {"ethereum": 25})
    assert [c.plan.claims for c in sink.chunks(snapshot)] == [25]
    sink.cut(snapshot, {"ethereum": 20})
    numbers = [c.no for c in sink.chunks(snapshot)]
    take(store, snapshot, StubSource(chunk_size=20))
    sink.cut(snapshot, {"ethereum": 1})
    assert [c.no for c in sink.chunks(snapshot)] == numbers


def test_a_chunk_size_of_the_policy_stays(store):
    snapshot = planned(store, twenty_five(), chunk_sizes={"ethereum": 5})
    take(store, snapshot, StubSource(chunk_size=100))
    assert [c.plan.claims for c in StoreSink(store).chunks(snapshot)] == [5] * 5


def again(store, snapshot, source):
    """Take every chunk once more, as a second worker would."""
    sink = StoreSink(store)
    tools = Tools(sink, good_judge, load_registry(), 1, threading.Event())
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
    assert changed == ["finding"]
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


def test_only_one_process_takes_a_snapshot_at_a_time(store):
    snapshot = planned(store, twenty_five())
    with StoreSink(store).taking(snapshot), pytest.raises(StoreError, match="another process"):
        take(store, snapshot, StubSource())
    assert take(store, snapshot, StubSource()).state is SnapshotState.COMPLETE


def test_stopping_keeps_what_is_done(store):
    stop = threading.Event()
    asked = []

    def trouble(queries_):
        asked.append(queries_)
        if len(asked) == 2:
            stop.set()

    snapshot = planned(store, [eth_claim(n, **SIGNED) for n in range(50)])
    taken = take(store, snapshot, StubSource(trouble=trouble, parallel=1), stop=stop)
    assert (taken.state, taken.done, taken.failed) == (SnapshotState.RUNNING, 1, 0)
    totals = queries.totals(store, snapshot)
    assert not totals.complete
    assert totals.assets[0].unavailable_rows == 40
    assert next(queries.rows(store, snapshot, after=10)).reason == "not read yet"
    assert take(store, snapshot, StubSource()).state is SnapshotState.COMPLETE


def test_ctrl_c_gets_through_and_a_resume_goes_on(store):
    def trouble(_queries):
        raise KeyboardInterrupt

    snapshot = planned(store, twenty_five())
    with pytest.raises(KeyboardInterrupt):
        take(store, snapshot, StubSource(trouble=trouble))
    assert queries.head(store, snapshot).state is SnapshotState.RUNNING
    assert take(store, snapshot, StubSource()).state is SnapshotState.COMPLETE


def test_progress_goes_up_to_all_and_starts_where_the_last_run_ended(store):
    seen = []
    snapshot = planned(store, twenty_five(), attempts=1)
    take(store, snapshot, StubSource(), progress=lambda share, count: seen.append((share, count)))
    assert seen[-1] == (1.0, 25)
    assert [s for s, _ in seen] == sorted(s for s, _ in seen)


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
        "2026-11",
        {"root": "0xab"},
    )
    set_liabilities(store, snapshot, [owed])
    set_liabilities(store, snapshot, [owed])
    (eth,) = queries.totals(store, snapshot).assets
    assert (eth.liabilities, eth.reserve_ratio) == (owed.amount, "0.500000")
    less = Liability("ETH", 1, 18, LiabilityEvidence.PUBLISHED, "owed.csv")
    with pytest.raises(StoreError, match="already has other liabilities for ETH"):
        set_liabilities(store, snapshot, [less])
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
    take(store, snapshot, StubSource())
    return snapshot


def test_results_cannot_be_changed_or_deleted(store):
    filled(store)
    before = everything(store)
    ways = ["UPDATE {0} SET {1} = {1}", "DELETE FROM {0}"]
    if store.dialect == "postgresql":
        ways.append("TRUNCATE {0} CASCADE")
    for name in append_only.APPEND_ONLY:
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
    with store.write() as connection:
        for statement in drops:
            connection.execute(text(statement))
    whats = {p.what for p in check(store)}
    assert any("trigger balance_no_update is gone" in what for what in whats)
    changes = [
        "UPDATE control_result SET control = 'controls', binding = 'derived' WHERE claim_no = 2",
        "UPDATE control_result SET reason = 'all is well' WHERE claim_no = 2",
        "DELETE FROM finding",
        "UPDATE claim SET address_key = '0x00' WHERE no = 1",
        "UPDATE pinned_block SET hash = '0x00'",
        "UPDATE balance SET sources = '[]' WHERE claim_no = 1",
    ]
    for change in changes:
        with store.engine.connect() as connection:
            connection.begin()
            connection.execute(text(change))
            assert seal.chain_head(connection, snapshot) != queries.head(store, snapshot).chain_head
            connection.rollback()
    with store.write() as connection:
        connection.execute(text("UPDATE total SET claimed = unverified"))
        connection.execute(text("DELETE FROM balance WHERE claim_no = 1"))
    whats = " ".join(p.what for p in check(store) if p.snapshot_id == snapshot)
    assert "chunk" in whats
    assert "totals are not" in whats
    assert "sums are not" in whats
    assert "hash chain" in whats


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
