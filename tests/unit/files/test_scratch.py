"""Folders for the moment: what a killed process left is removed, and nothing else ever is."""

import signal
import subprocess
import sys
import tempfile

import pytest

from scanner.files import scratch

HOLDS = """
import sys, time
from scanner.files.scratch import scratch_folder
with scratch_folder() as folder:
    (folder / "list").write_text("rows")
    print(folder, flush=True)
    time.sleep(60)
"""


@pytest.fixture
def place(tmp_path, monkeypatch):
    """The system's folder for temporary files, of this test alone."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    scratch._tidy_once.cache_clear()
    yield tmp_path
    scratch._tidy_once.cache_clear()


def holder():
    process = subprocess.Popen([sys.executable, "-c", HOLDS], stdout=subprocess.PIPE, text=True)
    return process, process.stdout.readline().strip()


def test_a_folder_is_there_inside_the_block(place):
    with scratch.scratch_folder() as folder:
        (folder / "a").write_text("x")
        assert folder.parent == place
        assert folder.stat().st_mode & 0o077 == 0
    assert list(place.iterdir()) == []


def test_what_a_killed_process_left_goes_and_what_another_one_has_stays(place):
    killed, left = holder()
    alive, held = holder()
    with killed, alive:
        killed.send_signal(signal.SIGKILL)
        killed.wait()
        assert {str(p) for p in place.iterdir()} == {left, held}
        with scratch.scratch_folder() as ours:
            assert {str(p) for p in place.iterdir()} == {held, str(ours)}
            assert scratch.tidy(place) == [], "nor our own, from within"
        alive.kill()


def test_a_child_that_outlives_who_made_it_keeps_it(place):
    """A forked process has the lock, too."""
    import os

    read, write = os.pipe()
    made = os.fork()
    if made == 0:
        with scratch.scratch_folder():
            if os.fork() == 0:
                os.close(write)
                os.read(read, 1)  # until the test ends
            os._exit(0)
    os.waitpid(made, 0)
    os.close(read)
    assert len(list(place.iterdir())) == 1
    assert scratch.tidy(place) == []
    os.close(write)


def test_what_is_not_ours_is_left_alone(place):
    elsewhere = place / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / scratch.HELD).write_text("")
    (place / "scanner-link").symlink_to(elsewhere)
    (place / "scanner-file").write_text("")
    for name in ("scanner-pg-1", "scanner-new"):
        (place / name).mkdir()
    (place / "scanner-new" / f"{scratch.HELD}.new").write_text("")
    (place / "scanner-trap").mkdir()
    (place / "scanner-trap" / scratch.HELD).symlink_to(elsewhere / scratch.HELD)
    (place / "other-1").mkdir()
    (place / "other-1" / scratch.HELD).write_text("")
    before = sorted(place.iterdir())
    assert scratch.tidy(place) == []
    assert sorted(place.iterdir()) == before
