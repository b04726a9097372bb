"""An endpoint's limit is a limit for the fleet: worker processes on one real PostgreSQL."""

from itertools import combinations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from support.counting_server import CountingServer, ask_at_a_rate
from support.forked import warm

from scanner.errors import SourceUnavailableError
from scanner.model.endpoint import Endpoint
from scanner.net.budget import LONGEST_LINE, SlotBudget
from scanner.net.http import Transport
from scanner.store.database.engine import open_store
from scanner.store.database.migrate import upgrade
from scanner.store.writing.rate_budgets import FleetTimeline, with_budgets

RATE = 60
SECONDS = 3.0
JITTER = 0.15
"""Seconds that a request may take to reach a server on a machine with other work to do."""


@pytest.fixture(scope="module")
def database(postgres_cluster):
    url = postgres_cluster.create_database()
    upgrade(url)
    return url


@pytest.fixture
def fleet(database):
    with open_store(database) as store:
        with store.write() as connection:
            connection.execute(text("DELETE FROM rate_budget"))
        yield store


def asked_by_three(database, *, shared, seconds=SECONDS):
    fork = warm()
    with CountingServer() as server:
        start = fork.Barrier(3)
        workers = [
            fork.Process(
                target=ask_at_a_rate,
                args=(database, server.url, RATE, f"w{n}", seconds, shared, start),
            )
            for n in range(3)
        ]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join(60)
        assert [worker.exitcode for worker in workers] == [0, 0, 0]
    return sorted(server.asked)


def breaches(times):
    """Windows, between any two requests, with more of them than the rate allows."""
    return [
        (times[first], last - first + 1)
        for first, last in combinations(range(len(times)), 2)
        if last - first >= RATE * (times[last] - times[first] + JITTER) + 1
    ]


@pytest.mark.node
def test_three_workers_together_keep_the_rate_of_one_endpoint(fleet, database):
    asked = asked_by_three(database, shared=True)
    times = [at for at, _ in asked]
    assert breaches(times) == []
    assert {who for _, who in asked} == {"w0", "w1", "w2"}
    busy = [at for at in times if at > times[-1] - SECONDS / 2]
    assert len(busy) > 0.5 * RATE * SECONDS / 2, "much of the rate was left unused"


@pytest.mark.node
def test_each_on_its_own_they_would_not(fleet, database):
    """The test above can fail: this is what it would see."""
    assert breaches([at for at, _ in asked_by_three(database, shared=False, seconds=1.0)])


@pytest.mark.node
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    steps=st.lists(
        st.tuples(st.integers(0, 5_000_000), st.integers(1, 50), st.floats(0.002, 3.0)), max_size=12
    )
)  # fmt: skip
def test_no_two_grants_overlap_and_the_line_has_an_end(fleet, steps):
    with fleet.write() as connection:
        connection.execute(text("DELETE FROM rate_budget"))
    now, free = 1_000_000_000_000_000, 0
    for later, slots, gap in steps:
        now += later
        wait = FleetTimeline(fleet, "node-a", f"{now}::bigint").reserve(slots, gap)
        start = max(now, free)
        span = round(slots * gap * 1_000_000)
        gone = free > now + LONGEST_LINE * 1_000_000 + max(span, 1_000_000)
        if wait is None:
            assert LONGEST_LINE < (start - now) / 1e6 <= LONGEST_LINE + max(span, 1_000_000) / 1e6
            continue
        if gone:  # a longer grant than this one can ask for: taken for a clock that was set back
            start = now + int(LONGEST_LINE * 1_000_000)
        assert round(wait * 1_000_000) == start - now
        free = start + span


@pytest.mark.node
def test_a_clock_that_was_set_back_costs_no_more_than_the_line_once(fleet):
    hour = 3_600_000_000
    now = 1_000_000_000_000_000
    assert FleetTimeline(fleet, "n", f"{now}::bigint").reserve(10, 0.1) == 0.0
    back = f"{now - hour}::bigint"
    assert FleetTimeline(fleet, "n", back).reserve(10, 0.1) == LONGEST_LINE
    assert FleetTimeline(fleet, "n", back).reserve(10, 0.1) is None
    soon = f"{now - hour + 31_000_000}::bigint"
    assert FleetTimeline(fleet, "n", soon).reserve(10, 0.1) == 0.0


@pytest.mark.node
def test_the_servers_clock_is_used_and_endpoints_are_apart(fleet):
    first, second = FleetTimeline(fleet, "a"), FleetTimeline(fleet, "b")
    assert first.reserve(20, 0.1) <= 0.0
    assert 1.5 < first.reserve(20, 0.1) < 2.0
    assert second.reserve(1, 0.1) <= 0.0
    with fleet.read() as connection:
        rows = connection.execute(text("SELECT endpoint FROM rate_budget ORDER BY 1")).scalars()
        assert list(rows) == ["a", "b"]


@pytest.mark.node
def test_without_its_database_no_request_goes_out(fleet):
    from scanner.store.database.connection import connect

    nowhere = fleet.engine.url.set(port=9).render_as_string(hide_password=False)
    with CountingServer() as server, connect(nowhere) as gone:
        endpoint = Endpoint("node-a", "ethereum", "x", server.url, rate=1000)
        http = Transport(with_budgets(gone, {"ethereum": [endpoint]})["ethereum"][0])
        for _ in range(3):
            with pytest.raises(SourceUnavailableError, match="node-a: not asked: the database"):
                http.post_json({})
        http.close()
    assert server.asked == []


def test_in_a_sqlite_file_one_process_keeps_the_rate_for_all_its_sources(tmp_path):
    with open_store(f"sqlite:///{tmp_path / 'x.db'}", create=True) as store:
        fast = Endpoint("free", "ethereum", "x", "http://h/")
        slow = Endpoint("paid", "ethereum", "x", "http://h/", rate=5)
        kept = with_budgets(store, {"ethereum": [fast, slow]})["ethereum"]
        assert kept == [fast, slow]
        assert kept[0].budget is None
        assert isinstance(kept[1].budget, SlotBudget)
        one, two = Transport(kept[1]), Transport(kept[1])
        assert one._budget is two._budget
        one.close()
        two.close()
