"""A SQLite file that fails at any statement: exact totals or a named failure, nothing half there."""

import os

import pytest
from sqlalchemy import text
from support.databases import _migrated_sqlite
from support.faulty_file import BROKEN, WAYS, FaultyFile, Way
from support.lost_snapshot import claims, plan, take, told, trying
from support.snapshot_stub import stored

from scanner.store.database import connection as connecting
from scanner.store.database.engine import open_store
from scanner.store.reading.check import check

KILLS = int(os.environ.get("SCANNER_TEST_KILLS", "12"))
"""Statements that fail, of those of one snapshot; raise it for all of them in every way."""

SAID = ("keeps it locked: wait for it", "disk is full: make room", "disk reported an error")


@pytest.fixture
def fault(monkeypatch):
    made = FaultyFile()
    monkeypatch.setattr(connecting.sqlite3, "connect", made)
    return made


@pytest.fixture
def store(tmp_path, fault):
    file = tmp_path / "scanner.db"
    file.write_bytes(_migrated_sqlite().read_bytes())
    with open_store(f"sqlite:///{file}") as opened:
        yield opened


def one_of_each(asked):
    """Numbers of the statements, once for each that is put in other words; every commit."""
    names = {statement[:120]: no for no, statement in enumerate(asked, 1)}
    return sorted({*names.values(), *(n for n, s in enumerate(asked, 1) if s == "COMMIT")})


def test_a_snapshot_whose_statements_fail_one_after_another(store, fault):
    list_id = stored(store, claims()).list_id
    expected = None
    for _ in range(2):
        fault.arm(WAYS[0], 0)
        snapshot = plan(store, list_id)
        take(store, snapshot)
        expected = told(store, snapshot)
    every = [(no, way) for no in one_of_each(fault.asked) for way in WAYS]
    step = max(1, len(every) // KILLS)
    some = every[:: step if step % 2 else step + 1]
    assert {way for _, way in some} == set(WAYS)
    for no, way in some:
        snapshot = plan(store, list_id)
        fault.arm(way, no)
        _, said = trying(lambda of=snapshot: take(store, of))
        fault.arm(way, 0)
        assert told(store, snapshot) == expected, (way, no)
        assert all(any(words in one for words in SAID) for one in said), said
    assert check(store) == []


@pytest.mark.parametrize("way", WAYS, ids=str)
def test_a_list_whose_commit_failed_is_there_once(store, fault, way):
    fault.arm(way, 1, "COMMIT")
    kept, said = trying(lambda: stored(store, claims()))
    assert len(said) == 1
    with store.read() as connection:
        assert connection.execute(text("SELECT count(*) FROM reserve_list")).scalar() == 1
    assert kept.already == way.done
    assert check(store) == []


def test_a_snapshot_whose_plan_was_saved_though_its_commit_failed(store, fault):
    """As on PostgreSQL: whether it was is not said by the error, but what is there is whole."""
    list_id = stored(store, claims()).list_id
    fault.arm(Way(BROKEN, done=True), 1, "COMMIT")
    with pytest.raises(Exception, match="disk reported an error"):
        plan(store, list_id)
    assert check(store) == []
