"""A list that is sent to the pages has any name and any bytes, also those of a module of Python."""

from __future__ import annotations

import re
import time

import pytest
from support.web_data import served

from scanner.store.database.engine import open_store
from scanner.web import uploading
from scanner.web.jobs import Jobs

OPTIONS = {"publisher": "", "statement": "", "columns": "", "network": "", "asset": ""}


def program(marker):
    """A list in YAML, and a program: annotations of Python are evaluated."""
    return f"height: 1\nchain: 2\ntotal: 3\nclaim: open({str(marker)!r}, 'w')\n".encode()


@pytest.fixture
def marker(tmp_path):
    return tmp_path / "code-ran"


def test_a_list_that_is_sent_to_be_checked_is_not_run(tmp_path, marker):
    url = f"sqlite:///{tmp_path / 'scanner.db'}"
    open_store(url, create=True).close()
    with served(url) as client:
        client.headers["origin"] = str(client.base_url).rstrip("/")
        word = re.search(r'name="word" value="([^"]+)"', client.get("/verify").text)[1]
        parts = {"word": (None, word), "list": ("yaml.py", program(marker))}
        answer = client.post("/verify", files=parts)
    assert not marker.exists()
    assert "more time or memory" not in answer.text


@pytest.mark.parametrize("path", ["", ":", ".:"])
def test_nor_where_the_servers_own_path_names_the_folder_it_is_in(monkeypatch, marker, path):
    monkeypatch.setenv("PYTHONPATH", path)
    uploading.checked({**OPTIONS, "name": "yaml.py"}, program(marker))
    assert not marker.exists()


@pytest.mark.parametrize("name", ["scanner.py", "typer.py", "sitecustomize.py"])
@pytest.mark.parametrize("path", ["", ":", ".:"])
def test_a_list_that_a_snapshot_is_taken_of_is_not_run(tmp_path, monkeypatch, marker, name, path):
    monkeypatch.setenv("PYTHONPATH", path)
    folder = tmp_path / "scans"
    folder.mkdir()
    jobs = Jobs(folder, f"sqlite:///{tmp_path / 'scanner.db'}")
    job = jobs.start(name, program(marker), [])
    deadline = time.monotonic() + 60
    while (now := jobs.job(job.id)).status is None and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not marker.exists()
    assert now.status is not None
    assert f"publisher: {name}" in now.log, "the program itself answered"
