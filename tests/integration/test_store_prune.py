"""Rows of old snapshots go; totals, results and seals stay, and nobody takes none for nothing."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from sqlalchemy import text
from support.command import run_scanner
from support.moving_coins import COINS, FIRST, Ledger, claims, rotate
from support.snapshot_stub import OKX_RULE, StubSource, eth_claim, stored
from support.taking import SIGNED, planned, take
from support.web_data import make_database, served

from scanner.errors import SnapshotPrunedError, StoreError
from scanner.model.finding import FindingKind, Weight
from scanner.snapshots.interface import SnapshotPolicy
from scanner.store.database import chain
from scanner.store.database.engine import open_store
from scanner.store.database.pruned import PruneRecordError, pruned_of
from scanner.store.reading import queries, series
from scanner.store.reading.check import check
from scanner.store.reading.coverage import control_counts
from scanner.store.reading.found import worst_by_asset
from scanner.store.reading.history import asset_history, publishers, verified_rows
from scanner.store.reading.status import status
from scanner.store.schema import tables as t
from scanner.store.schema.pruned_table import pruned as pruned_table
from scanner.store.upkeep.prune import plan, prune, pruned_snapshots, to_prune
from scanner.store.writing.runs import create_snapshot

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
PRUNED = "was pruned on 2026-11-29"


def _rows():
    return [eth_claim(1, **SIGNED), eth_claim(2), eth_claim(3, amount=10**77, **SIGNED)]


def _three(store):
    """Three snapshots of one list."""
    first = planned(store, _rows())
    list_id = queries.head(store, first).list_id
    more = [create_snapshot(store, list_id, SnapshotPolicy()) for _ in range(2)]
    for each in (first, *more):
        take(store, each, StubSource())
    return [first, *more]


def _count(store, table, snapshot):
    query = text(f"SELECT count(*) FROM {table} WHERE snapshot_id = {snapshot}")
    with store.read() as connection:
        return connection.execute(query).scalar_one()


def _said(store, snapshot):
    """What a pruned snapshot still says."""
    return (
        queries.asset_totals(store, snapshot),
        queries.finding_counts(store, snapshot),
        queries.weights_found(store, snapshot),
        verified_rows(store, snapshot),
        queries.head(store, snapshot).chain_head,
    )


def test_totals_result_and_seal_stay(store):
    first, second, third = _three(store)
    before = _said(store, first)
    assert before[2] == {Weight.FALSE, Weight.UNSHOWN}
    assert [head.id for head in to_prune(store, 1)] == [first, second]
    assert plan(store, to_prune(store, 2))[0].rows["balance"] == 3
    assert [_count(store, "balance", each) for each in (first, second, third)] == [3, 3, 3]
    done = prune(store, first, "1.2.3", NOW)
    assert (done.at, done.program) == (NOW, "1.2.3")
    assert done.rows == {"balance": 3, "control_result": 0, "finding": sum(done.findings.values())}
    for change in ("UPDATE pruned SET program = 'x'", "DELETE FROM pruned"):
        with pytest.raises(StoreError, match="append-only"), store.write() as connection:
            connection.execute(text(change))
    for table in ("balance", "finding"):
        assert (_count(store, table, first), _count(store, table, second) > 0) == (0, True)
    assert _said(store, first) == before
    assert check(store) == []
    assert queries.head(store, first).pruned == NOW
    assert queries.totals(store, first).keys_not_asked is None
    assert [head.id for head in to_prune(store, 1)] == [second]
    assert status(store).pruned == (1, NOW)
    kept = stored(store, _rows()).list_id
    assert kept == queries.head(store, first).list_id
    take(store, create_snapshot(store, kept, SnapshotPolicy()), StubSource())
    assert check(store) == [], "the list can be taken again"


def test_who_asks_for_rows_that_are_gone_is_told(store):
    first, second, third = _three(store)
    prune(store, first, "1", NOW)
    for ask in (
        lambda: queries.resolve(store, str(first)),
        lambda: list(queries.rows(store, first)),
        lambda: list(queries.findings(store, first)),
        lambda: worst_by_asset(store, first),
    ):
        with pytest.raises(SnapshotPrunedError, match=PRUNED):
            ask()
    assert queries.resolve(store, "latest") == third
    assert series.earlier_in_series(store, third) == [second], (
        "nothing is compared with what is gone"
    )
    prune(store, second, "1", NOW)
    head = queries.head(store, third)
    assert series.before(store, head) is None
    (publisher,) = publishers(store)
    points = asset_history(store, publisher.id, "ETH")
    assert [p.total is None for p in points] == [False, False, False], "history has its totals"


def test_what_is_not_pruned(store):
    first, _, third = _three(store)
    unfinished = planned(store, [eth_claim(50, **SIGNED)])
    prune(store, first, "1", NOW)
    for snapshot, why in (
        (first, "pruned already"),
        (third, "newest complete"),
        (unfinished, "not complete"),
        (999, "not complete"),
    ):
        with pytest.raises(StoreError, match=why):
            prune(store, snapshot, "1", NOW)
    with pytest.raises(ValueError, match="never pruned"):
        to_prune(store, 0)
    assert [head.id for head, _ in pruned_snapshots(store)] == [first]


def _behind_the_triggers(store, change):
    """As an owner can who drops triggers, and puts them back."""
    change = change.replace(":", "\\:")  # of JSON, and no parameters
    with store.write() as connection:
        if store.dialect == "postgresql":
            connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
            connection.execute(text(change))
            return
        query = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
        triggers = connection.exec_driver_sql(query).all()
        for name, _ in triggers:
            connection.exec_driver_sql(f"DROP TRIGGER {name}")
        connection.execute(text(change))
        for _, made in triggers:
            connection.exec_driver_sql(made)


def test_a_snapshot_that_was_changed_is_not_pruned_with_its_traces(store):
    first, *_ = _three(store)
    _behind_the_triggers(
        store, f"UPDATE balance SET control_reason = 'x' WHERE snapshot_id = {first}"
    )
    with pytest.raises(StoreError, match="does not add up"):
        prune(store, first, "1", NOW)
    assert _count(store, "balance", first) == 3


def test_a_record_that_whitewashes_is_held_to_the_sealed_totals(store):
    """An owner who names a snapshot as pruned himself, with a link that fits, and no finding."""
    first, *_ = _three(store)
    row = (first, NOW, "1", "{}", "{}")
    with store.write() as connection:
        names = [column.name for column in pruned_table.columns]
        connection.execute(pruned_table.insert().values(**dict(zip(names, row, strict=True))))
        for table in (t.finding, t.balance, t.control_result):
            connection.execute(table.delete().where(table.c.snapshot_id == first))
        chain.append_rows(connection, chain.PRUNED, pruned_table, [row])
    (problem,) = check(store)
    assert problem.snapshot_id == first
    assert "no finding" in problem.what


def test_rows_of_later_findings_stay_with_them(store):
    """A second reading's findings are links of their own, and sums need the rows that moved."""
    from support.sealed_database import _read_again

    first, *_ = _three(store)
    _read_again(store, first)
    before = _said(store, first)
    kept = queries.finding_counts(store, first)[FindingKind.BALANCE_CHANGED]
    assert kept
    prune(store, first, "1", NOW)
    assert _count(store, "balance", first) == kept
    assert _said(store, first) == before
    assert check(store) == []
    changed = {FindingKind.BALANCE_CHANGED: kept}
    assert changed.items() <= queries.finding_counts(store, first).items()


def test_a_second_reading_of_what_is_gone_is_refused(store):
    """A job that comes late compares with nothing, and adds nothing."""
    from support.sealed_database import _read_again

    first, *_ = _three(store)
    prune(store, first, "1", NOW)
    with pytest.raises(SnapshotPrunedError, match=PRUNED):
        _read_again(store, first)
    assert check(store) == []


def test_sums_of_rows_that_moved_stay(store):
    first = planned(store, claims(), statement=OKX_RULE, chunk_sizes={"ethereum": 2})
    take(store, first, Ledger({FIRST: COINS}, rotate))
    newer = create_snapshot(store, queries.head(store, first).list_id, SnapshotPolicy())
    take(store, newer, StubSource())
    before = _said(store, first)
    prune(store, first, "1", NOW)
    assert _said(store, first) == before
    assert check(store) == []


def _many_findings(store, snapshot, kind):
    rows = (
        "WITH RECURSIVE g(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM g WHERE n < 300000) "
        if store.dialect == "sqlite"
        else "WITH g(n) AS (SELECT generate_series(1, 70000)) "
    )
    _behind_the_triggers(
        store,
        f"INSERT INTO finding (snapshot_id, claim_no, kind, reason) {rows}"
        f"SELECT {snapshot}, n, '{kind}', 'x' FROM g WHERE n > 3",
    )


def test_more_rows_stay_than_a_statement_takes_parameters(store):
    first, second, _ = _three(store)
    _many_findings(store, second, "balance_changed")
    (shown,) = plan(store, [queries.head(store, second)])
    assert shown.rows["balance"] == 3
    prune(store, first, "1", NOW)
    _behind_the_triggers(store, f"UPDATE pruned SET snapshot_id = {second}")
    assert [p for p in check(store) if "were added" in p.what]


def test_more_rows_moved_than_a_statement_takes_parameters(store):
    first, *_ = _three(store)
    before = control_counts(store, first)
    _many_findings(store, first, "moved_while_read")
    assert control_counts(store, first) == before


ODD = [
    *("[]", "5", "null", "{", "", '"x"', '{"a":1}', '{"shortfall":"x"}', '{"shortfall":null}'),
    *('{"shortfall":-3}', '{"shortfall":true}', '{"shortfall":1.5}', '{"shortfall":[]}'),
    *('{"shortfall":' + "9" * 5000 + "}", '{"shortfall":' + "9" * 40 + "}", "[" * 100_000),
]


@pytest.mark.parametrize("column", ["findings", "rows"])
def test_a_record_of_a_pruning_that_was_changed_is_told(store, column):
    first, *_ = _three(store)
    prune(store, first, "1", NOW)
    for odd in ODD if column == "findings" else [odd for odd in ODD if odd != '{"a":1}']:
        _behind_the_triggers(store, f"UPDATE pruned SET {column} = '{odd}'")
        said = [p.what for p in check(store) if p.snapshot_id == first]
        assert [what for what in said if "record of its pruning cannot be read" in what], odd[:40]
        with store.read() as connection, pytest.raises(PruneRecordError):
            pruned_of(connection, first)
        with pytest.raises(StoreError, match="db check"):
            pruned_snapshots(store)
        assert queries.weights_found(store, first) == {Weight.UNSHOWN}


# Commands and pages


@pytest.fixture
def with_pages(tmp_path):
    url = f"sqlite:///{tmp_path / 'scanner.db'}"
    ids = make_database(url)
    return url, ids


def _scanner(url, *arguments):
    return run_scanner(["--database", url, *arguments])


def test_the_command_says_first_and_deletes_only_with_yes(with_pages):
    url, ids = with_pages
    assert _scanner(url, "prune").status == 2
    assert _scanner(url, "prune", "--keep", "0").status == 2
    assert _scanner(url, "prune", "--keep", "1", "--publisher", "nobody").status == 2
    shown = _scanner(url, "prune", "--keep", "1")
    assert "rows of the list   records" in shown.text, "a row of a list is several records here"
    assert shown.status == 0
    assert "nothing was deleted" in shown.err
    with open_store(url) as store:
        assert pruned_snapshots(store) == []
    done = _scanner(url, "prune", "--keep", "1", "--yes")
    assert done.status == 0, done.err
    assert f"snapshot {ids.old} is pruned" in done.err
    assert "there is nothing to prune" in _scanner(url, "prune", "--keep", "1", "--yes").err
    assert "newest complete" in _scanner(url, "prune", str(ids.new), "--yes").err
    for command in ("totals", "show", "report", "value", "export totals", "diff"):
        refused = _scanner(url, *command.split(), str(ids.old))
        assert refused.status == 2, command
        assert "was pruned on" in refused.err, command
    (kept,) = _scanner(url, "pruned", str(ids.old), "--json").object
    assert kept["snapshot"] == ids.old
    assert kept["assets"][0]["verified"]
    assert kept["rows_deleted"]["balance"] == 60
    assert "pruned on" in _scanner(url, "pruned").text
    checked = _scanner(url, "db", "check")
    assert (checked.status, "1 snapshot pruned" in checked.err) == (0, True), checked.err
    assert _scanner(url, "status", "--json").object["pruned"]["snapshots"] == 1


def test_what_would_be_refused_with_yes_is_refused_without(with_pages):
    url, ids = with_pages
    for named in (str(ids.new), "latest", str(ids.running)):
        refused = _scanner(url, "prune", named)
        assert refused.status == 2, named
        assert "To be pruned" not in refused.text + refused.err
        assert "add --yes" not in refused.err
    twice = _scanner(url, "prune", str(ids.old), f"0{ids.old}")
    assert twice.status == 0
    assert (twice.text + twice.err).count("2026-") == 1, "listed once"
    assert _scanner(url, "prune", str(ids.old), str(ids.old), "--yes").status == 0


def test_pages_name_what_is_pruned(with_pages):
    url, ids = with_pages
    with open_store(url) as store:
        before = queries.weights_found(store, ids.old)
        prune(store, ids.old, "1", NOW)
    with served(url) as site:
        for place in ("", "/findings", "/rows"):
            page = site.get(f"/snapshots/{ids.old}{place}")
            assert (page.status_code, PRUNED in page.text) == (410, True), place
        answer = site.get(f"/api/v1/snapshots/{ids.old}")
        assert (answer.status_code, PRUNED in json.dumps(answer.json())) == (410, True)
        pruned = {
            s["id"]: (s["pruned"], s["status"])
            for s in site.get("/api/v1/snapshots").json()["snapshots"]
        }
        assert before == {Weight.UNSHOWN}
        assert pruned[ids.old] == (NOW.isoformat(), "unshown")
        assert pruned[ids.new][0] is None
        assert "pruned on 2026-11-29" in site.get("/snapshots").text
        for page in ("/", "/publishers/1", "/publishers/1/assets/ETH"):
            assert site.get(page).status_code == 200, page
        gone = site.get(f"/differences?old={ids.old}&new={ids.new}")
        assert gone.status_code == 410


def test_a_changed_record_of_a_pruning_ends_no_page_and_no_command(with_pages):
    url, ids = with_pages
    with open_store(url) as store:
        prune(store, ids.old, "1", NOW)
    for odd in ("[]", '{"a":1}', '{"shortfall":' + "9" * 5000 + "}"):
        with open_store(url) as store:
            _behind_the_triggers(store, f"UPDATE pruned SET findings = '{odd}'")
        with served(url) as site:
            for page in ("/", "/publishers/1", "/snapshots", "/feed", "/api/v1/snapshots"):
                assert site.get(page).status_code == 200, (page, odd[:20])
            assert site.get(f"/snapshots/{ids.old}").status_code == 410
        checked = _scanner(url, "db", "check")
        assert checked.status == 1
        assert "the record of its pruning cannot be read" in checked.text + checked.err
        told = _scanner(url, "pruned")
        assert (told.status, "db check" in told.err) == (2, True)
        assert _scanner(url, "status").status == 0
