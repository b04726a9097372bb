"""Taking snapshots, on both databases: failures, stops, resumes, heights and chunk sizes."""

import threading

import pytest
from sqlalchemy.event import listen
from support.snapshot_stub import UNSIGNED, StubSource, eth_claim, good_judge
from support.taking import DOWN, SIGNED, planned, raises, take, twenty_five

from scanner.errors import SourceUnavailableError, StoreError
from scanner.model.balance import Balance, Evidence
from scanner.model.finding import FindingKind
from scanner.snapshots.findings import finding_about
from scanner.snapshots.interface import RowResult, SnapshotState
from scanner.store.reading import queries
from scanner.store.reading.check import check
from scanner.store.schema import bulk
from scanner.store.writing.sink import StoreSink


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
    assert any("3 failures in a row: node: timed out" in r for r in reasons)


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


def test_chunks_whose_claims_lie_among_others_cost_no_more_than_the_first(store):
    """The verdicts of others were once taken for their own, and everything was read again."""
    networks = ("ethereum", "arbitrum")
    claims = [eth_claim(n, network=networks[n % 2], **SIGNED) for n in range(40)]
    snapshot = planned(store, claims, chunk_sizes=dict.fromkeys(networks, 5))
    sink = StoreSink(store)
    sink.start(snapshot)
    for network in networks:
        sink.pin(snapshot, 100, StubSource(network).pin(100), "stub")
    chunks = sink.chunks(snapshot)
    asked = []
    listen(store.engine, "before_cursor_execute", lambda *a: asked[-1].append(a[2].split(" ")[0]))
    for chunk in chunks:
        asked.append([])
        rows = sink.claims(chunk)
        verdicts = good_judge([row.claim for row in rows], None)
        good = Balance(1, Evidence.REPORTED)
        sink.finish_chunk(
            chunk, [RowResult(row, said, good) for row, said in zip(rows, verdicts, strict=True)]
        )
    assert asked == [asked[0]] * 8
    asked.append([])
    assert sink.end(snapshot) is SnapshotState.COMPLETE
    assert check(store) == []


def test_verdicts_and_findings_of_an_earlier_try_stay_and_are_what_is_added_up(store, monkeypatch):
    """Two of five rows were judged before, one of them otherwise; batches end among them."""
    monkeypatch.setattr(bulk, "SENT", 2)
    snapshot = planned(store, [eth_claim(n, amount=10, **SIGNED) for n in range(5)])
    sink = StoreSink(store)
    sink.start(snapshot)
    block = sink.pin(snapshot, 100, StubSource().pin(100), "stub")
    (chunk,) = sink.chunks(snapshot)
    rows = sink.claims(chunk)
    proof = good_judge([rows[0].claim], None)[0]
    doubt = finding_about(rows[2].claim, FindingKind.SHORTFALL, "said first")
    sink.fail_chunk(
        chunk,
        "down",
        [RowResult(rows[0], proof, None), RowResult(rows[2], UNSIGNED, None, (doubt,))],
    )
    again = finding_about(rows[2].claim, FindingKind.SHORTFALL, "said again")
    other = finding_about(rows[3].claim, FindingKind.SHORTFALL, "of another row")
    told = {rows[2].no: (again,), rows[3].no: (other,)}
    good = Balance(10, Evidence.REPORTED, ("node",))
    sink.finish_chunk(
        chunk, [RowResult(row, proof, good, told.get(row.no, ())) for row in rows], block
    )
    assert sink.end(snapshot) is SnapshotState.COMPLETE
    found = list(queries.rows(store, snapshot))
    assert [row.control.is_proof for row in found] == [True, True, False, True, True]
    (eth,) = queries.totals(store, snapshot).assets
    assert (eth.verified, eth.unverified) == (40, 10)
    kept = [f.finding for f in queries.findings(store, snapshot, kinds=[FindingKind.SHORTFALL])]
    assert sorted((f.row, f.reason) for f in kept) == [
        (rows[2].claim.row, "said first"),
        (rows[3].claim.row, "of another row"),
    ]
    assert check(store) == []
