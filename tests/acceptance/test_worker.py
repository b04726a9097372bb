"""`scanner schedule` and `scanner worker` as their users run them, on both databases."""

import signal
import socket
import time
import urllib.error
import urllib.request

import pytest
from support.snapshot_stub import evm_address
from support.worker_command import start_worker, wait_for_snapshot

from scanner.demo.nodes import free_port

LIST = "network,asset,address,amount\n" + "".join(
    f"ethereum,ETH,{evm_address(n)},1.5\n" for n in range(5)
)
NO_ENDPOINTS = """
[[endpoint]]
name = "nowhere"
network = "bitcoin"
protocol = "bitcoin_core"
url = "http://127.0.0.1:9"
"""


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.node)])
def database(request, tmp_path, scanner):
    url = f"sqlite:///{tmp_path / 'scanner.db'}"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres_database")
    done = scanner("db", "upgrade", "--database", url)
    assert done.status == 0, done.err
    assert ("queue" in done.err) is (request.param == "postgresql")
    return url


@pytest.fixture
def world(tmp_path):
    (tmp_path / "list.csv").write_text(LIST)
    (tmp_path / "endpoints.toml").write_text(NO_ENDPOINTS)
    return tmp_path


def test_a_schedule_is_run_by_a_worker_that_ends_when_told(world, scanner, database):
    at = ("--database", database)
    added = scanner("schedule", "add", "okx", "--list", "list.csv", "--cron", "0 6 * * *", *at)
    assert (added.status, "first run" in added.err) == (0, True), added.err
    again = scanner("schedule", "add", "okx", "--list", "list.csv", "--cron", "0 6 * * *", *at)
    assert (again.status, "already" in again.err) == (2, True)
    assert scanner("schedule", "run-now", "okx", *at).status == 0
    port = free_port()
    worker = start_worker(world, database, "--health-port", str(port))
    try:
        snapshot = wait_for_snapshot(scanner, at)
        assert ask(port, "readyz") == (200, "ready\n")
        assert ask(port, "healthz") == (200, "alive\n")
        assert _chunks_done(port) == 1
        worker.send_signal(signal.SIGTERM)
        _, err = worker.communicate(timeout=30)
    finally:
        worker.kill()
        worker.wait()
    assert worker.returncode == 0, err
    assert "hunter2" not in err
    totals = scanner("totals", snapshot, "--json", *at)
    (eth,) = totals.object["assets"]
    assert (eth["asset"], eth["claimed"], eth["unavailable_rows"]) == (
        "ETH",
        "7500000000000000000",
        5,
    )
    assert totals.object["complete"] is True
    (listed,) = scanner("schedule", "list", "--json", *at).object
    assert (listed["name"], listed["state"], listed["snapshot"]) == ("okx", "complete", snapshot)
    assert scanner("schedule", "remove", "okx", *at).status == 0
    assert scanner("schedule", "list", "--json", *at).object == []
    assert scanner("db", "check", *at).status == 0


def test_a_health_page_that_cannot_be_had_is_said_before_any_work(world, database, scanner):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = scanner("worker", "--database", database, "--health-port", port)
    assert (done.status, "choose another --health-port" in done.err) == (2, True), done.err


def ask(port, path):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/{path}", timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as e:
        with e:
            return e.code, e.read().decode()


def _chunks_done(port):
    """By the worker's own count, which follows the last result by a moment."""
    for _ in range(50):
        (line,) = (
            line for line in ask(port, "metrics")[1].splitlines()
            if line.startswith('scanner_worker_chunks_total{outcome="done"}')
        )  # fmt: skip
        if float(line.split()[1]):
            break
        time.sleep(0.1)
    return float(line.split()[1])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--list", "gone.csv", "--cron", "0 6 * * *"), "no file gone.csv"),
        (("--list", "list.csv", "--cron", "at six"), "not a cron expression"),
        (("--list", "list.csv", "--cron", "0 6 * * *", "--networks", "moon"), "unknown network"),
        (("--list", "http://me:hunter2@x/y", "--cron", "0 6 * * *"), "without a password"),
    ],
)
def test_what_cannot_be_scheduled(world, scanner, arguments, said):
    done = scanner("schedule", "add", "okx", *arguments, "--database", f"sqlite:///{world}/x.db")
    assert done.status == 2
    assert said in done.err
    assert "hunter2" not in done.err
