"""Jobs of the pages whose server is killed: told as ended, and nothing of the list is left."""

from __future__ import annotations

import errno
import json
import os
import signal
import time
from dataclasses import replace

import pytest

from scanner.web import jobs
from scanner.web.jobs import LOST, MOST_KEPT, Job, Jobs
from scanner.web.scanning import _after, _is_of
from scanner.web.trouble import RefusedError

LIST = b"asset,network,address,amount\n"


def started_by_a_server_that_is_killed(folder, database):
    child = os.fork()
    if child == 0:
        Jobs(folder, database).start("list.csv", LIST, [])
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)


def test_a_job_whose_server_was_killed_ends_and_leaves_no_list(tmp_path, monkeypatch):
    monkeypatch.setattr(jobs, "SETTLING", 0.2)
    folder = tmp_path / "scans"
    folder.mkdir()
    started_by_a_server_that_is_killed(folder, f"sqlite:///{tmp_path / 'scanner.db'}")
    later = Jobs(folder, "sqlite:///elsewhere.db")
    deadline = time.monotonic() + 60
    (job,) = later.all()
    while job.status is None and time.monotonic() < deadline:
        time.sleep(0.1)
        (job,) = later.all()
    assert job.status == LOST
    assert not list(folder.rglob("list.csv"))
    assert job.log, "its last words are still there"


def test_what_is_forgotten_leaves_nothing(tmp_path):
    made = Jobs(tmp_path, "sqlite:///elsewhere.db")
    for number in range(MOST_KEPT + 3):
        place = tmp_path / f"20261101000000-{number:08x}"
        (place / "list").mkdir(parents=True)
        (place / "job.json").write_text("{}")
    new = f"20261101000000-{0:08x}"  # the oldest, by a clock that was set back since
    made._forget(new)
    assert len(list(tmp_path.iterdir())) == MOST_KEPT
    assert (tmp_path / new).is_dir()


@pytest.fixture
def ended(tmp_path, monkeypatch):
    """A job that ended, and whose end may be noted."""
    monkeypatch.setattr(jobs, "SETTLING", 0.0)
    place = tmp_path / "20261101000000-00000000"
    place.mkdir()
    known = {"id": place.name, "name": "a.csv", "started": "2026-11-01T00:00:00+00:00"}
    (place / "job.json").write_text(json.dumps({**known, "sha256": "00"}))
    (place / "log").write_bytes(b"")
    return place


@pytest.mark.parametrize("written", ["", " ", "x", None])
def test_an_end_that_nobody_could_note_is_not_one_of_verified(ended, written):
    if written is not None:
        (ended / "status").write_text(written)
    assert Jobs(ended.parent, "sqlite:///elsewhere.db").job(ended.name).status == LOST


def test_half_a_record_of_a_job_is_none(ended):
    (ended / "job.json").write_text('{"id": "2026')
    assert Jobs(ended.parent, "sqlite:///elsewhere.db").all() == []


def test_a_list_that_cannot_be_kept_is_refused_and_leaves_nothing(tmp_path, monkeypatch):
    def full(_path, _body):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(jobs.Path, "write_bytes", full)
    made = Jobs(tmp_path, "sqlite:///elsewhere.db")
    with pytest.raises(RefusedError, match="could not save"):
        made.start("list.csv", LIST, [])
    assert made.all() == []
    assert not [path for path in tmp_path.iterdir() if path.is_dir()]


def test_a_list_taken_again_is_the_snapshot_of_the_later_job():
    first = Job("1", "a.csv", "2026-11-01T00:00:00+00:00", "aa")
    later = replace(first, id="2", started="2026-11-01T01:00:00+00:00")
    made = [
        {"list": {"sha256": "aa"}, "created": f"2026-11-01T0{hour}:00:05+00:00"} for hour in (0, 1)
    ]
    of = [
        [_is_of(head, job, _after([later, first], job)) for head in made] for job in (first, later)
    ]
    assert of == [[True, False], [False, True]]
