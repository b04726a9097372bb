"""What a row refers to is there: foreign keys on SQLite, triggers of a statement on PostgreSQL."""

import threading

import pytest
from sqlalchemy import text
from support.sealed_database import fill
from support.snapshot_stub import eth_claim
from support.taking import planned

from scanner.errors import StoreError
from scanner.store.reading import check as checks
from scanner.store.schema import referred

BALANCE = (
    "INSERT INTO balance SELECT {snapshot}, {no}, {chunk}, amount, evidence, sources, reason, detail,"
    " control, binding, freshness, scheme, required, signed_by, control_reason, control_evidence,"
    " statement, stated_by"
    " FROM balance WHERE snapshot_id = (SELECT max(snapshot_id) FROM balance) AND claim_no = 1"
)
VERDICT = (
    "INSERT INTO control_result SELECT {snapshot}, claim_no, control, binding, freshness, scheme,"
    " required, signed_by, reason, evidence, statement, stated_by FROM control_result"
    " WHERE snapshot_id = (SELECT max(snapshot_id) FROM control_result)"
)


@pytest.fixture
def open_snapshot(store):
    """Number of a snapshot of which nothing is done yet, beside two that are sealed."""
    fill(store)
    return planned(store, [eth_claim(n) for n in range(7, 10)])


def balance(snapshot, chunk=1, no=1):
    return text(BALANCE.format(snapshot=snapshot, chunk=chunk, no=no))


def first_chunk(store, snapshot):
    with store.read() as connection:
        query = text(f"SELECT min(no) FROM chunk WHERE snapshot_id = {snapshot}")
        return connection.execute(query).scalar_one()


@pytest.mark.parametrize(
    "change",
    [
        BALANCE.format(snapshot=5, chunk=99, no=1),
        BALANCE.format(snapshot=99, chunk=1, no=1),
        VERDICT.format(snapshot=99),
        "INSERT INTO finding VALUES (99, 1, 'shortfall', 'of nothing')",
    ],
)
def test_a_row_that_refers_to_nothing_is_refused(store, open_snapshot, change):
    assert open_snapshot == 5
    refused = pytest.raises(StoreError, match=r"(?i)refers to no row|foreign key")
    with refused, store.write() as connection:
        connection.execute(text(change))


@pytest.mark.parametrize(
    "change",
    [
        "DELETE FROM chunk WHERE snapshot_id = 5",
        "UPDATE chunk SET no = no + 50 WHERE snapshot_id = 5",
        "DELETE FROM snapshot WHERE id = 5",
        "UPDATE snapshot SET id = 50 WHERE id = 5",
    ],
)
def test_what_rows_refer_to_stays(store, open_snapshot, change):
    with store.write() as connection:
        connection.execute(balance(open_snapshot, first_chunk(store, open_snapshot)))
        connection.execute(text(VERDICT.format(snapshot=open_snapshot)))
    refused = pytest.raises(StoreError, match=r"(?i)refer to this row|foreign key")
    with refused, store.write() as connection:
        connection.execute(text(change))
    with store.write() as connection:  # what nothing refers to may go
        connection.execute(text("UPDATE chunk SET error = 'x' WHERE snapshot_id = 5"))


def test_a_chunk_that_is_being_read_is_not_cut_away(store, open_snapshot):
    """One writes a balance and has not ended; another deletes its chunk: the second waits, and is
    refused.
    """
    if store.dialect == "sqlite":
        pytest.skip("one writer at a time there")
    chunk = first_chunk(store, open_snapshot)
    said = []

    def delete():
        try:
            with store.write() as connection:
                connection.execute(text(f"DELETE FROM chunk WHERE snapshot_id = {open_snapshot}"))
        except StoreError as e:
            said.append(str(e))

    with store.engine.connect() as connection:
        connection.begin()
        connection.execute(balance(open_snapshot, chunk))
        other = threading.Thread(target=delete)
        other.start()
        other.join(0.5)
        assert other.is_alive(), "it did not wait"
        connection.commit()
    other.join(20)
    assert len(said) == 1
    assert "refer to this row" in said[0]


def test_rows_that_refer_to_nothing_are_seen(store, open_snapshot):
    if store.dialect == "sqlite":
        pytest.skip("SQLite checks its foreign keys itself")
    with store.engine.connect() as connection:
        connection.begin()
        assert list(referred.dangling(connection)) == []
        connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
        connection.execute(balance(snapshot=99))
        assert "a row of balance refers to a missing row" in list(checks._database(connection))
        connection.rollback()


@pytest.mark.parametrize("name", sorted(referred.wanted()))
def test_a_missing_trigger_of_references_is_seen(store, name):
    if store.dialect == "sqlite":
        pytest.skip("SQLite has foreign keys")
    table = referred.wanted()[name].split(" ON ")[1].split()[0]
    with store.engine.connect() as connection:
        connection.begin()
        connection.exec_driver_sql(f"DROP TRIGGER {name} ON {table}")
        assert any(name in what for what in checks._database(connection))
        connection.rollback()
