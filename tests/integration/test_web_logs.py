"""Every process of `scanner serve` logs in the form asked for and through the filter."""

import json
import os
import re
import subprocess
import time
import urllib.error
import urllib.request

import psycopg
import pytest
from support.command import COMMAND

from scanner.demo.nodes import free_port
from scanner.store.database.migrate import upgrade

pytestmark = pytest.mark.node
PASSWORD = "hunter2-of-the-database"


@pytest.fixture
def database(postgres_database):
    """URL of a database of a user with a password that must not be seen."""
    upgrade(postgres_database)
    owner = postgres_database.replace("+psycopg", "")
    user = f"reader_{owner.rpartition('/')[2]}"
    with psycopg.connect(owner, autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {user} SUPERUSER LOGIN PASSWORD '{PASSWORD}'")
    return re.sub(r"//[^@]+@", f"//{user}:{PASSWORD}@", postgres_database)


def ask(url):
    try:
        with urllib.request.urlopen(url, timeout=20) as answer:
            return answer.status
    except urllib.error.HTTPError as e:
        e.close()
        return e.code
    except OSError:
        return 0


def test_worker_processes_log_json_without_the_password(database, tmp_path):
    port = free_port()
    log = tmp_path / "log"
    with log.open("wb") as file:
        server = subprocess.Popen(
            [*COMMAND, "serve", "--port", str(port), "--workers", "2", "--log-format", "json"],
            env={**os.environ, "SCANNER_DATABASE": database}, stdout=file, stderr=file,
        )  # fmt: skip
    try:
        deadline = time.monotonic() + 60
        while ask(f"http://127.0.0.1:{port}/readyz") != 200:
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.2)
        with psycopg.connect(database.replace("+psycopg", ""), autocommit=True) as connection:
            connection.execute("ALTER TABLE snapshot RENAME TO elsewhere")
        statuses = {ask(f"http://127.0.0.1:{port}/api/v1/snapshots") for _ in range(12)}
        assert statuses <= {500, 503}
    finally:
        server.terminate()
        server.wait(30)
    first, *lines = log.read_text().splitlines()
    assert first.startswith("serving http")
    events = [json.loads(line) for line in lines]
    told = [e for e in events if e["logger"] == "scanner.web.app"]
    assert len(told) >= 12, "only processes that answer write these"
    assert all({"timestamp", "level", "event"} <= set(e) for e in told)
    assert PASSWORD not in log.read_text()
