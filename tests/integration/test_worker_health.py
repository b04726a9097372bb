"""A worker's own page: what a probe sees of a process that works, waits, is stuck, or stops."""

import http.client
import socket
import threading
import time
from contextlib import suppress

import pytest

from scanner.errors import ConfigError
from scanner.store.database.engine import open_store
from scanner.worker.health import AT_ONCE, health_page
from scanner.worker.watch import Stage, Watch


@pytest.fixture
def watch():
    return Watch()


@pytest.fixture
def port(store, watch):
    with health_page("127.0.0.1", 0, store, watch) as at:
        yield at


def get(port, path, method="GET", host="127.0.0.1"):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(method, path, headers={"Host": host})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def test_ready_is_who_works_and_has_its_database(port, watch):
    assert get(port, "/healthz") == (200, "alive\n")
    assert get(port, "/readyz") == (503, "starting\n")
    watch.enter(Stage.WORKING)
    assert get(port, "/readyz") == (200, "ready\n")
    assert get(port, "/readyz?x=1", "HEAD") == (200, "")
    watch.enter(Stage.WAITING)
    assert get(port, "/readyz") == (503, "waiting\n")
    watch.enter(Stage.WORKING)
    watch.stop()
    assert get(port, "/readyz") == (503, "stopping\n")
    assert get(port, "/healthz") == (200, "alive\n")


def test_a_stuck_loop_is_not_alive(store):
    now = [0.0]
    watch = Watch(clock=lambda: now[0])
    watch.enter(Stage.WORKING)
    watch.beat()
    now[0] = 1000.0
    with health_page("127.0.0.1", 0, store, watch) as port:
        assert get(port, "/healthz") == (503, "stuck\n")
        assert get(port, "/readyz") == (503, "stuck\n")


def test_a_schema_that_is_not_ours_is_not_ready(tmp_path, watch):
    watch.enter(Stage.WORKING)
    with open_store(f"sqlite:///{tmp_path / 'x.db'}", create=True) as store:
        with store.write() as connection:
            connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0001'")
        with health_page("127.0.0.1", 0, store, watch) as port:
            status, said = get(port, "/readyz")
    assert (status, "another schema" in said) == (503, True)
    assert "x.db" not in said


def test_metrics_are_prometheus_text(port):
    status, said = get(port, "/metrics")
    assert status == 200
    assert 'scanner_worker_chunks_total{outcome="done"} 0.0' in said


def test_nothing_else_is_there(port):
    assert get(port, "/")[0] == 404
    assert get(port, "/metrics", "POST")[0] == 501


@pytest.mark.parametrize(
    ("host", "status"),
    [("127.0.0.1:8078", 200), ("[::1]:1", 200), ("localhost", 200), ("worker:80", 200),
     ("rebound.example.com", 421), ("rebound.example:80", 421), ("10.0.0.1.nip.io", 421)],
)  # fmt: skip
def test_another_site_cannot_read_it_through_a_name_of_its_own(port, host, status):
    assert get(port, "/metrics", host=host)[0] == status


def answers_soon(port):
    deadline = time.monotonic() + 10
    while True:
        try:
            status = get(port, "/healthz")[0]
        except (http.client.HTTPException, OSError):
            assert time.monotonic() < deadline
            time.sleep(0.1)
        else:
            assert status == 200
            return


def test_those_who_send_a_byte_now_and_then_keep_nobody_out_for_long(port, monkeypatch):
    monkeypatch.setattr("scanner.worker.health._Handler.timeout", 0.5)
    slow = [socket.create_connection(("127.0.0.1", port)) for _ in range(AT_ONCE)]
    over = threading.Event()

    def drip():
        while not over.wait(0.1):
            for one in slow:
                with suppress(OSError):
                    one.sendall(b"G")

    dripping = threading.Thread(target=drip)
    dripping.start()
    try:
        answers_soon(port)
    finally:
        over.set()
        dripping.join()
        for one in slow:
            one.close()


def test_those_who_say_nothing_keep_nobody_out_for_long(port, monkeypatch):
    monkeypatch.setattr("scanner.worker.health._Handler.timeout", 0.5)
    idle = [socket.create_connection(("127.0.0.1", port)) for _ in range(AT_ONCE)]
    try:
        answers_soon(port)
    finally:
        for one in idle:
            one.close()


def test_a_port_that_is_taken_is_said_with_a_remedy(store, watch, port):
    with (
        pytest.raises(ConfigError, match="choose another --health-port"),
        health_page("127.0.0.1", port, store, watch),
    ):
        pass
