"""What pages ask of the database: the right rows, page by page, through an index, on both kinds."""

import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import event, text
from support.databases import BOTH, empty_database, new_database  # noqa: F401 - a fixture
from support.snapshot_stub import evm_address
from support.web_data import HOSTILE, SHARED, make_database

from scanner.errors import StoreError
from scanner.model.finding import FindingKind
from scanner.settings.tables import load_registry
from scanner.snapshots.interface import SnapshotState
from scanner.store.database.engine import open_store
from scanner.store.reading import across, history, prices, queries, row_pages
from scanner.store.reading.across import Change, Taken
from scanner.store.reading.row_pages import RowFilter
from scanner.web.site import Site

pytestmark = pytest.mark.node


@pytest.fixture(scope="module", params=BOTH)
def filled(request, tmp_path_factory):
    """One for all tests: nothing can be written through it."""
    url = new_database(request, tmp_path_factory.mktemp("pages"))
    ids = make_database(url)
    with open_store(url, read_only=True) as store:
        yield store, ids


def taken(store, snapshot):
    return Taken(snapshot, queries.head(store, snapshot).list_id)


def every(page, items, limit=7):
    """Every item over all pages, and that no page is longer than asked."""
    found, after = [], 0
    while after is not None:
        one = page(after, limit)
        assert len(items(one)) <= limit
        found += items(one)
        after = one.next
    return found


def test_nothing_can_be_written(filled):
    store, _ = filled
    for statement in ("UPDATE publisher SET name = 'x'", "CREATE TABLE x (y integer)"):
        with pytest.raises(StoreError, match="read"), store.write() as connection:
            connection.execute(text(statement))


@pytest.mark.parametrize(
    ("change", "addresses"),
    [
        (Change.ADDED, [(n, "ETH") for n in range(60, 65)] + [(n, "USDT") for n in range(5)]),
        (Change.GONE, [(n, "ETH") for n in range(10)]),
        (Change.MOVED, [(n, "ETH") for n in range(10, 60)]),
    ],
)
def test_differences_are_all_of_them_and_no_others(filled, change, addresses):
    store, ids = filled
    old, new = taken(store, ids.old), taken(store, ids.new)

    def page(after, limit):
        return across.difference_page(store, old, new, change, after=after, limit=limit)

    found = every(page, lambda p: list(p.differences))
    assert [(d.address, d.asset) for d in found] == [(evm_address(n), a) for n, a in addresses]
    for d in found:
        assert (d.old is None, d.new is None) == (change is Change.ADDED, change is Change.GONE)
        if change is Change.MOVED:
            assert d.new.found == d.old.found + 3
            claimed = 1 if d.address == evm_address(13) else d.old.claimed
            assert d.new.claimed == claimed


def test_a_snapshot_does_not_differ_from_itself(filled):
    store, ids = filled
    same = taken(store, ids.new)
    for change in Change:
        assert across.difference_page(store, same, same, change).differences == ()


def test_a_rare_difference_is_found_window_by_window(filled, monkeypatch):
    """With a window of four rows, empty pages say how far they got."""
    store, ids = filled
    monkeypatch.setattr(across, "WINDOW", 4)
    old, new = taken(store, ids.old), taken(store, ids.new)

    def page(after, limit):
        return across.difference_page(store, old, new, Change.ADDED, after=after, limit=limit)

    first = page(0, 7)
    assert (first.differences, first.next) == ((), 4)
    assert len(every(page, lambda p: list(p.differences))) == 10


def test_addresses_that_two_publishers_claim(filled):
    store, ids = filled
    families = [["ethereum", "arbitrum"]]

    def shared(snapshot):
        def page(after, limit):
            return across.shared_page(
                store, taken(store, snapshot), families, after=after, limit=limit
            )

        return every(page, lambda p: list(p.claims), limit=1)

    assert [s.claim.address for s in shared(ids.old)] == [evm_address(SHARED), evm_address(11)]
    assert [s.claim.address for s in shared(ids.new)] == [evm_address(11)]
    of_rival = shared(ids.rival)
    assert [s.claim.address for s in of_rival] == [evm_address(SHARED), evm_address(11)]
    # Address 11 is in three lists of the other publisher, newest first.
    lists = [other.list_id for other in of_rival[1].others]
    assert len(lists) == 3
    assert lists == sorted(lists, reverse=True)
    assert shared(ids.hostile) == []


def test_an_address_claimed_very_often_does_not_crowd_others_out(filled, monkeypatch):
    store, ids = filled
    monkeypatch.setattr(across, "MOST_OTHERS", 1)
    page = across.shared_page(store, taken(store, ids.rival), [], after=0)
    # Address 7 is in two lists of the other publisher, address 11 in three: one of each is shown.
    assert [len(shared.others) for shared in page.claims] == [1, 1]
    for shared in page.claims:
        assert shared.others[0].address == shared.claim.address
        assert shared.others[0].snapshot == ids.running


def test_an_address_is_found_in_all_lists_whatever_its_spelling(filled):
    store, _ = filled
    site = Site(store, load_registry())
    for spelling in (
        evm_address(11),
        evm_address(11).upper().replace("X", "x"),
        f"  {evm_address(11)} ",
    ):
        keys = site.keys(spelling)
        found, behind = [], None
        while True:
            page = across.claims_of(store, keys, behind=behind, limit=1)
            found += page.claims
            behind = page.next
            if behind is None:
                break
        assert len(found) == 4
        places = [(p.list_id, p.no) for p in found]
        assert places == sorted(places, reverse=True)
        assert across.claimants(store, keys) == ["okx", "rival"]
    site.version.close()


@pytest.mark.parametrize("text", HOSTILE)
def test_any_text_that_a_list_claims_is_found_by_that_text(filled, text):
    store, ids = filled
    site = Site(store, load_registry())
    if len(text) > 256:
        assert site.keys(text) == frozenset()
    else:
        found = across.claims_of(store, site.keys(text)).claims
        assert [p.address for p in found] == [text]
        assert found[0].snapshot == ids.hostile
    site.version.close()


@pytest.mark.parametrize(
    "where",
    [
        RowFilter(),
        RowFilter(asset="USDT"),
        RowFilter(network="ethereum"),
        RowFilter(asset="ETH", network="ethereum"),
        RowFilter(kind=FindingKind.SURPLUS),
        RowFilter(kind=FindingKind.SURPLUS, asset="USDT"),
        RowFilter(kind=FindingKind.SHORTFALL),
    ],
)
@pytest.mark.parametrize("window", [3, 20_000])
def test_filters_give_exactly_the_rows_that_match(filled, where, window, monkeypatch):
    store, ids = filled
    monkeypatch.setattr(row_pages, "WINDOW", window)
    list_id = queries.head(store, ids.new).list_id

    def page(after, limit):
        return row_pages.row_page(store, ids.new, list_id, where, after=after, limit=limit)

    found = every(page, lambda p: list(p.rows), limit=4)
    wanted = [
        row.no
        for row in queries.rows(store, ids.new, kinds=[where.kind] if where.kind else ())
        if where.asset in ("", row.claim.asset) and where.network in ("", row.claim.network)
    ]
    assert [f.row.no for f in found] == wanted
    if where.kind:
        assert all(where.kind in {x.kind for x in f.findings} for f in found)


def test_totals_of_a_running_snapshot_are_those_of_the_command(filled):
    store, ids = filled
    for snapshot in (ids.running, ids.new, ids.hostile):
        head = queries.head(store, snapshot)
        sums = history.list_sums(store, head.list_id)
        plain = queries.totals(store, snapshot)
        if head.complete:
            claimed = sum(claimed for _, claimed in sums.values())
            if len(plain.assets) == 1:
                assert claimed == plain.assets[0].claimed
        else:
            assert history.totals_so_far(store, snapshot, sums) == plain
            assert plain.assets[0].unavailable_rows == 40


def test_an_asset_over_time(filled):
    store, ids = filled
    okx = next(p for p in history.publishers(store) if p.name == "okx")
    assert (okx.lists, okx.snapshots) == (3, 3)
    assert (okx.latest, okx.latest_complete) == (ids.running, ids.new)
    points = history.asset_history(store, okx.id, "ETH")
    # By the blocks: the one that runs reads an older one than the newest that is complete.
    assert [p.snapshot for p in points] == [ids.new, ids.running, ids.old]
    assert points[1].total is None
    assert points[1].state is SnapshotState.RUNNING
    for point in (points[0], points[2]):
        total = next(t for t in queries.totals(store, point.snapshot).assets if t.asset == "ETH")
        assert point.total == replace(total, unanswered=None, unstated=None, differs_now=None)
    older = history.asset_history(store, okx.id, "ETH", before=ids.running)
    assert [p.snapshot for p in older] == [ids.old]
    usdt = history.asset_history(store, okx.id, "USDT")
    assert [p.total is not None for p in usdt] == [True, False, False]


def test_the_version_changes_with_the_data_and_only_then(empty_database):  # noqa: F811
    make_database(empty_database)
    with (
        open_store(empty_database, read_only=True) as reader,
        open_store(empty_database) as writer,
    ):
        version = history.DataVersion(reader)
        first = version.now()
        assert version.now() == first
        with writer.write() as connection:
            connection.execute(text("INSERT INTO publisher (name) VALUES ('one more')"))
        assert version.now() != first
        version.close()


BIG = ("claim", "balance", "control_result", "finding", "list_finding", "unreadable_row")
ALIASES = ("o", "now", "then")


def questions(store, ids):
    """Every question of every page, as functions."""
    list_id = queries.head(store, ids.new).list_id
    old, new = taken(store, ids.old), taken(store, ids.new)
    pages = [
        lambda where=where: row_pages.row_page(store, ids.new, list_id, where, after=3, limit=5)
        for where in (
            RowFilter(),
            RowFilter(asset="ETH"),
            RowFilter(network="ethereum"),
            RowFilter(asset="ETH", network="ethereum"),
            RowFilter(kind=FindingKind.SURPLUS),
            RowFilter(kind=FindingKind.SURPLUS, asset="ETH", network="ethereum"),
        )
    ]
    changes = [
        lambda c=c: across.difference_page(store, old, new, c, after=3, limit=5) for c in Change
    ]
    return [
        *pages,
        *changes,
        lambda: row_pages.pairs_of(store, list_id),
        lambda: across.shared_page(store, new, [["ethereum", "bsc"]], after=3, limit=5),
        lambda: across.claims_of(store, [evm_address(11)], behind=(2, 3), limit=5),
        lambda: across.claimants(store, [evm_address(11)]),
        lambda: history.asset_history(store, 1, "ETH"),
        lambda: history.list_sums(store, list_id),
        lambda: history.verified_rows(store, ids.new),
        lambda: queries.heads(store, publisher_id=1, limit=5),
        lambda: queries.totals(store, ids.new),
        lambda: queries.finding_counts(store, ids.new),
        lambda: queries.weights_found(store, ids.new),
        lambda: prices.prices_at(store, "ETH", [datetime.now(UTC)]),
        lambda: prices.taken_by_publisher(store, ids.new),
        lambda: list(queries.findings(store, ids.new, after=(3, 5, ""), limit=5)),
        lambda: list(queries.findings(store, ids.new, kinds=[FindingKind.SURPLUS], limit=5)),
    ]


def test_an_index_stands_behind_every_question(tmp_path):
    """SQLite tells how it would answer: never by reading a big table from one end to the other."""
    url = f"sqlite:///{tmp_path / 'plans.db'}"
    ids = make_database(url)
    with open_store(url, read_only=True) as store:
        asked = []

        @event.listens_for(store.engine, "before_cursor_execute")
        def note(_connection, _cursor, statement, parameters, _context, _many):
            if statement.startswith("SELECT"):
                asked.append((statement, parameters))

        for question in questions(store, ids):
            question()
        event.remove(store.engine, "before_cursor_execute", note)
        assert len(asked) > 30
        with store.read() as connection:
            for statement, parameters in asked:
                assert scans(connection, statement, parameters) == [], statement
                if "claim AS o" in statement:
                    plan = steps(connection, statement, parameters)
                    by_address = "SEARCH o USING INDEX ix_claim_address_key_list_id_no"
                    assert any(step.startswith(by_address) for step in plan), plan
            careless = "SELECT count(*) FROM claim WHERE coin = ?"
            assert scans(connection, careless, ("ETH",)) == ["claim"]


def scans(connection, statement, parameters):
    """Big tables that SQLite would read from one end to the other."""
    found = [re.match(r"SCAN (\w+)", step) for step in steps(connection, statement, parameters)]
    return [match[1] for match in found if match and match[1] in (*BIG, *ALIASES)]


def test_a_question_that_takes_too_long_is_stopped(tmp_path, monkeypatch):
    from scanner.store.database import connection as opening

    url = f"sqlite:///{tmp_path / 'slow.db'}"
    make_database(url)
    monkeypatch.setattr(opening, "READ_SECONDS", 0.2)
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"
    with (
        open_store(url, read_only=True) as store,
        pytest.raises(StoreError, match="took too long"),
        store.read() as connection,
    ):
        connection.execute(text(endless))


def steps(connection, statement, parameters):
    plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
    return [detail for *_, detail in plan]
