"""A SQLite file that is replaced or removed under a running process: nothing goes to the old one."""

import os
import shutil
from contextlib import ExitStack

import pytest
from sqlalchemy import text
from support.snapshot_stub import eth_claim, stored

from scanner.errors import StoreError
from scanner.store.database.engine import open_store
from scanner.store.reading.check import check


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "scanner.db"
    with open_store(f"sqlite:///{path}", create=True) as store:
        stored(store, [eth_claim(1)])
    return path


def lists(store):
    with store.read() as connection:
        return connection.execute(text("SELECT count(*) FROM reserve_list")).scalar_one()


def put_back(backup, file):
    """As a user does who stops nothing first: the new file has its name, the old one is gone."""
    for end in ("-wal", "-shm"):
        file.with_name(file.name + end).unlink(missing_ok=True)
    os.replace(backup, file)


@pytest.mark.parametrize("read_only", [False, True])
def test_who_reads_sees_the_file_that_is_there(tmp_path, file, read_only):
    backup = shutil.copy(file, tmp_path / "backup.db")
    with ExitStack() as stack:
        with open_store(f"sqlite:///{file}") as writer:
            stored(writer, [eth_claim(2)])
        reader = stack.enter_context(open_store(f"sqlite:///{file}", read_only=read_only))
        assert lists(reader) == 2
        put_back(backup, file)
        assert lists(reader) == 1


def test_what_is_written_goes_into_the_file_that_is_there(tmp_path, file):
    backup = shutil.copy(file, tmp_path / "backup.db")
    with open_store(f"sqlite:///{file}") as store:
        assert lists(store) == 1
        put_back(backup, file)
        stored(store, [eth_claim(2), eth_claim(3)])
    with open_store(f"sqlite:///{file}") as fresh:
        assert lists(fresh) == 2
        assert check(fresh) == []


def test_a_file_that_is_gone_is_told_and_no_empty_one_is_made(file):
    with open_store(f"sqlite:///{file}") as store:
        assert lists(store) == 1
        for path in file.parent.glob("scanner.db*"):
            path.unlink()
        for _ in range(2):
            with pytest.raises(StoreError, match="is gone: put it back"):
                lists(store)
            with pytest.raises(StoreError, match="is gone: put it back"):
                stored(store, [eth_claim(2)])
    assert list(file.parent.glob("scanner.db")) == []


def test_a_backup_without_what_lay_beside_it_is_an_older_state_and_whole(tmp_path, file):
    """The last commits lie in FILE-wal until they are taken into the file."""
    with open_store(f"sqlite:///{file}") as store:
        stored(store, [eth_claim(2)])
        lost = shutil.copy(file, tmp_path / "without.db")
    with open_store(f"sqlite:///{lost}") as older:
        assert lists(older) == 1
        assert check(older) == []
