"""Jobs of the pages whose server is killed: told as ended, and nothing of the list is left."""

from __future__ import annotations

import os
import signal
import time

from scanner.web import jobs
from scanner.web.jobs import LOST, MOST_KEPT, Jobs

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
    made._forget()
    assert len(list(tmp_path.iterdir())) == MOST_KEPT
