"""A snapshot killed anywhere goes on where it was, and ends as if nothing had happened."""

import random
import signal
import time

import pytest
from support.killed_runs import claims, done, start, told, undisturbed
from support.snapshot_stub import stored

from scanner.snapshots.interface import SnapshotPolicy, SnapshotState
from scanner.store.database.engine import open_store
from scanner.store.reading import queries
from scanner.store.reading.check import check
from scanner.store.writing.runs import create_snapshot
from scanner.store.writing.sink import StoreSink

KILLS = {"sqlite": 20, "postgresql": 8}


def test_killed_again_and_again_the_totals_are_byte_identical(store):
    list_id = stored(store, claims()).list_id
    expected = undisturbed(store, list_id)
    snapshot = create_snapshot(store, list_id, SnapshotPolicy())
    url = store.engine.url.render_as_string(hide_password=False)
    dice = random.Random(20261121)
    kills, progress = 0, []
    while (
        kills < KILLS[store.dialect]
        and queries.head(store, snapshot).state is not SnapshotState.COMPLETE
    ):
        with start(url, snapshot, delay=0.05) as run:
            # Three of four while chunks are in flight, the others while it starts.
            if kills % 4:
                assert run.stdout.readline() == "taking\n", run.stderr.read()
                for _ in range(dice.randrange(4)):
                    run.stdout.readline()  # "chunk", but for the last ones
            time.sleep(dice.uniform(0.0, 0.06))
            run.kill()
            run.wait()
        kills += 1
        progress.append(done(store, snapshot))
        _wait_until_unlocked(store, snapshot)
        assert check(store) == []
    assert progress == sorted(progress)
    steps = sum(b > a for a, b in zip([0, *progress], progress, strict=False))
    assert steps >= 3, "it was hardly ever killed in the middle"
    with start(url, snapshot, delay=0.0) as run:
        out, err = run.communicate(timeout=60)
    assert out.endswith("complete\n"), err
    assert told(store, snapshot) == expected
    assert check(store) == []


def _wait_until_unlocked(store, snapshot):
    """A server notices that a killed client is gone within moments, not at once."""
    for _ in range(100):
        try:
            with StoreSink(store).taking(snapshot):
                return
        except Exception:
            time.sleep(0.05)
    pytest.fail("the lock of a killed process is not given up")


def test_ctrl_c_ends_a_run_soon_and_a_resume_goes_on(store):
    list_id = stored(store, claims()).list_id
    expected = undisturbed(store, list_id)
    snapshot = create_snapshot(store, list_id, SnapshotPolicy())
    url = store.engine.url.render_as_string(hide_password=False)
    with start(url, snapshot, delay=0.2) as run:
        assert run.stdout.readline() == "taking\n"
        time.sleep(0.5)
        run.send_signal(signal.SIGINT)
        began = time.monotonic()
        _, err = run.communicate(timeout=30)
    assert "KeyboardInterrupt" in err
    assert time.monotonic() - began < 10
    assert 0 < done(store, snapshot) < 60
    assert queries.head(store, snapshot).state is SnapshotState.RUNNING
    with start(url, snapshot, delay=0.0) as run:
        assert run.communicate(timeout=60)[0].endswith("complete\n")
    assert told(store, snapshot) == expected


def test_a_full_disk_ends_a_run_with_its_reason_and_a_resume_goes_on(tmp_path):
    database = tmp_path / "scanner.db"
    with open_store(f"sqlite:///{database}", create=True) as store:
        list_id = stored(store, claims()).list_id
        expected = undisturbed(store, list_id)
        snapshot = create_snapshot(store, list_id, SnapshotPolicy())
        with store.engine.connect() as connection:
            connection.exec_driver_sql("COMMIT")
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        url, most = f"sqlite:///{database}", str(400_000)
        with start(url, snapshot, 0.0, LARGEST_FILE=most) as run:
            _, err = run.communicate(timeout=60)
        assert run.returncode == 1
        assert "StoreError" in err.splitlines()[-1]
        assert "disk" in err.splitlines()[-1]
        assert 0 < done(store, snapshot) < 60
        assert check(store) == []
        with start(url, snapshot, 0.0) as run:
            out, err = run.communicate(timeout=60)
        assert out.endswith("complete\n"), err
        assert told(store, snapshot) == expected
