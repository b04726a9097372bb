"""Opening databases that are not there, not ours, locked, read-only or full."""

import os
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from sqlalchemy import text
from support.snapshot_stub import eth_claim, stored

from scanner.errors import MigrationNeededError, StoreError
from scanner.store.database import connection as connecting
from scanner.store.database.engine import connect, open_store
from scanner.store.database.migrate import downgrade_store, head, upgrade


def url_of(path):
    return f"sqlite:///{path}"


@pytest.fixture
def made(tmp_path):
    url = url_of(tmp_path / "scanner.db")
    open_store(url, create=True).close()
    return url


def test_a_missing_file_is_made_with_its_folder_and_schema(tmp_path):
    with open_store(url_of(tmp_path / "a" / "b.db"), create=True) as store:
        assert store.dialect == "sqlite"
        with store.read() as connection:
            found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    assert found == head()


def test_a_missing_file_is_not_made_unasked(tmp_path):
    with pytest.raises(StoreError, match="there is no database"):
        open_store(url_of(tmp_path / "x.db"))
    assert list(tmp_path.iterdir()) == []


def test_an_empty_file_is_set_up_when_making_is_allowed(tmp_path):
    (tmp_path / "x.db").touch()
    with pytest.raises(MigrationNeededError):
        open_store(url_of(tmp_path / "x.db"))
    open_store(url_of(tmp_path / "x.db"), create=True).close()


def test_pragmas_are_those_that_lose_nothing(made):
    with open_store(made) as store, store.read() as connection:
        values = [
            connection.execute(text(f"PRAGMA {name}")).scalar()
            for name in ("foreign_keys", "journal_mode", "synchronous", "busy_timeout")
        ]
    assert values == [1, "wal", 2, connecting.BUSY_SECONDS * 1000]


def test_an_older_database_is_named_with_its_remedy_and_upgraded(made):
    with connect(made) as store:
        downgrade_store(store, "base")
    for create in (False, True):
        with pytest.raises(MigrationNeededError, match="scanner db upgrade"):
            open_store(made, create=create)
    upgrade(made)
    open_store(made).close()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"asset,amount\n" * 100, "not a SQLite database"),
        (os.urandom(4096), "not a SQLite database"),
    ],
)
def test_a_file_that_is_no_database(tmp_path, content, said):
    file = tmp_path / "list.csv"
    file.write_bytes(content)
    with pytest.raises(StoreError, match=said):
        open_store(url_of(file), create=True)
    assert file.read_bytes() == content


@pytest.mark.parametrize(
    "url",
    ["scanner.db", "", "mysql://u:hunter2@h/d", "sqlite://", "sqlite:///:memory:", "://hunter2", "postgresql://u:hunter2@h:port/d"],
)  # fmt: skip
def test_urls_that_are_none_of_ours(url):
    with pytest.raises(StoreError, match=r"sqlite:///|postgresql://") as caught:
        open_store(url, create=True)
    assert "hunter2" not in str(caught.value)


def test_a_folder_is_no_database(tmp_path):
    with pytest.raises(StoreError, match="is a folder"):
        open_store(url_of(tmp_path), create=True)


def test_a_folder_in_the_way_of_the_file(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="cannot make the folder"):
        open_store(url_of(tmp_path / "file" / "x.db"), create=True)


def test_an_unreachable_server_is_told_without_its_password():
    with pytest.raises(StoreError, match="no server answers") as caught:
        open_store("postgresql://me:hunter2@127.0.0.1:9/scanner")
    assert "hunter2" not in str(caught.value)
    assert "hunter2" not in repr(caught.value.__cause__)


def test_a_locked_database_is_waited_for_and_then_told(made, monkeypatch):
    monkeypatch.setattr(connecting, "BUSY_SECONDS", 0.1)
    other = sqlite3.connect(made.removeprefix("sqlite:///"))
    try:
        other.execute("BEGIN IMMEDIATE")
        with open_store(made) as store, pytest.raises(StoreError, match="locked: wait for it"):
            stored(store, [eth_claim(1)])
    finally:
        other.close()


def test_a_full_disk_is_told_and_nothing_is_half_written(made):
    """A page limit stands in for a small disk: SQLite reports both in the same way."""
    with open_store(made) as store:
        with store.engine.connect() as connection:
            pages = connection.execute(text("PRAGMA page_count")).scalar()
            connection.execute(text(f"PRAGMA max_page_count = {pages + 20}"))
        with pytest.raises(StoreError, match="disk is full"):
            stored(store, [eth_claim(n) for n in range(5000)])
        with store.read() as connection:
            assert connection.execute(text("SELECT count(*) FROM claim")).scalar() == 0


READ_ONLY = """
import os, sys
from scanner.store.database.engine import open_store
from scanner.errors import ScannerError
# Whatever is imported late must be there before root is given up.
open_store(sys.argv[1] + ".other", create=True).close()
if os.geteuid() == 0:  # root may write anything
    os.setgid(65534); os.setuid(65534)
try:
    with open_store(sys.argv[1], create=True) as store, store.write() as connection:
        connection.exec_driver_sql("DELETE FROM price")
    print("written")
except ScannerError as e:
    print(type(e).__name__, e)
"""


def test_a_read_only_database_is_told(tmp_path, made):
    tmp_path.chmod(0o755)
    for parent in tmp_path.parents:
        if parent == Path("/tmp"):
            break
        parent.chmod(0o755)
    Path(made.removeprefix("sqlite:///")).chmod(0o444)
    ran = subprocess.run(
        [sys.executable, "-c", READ_ONLY, made], capture_output=True, text=True, check=True
    )
    assert ran.stdout.startswith("StoreError"), ran.stdout
    assert "read-only" in ran.stdout or "permissions" in ran.stdout


HOLD = """
import sys, time
from scanner.store.database.engine import open_store
with open_store(sys.argv[1]) as store, store.exclusive("snapshot 1"):
    print("held", flush=True)
    time.sleep(60)
"""


def test_the_lock_of_a_killed_process_is_free(made):
    with subprocess.Popen([sys.executable, "-c", HOLD, made], stdout=subprocess.PIPE) as holder:
        assert holder.stdout.readline() == b"held\n"
        with open_store(made) as store:
            with (
                pytest.raises(StoreError, match="another process is working"),
                store.exclusive("snapshot 2"),
            ):
                pass
            assert (store.is_at("snapshot 1"), store.is_at("snapshot 2")) == (True, False)
            holder.kill()
            holder.wait()
            assert not store.is_at("snapshot 1")
            with store.exclusive("snapshot 1"):
                pass


def test_whoever_looks_keeps_nobody_from_the_work(made):
    looked = threading.Event()

    def look():
        with open_store(made) as other:
            while not looked.is_set():
                other.is_at("snapshot 1")

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        with open_store(made) as store:
            for _ in range(300):
                with store.exclusive("snapshot 1"):
                    pass
    finally:
        looked.set()
        watcher.join()


def test_a_transaction_is_all_or_nothing(made):
    with open_store(made) as store:
        insert = text("INSERT INTO publisher (name) VALUES ('x')")
        with pytest.raises(ZeroDivisionError), store.write() as connection:
            1 / (connection.execute(insert).rowcount - 1)
        with store.read() as connection:
            assert connection.execute(text("SELECT count(*) FROM publisher")).scalar() == 0


def test_a_reader_sees_one_state_while_others_write(made):
    with open_store(made) as store, store.read() as reader:
        count = text("SELECT count(*) FROM publisher")
        assert reader.execute(count).scalar() == 0
        with store.write() as writer:
            writer.execute(text("INSERT INTO publisher (name) VALUES ('x')"))
        assert reader.execute(count).scalar() == 0


def test_a_balance_without_amount_is_refused_by_the_database_unless_it_says_unavailable(made):
    """The last line of defence of "failed is not zero"."""
    insert = text(
        "INSERT INTO balance (snapshot_id, claim_no, chunk_no, amount, evidence, sources, reason, detail) "
        "VALUES (1, 1, 1, :amount, :evidence, '[]', '', '')"
    )
    with open_store(made) as store:
        for amount, evidence in ((None, "reported"), ("0" * 78, "unavailable")):
            with pytest.raises(StoreError, match="failed_is_not_zero"), store.write() as connection:
                connection.execute(insert, {"amount": amount, "evidence": evidence})


@pytest.mark.parametrize("read_only", [False, True])
def test_a_file_whose_folder_takes_no_writing_is_named_with_a_remedy(tmp_path, read_only):
    """The pages' process said only 'sqlite://', and neither what SQLite needs nor what helps."""
    file = tmp_path / "x.db"
    open_store(url_of(file), create=True).close()
    for name in ("x.db-wal", "x.db-shm"):  # who is root may write to any folder, but not so
        (tmp_path / name).mkdir()
    with pytest.raises(StoreError, match="copy the file to another folder") as caught:
        open_store(url_of(file), read_only=read_only)
    assert str(caught.value).startswith(f"sqlite:///{file}: ")
