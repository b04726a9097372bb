"""SQLite's index of address keys while a long list comes in: gone for a while, never for good."""

import pytest
from sqlalchemy import text
from support.snapshot_stub import eth_claim, stored

from scanner.store.database.engine import open_store
from scanner.store.database.migrate import upgrade
from scanner.store.schema import index_at_end
from scanner.store.writing.lists_in import BATCH

NAME = "ix_claim_address_key_list_id_no"
LONG = [eth_claim(n) for n in range(2 * BATCH)]
HAVING = text("SELECT sql FROM sqlite_master WHERE type = 'index' AND name = :name")
BY_KEY = text(f"SELECT count(*) FROM claim INDEXED BY {NAME} WHERE address_key >= ''")


@pytest.fixture
def file(tmp_path, monkeypatch):
    monkeypatch.setattr(index_at_end, "LEAST", BATCH)
    url = f"sqlite:///{tmp_path / 'scanner.db'}"
    upgrade(url)
    with open_store(url) as store:
        yield store


@pytest.fixture
def said(monkeypatch):
    """Statements of the driver, as the index is left out and made."""
    told = []
    of = index_at_end.Connection.exec_driver_sql

    def heard(connection, statement, *more, **words):
        told.append(statement)
        return of(connection, statement, *more, **words)

    monkeypatch.setattr(index_at_end.Connection, "exec_driver_sql", heard)
    return lambda: [word for word in told if "INDEX" in word]


def as_it_is(store):
    with store.read() as connection:
        connection.execute(text("PRAGMA query_only = ON"))
        assert connection.execute(text("PRAGMA integrity_check")).scalars().all() == ["ok"]
        found = connection.execute(BY_KEY).scalar()
        words = connection.execute(HAVING, {"name": NAME}).scalar_one()
        connection.execute(text("PRAGMA query_only = OFF"))
    return words, found


def test_it_is_made_again_of_its_own_words_and_holds_every_claim(file, said):
    before, _ = as_it_is(file)
    stored(file, LONG)
    assert said() == [f"DROP INDEX {NAME}", before]
    assert as_it_is(file) == (before, len(LONG))


def test_it_stays_where_few_rows_come_to_many(file, said, monkeypatch):
    stored(file, LONG)
    monkeypatch.setattr(index_at_end, "LEAST", 1)
    monkeypatch.setattr(index_at_end, "SHARE", 1)
    done = len(said())
    stored(file, LONG[:-1], publisher="bybit")
    assert len(said()) == done
    stored(file, LONG, publisher="kraken")
    assert as_it_is(file)[1] == 3 * len(LONG) - 1


def test_it_is_there_after_an_import_that_stops(file, said):
    before = as_it_is(file)

    def progress(read):
        if read > BATCH:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stored(file, LONG, progress=progress)
    assert said() == [f"DROP INDEX {NAME}"]
    assert as_it_is(file) == before


def test_it_is_there_after_a_list_that_was_stored_before(file, said):
    stored(file, LONG)
    before = as_it_is(file)
    assert stored(file, LONG).already
    assert said()[2:] == [f"DROP INDEX {NAME}"]
    assert as_it_is(file) == before


def test_who_reads_meanwhile_sees_it_and_goes_on_afterwards(file):
    stored(file, LONG)
    file.read_while_writing()
    with open_store(f"sqlite:///{file.file}") as other:
        with other.read() as connection:
            assert connection.execute(BY_KEY).scalar() == len(LONG)
            stored(file, LONG, publisher="bybit")
            assert connection.execute(BY_KEY).scalar() == len(LONG)
        assert as_it_is(other)[1] == 2 * len(LONG)


def test_a_database_without_it_stays_as_it_is(file):
    with file.write() as connection:
        connection.exec_driver_sql(f"DROP INDEX {NAME}")
    stored(file, LONG)
    with file.read() as connection:
        assert connection.execute(HAVING, {"name": NAME}).first() is None
