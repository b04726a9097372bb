"""What a page costs before anybody measures time: statements made once, no question per row."""

import pytest
from sqlalchemy import event
from support.databases import empty_database  # noqa: F401 - a fixture
from support.snapshot_stub import evm_address
from support.web_data import make_database

from scanner.store.database import connection
from scanner.store.database.engine import open_store
from scanner.store.reading import across, queries, row_pages
from scanner.store.reading.across import Change, Taken
from scanner.store.reading.history import DataVersion
from scanner.store.reading.row_pages import RowFilter

pytestmark = pytest.mark.node


@pytest.fixture
def asked(empty_database):  # noqa: F811
    """A filled store, its snapshots, and every statement that was asked of it since."""
    ids = make_database(empty_database)
    with open_store(empty_database, read_only=True) as store:
        statements = []

        def seen(_connection, statement, *_rest):
            statements.append(statement)

        event.listen(store.engine, "before_execute", seen)
        yield store, ids, statements


def pages(store, snapshot, other):
    """One page of each kind that people go through."""
    now, then = (Taken(i, queries.head(store, i).list_id) for i in (snapshot, other))
    for where in (RowFilter(), RowFilter(asset="ETH"), RowFilter(network="ethereum")):
        yield lambda w=where: row_pages.row_page(store, now.snapshot, now.list_id, w, after=3)
    yield lambda: list(row_pages.claims_numbered(store, now.snapshot, [4]))
    for change in Change:
        yield lambda c=change: across.difference_page(store, then, now, c, after=3)
    yield lambda: across.difference_counts(store, then, now)
    yield lambda: across.shared_page(store, now, [["ethereum", "arbitrum"]])
    yield lambda: across.claims_of(store, [evm_address(11)], behind=(10**6, 1))
    yield lambda: across.claimants(store, [evm_address(11)])


def test_a_page_makes_no_statement_anew(asked):
    # SQLAlchemy takes longer to make a statement than the database to answer it.
    store, ids, statements = asked
    for ask in list(pages(store, ids.new, ids.old)):
        ask()
        del statements[:]
        ask()
        first = [id(s) for s in statements]
        kept = list(statements)
        del statements[:]
        ask()
        assert [id(s) for s in statements] == first, [str(s) for s in kept]
        assert first


def test_many_snapshots_are_told_with_as_few_questions_as_one(asked):
    store, _, statements = asked
    del statements[:]
    queries.heads(store, limit=1)
    one = len(statements)
    del statements[:]
    assert len(queries.heads(store)) > 3
    assert len(statements) == one


def test_whether_data_changed_can_be_asked_for_ever(tmp_path, monkeypatch):
    # SQLite counts the steps of a statement that is kept over all its runs, and a connection keeps
    # the limit that its last reader set: one request in some 25,000 was answered with 500.
    monkeypatch.setattr(connection, "READ_SECONDS", -1)
    url = f"sqlite:///{tmp_path / 'scanner.db'}"
    open_store(url, create=True).close()
    with open_store(url, read_only=True) as store:
        version = DataVersion(store)
        seen = {version.now() for _ in range(100_000)}
        version.close()
    assert len(seen) == 1
