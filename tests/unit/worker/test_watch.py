"""What a worker process tells about itself."""

import pytest
from prometheus_client.parser import text_string_to_metric_families

from scanner.chains.fleet.tried import End, Tried
from scanner.net.budget import OwnTimeline, SlotBudget
from scanner.worker.watch import STUCK_AFTER, Outcome, Stage, Watch


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


def read(watch: Watch) -> dict[tuple[str, ...], float]:
    """Metrics by short name and label value, as Prometheus' own parser reads them."""
    return {
        (sample.name.removeprefix("scanner_worker_"), *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(watch.text())
        for sample in family.samples
    }


def test_a_worker_that_did_nothing_has_every_metric(clock):
    found = read(Watch(clock=clock, wall=lambda: 7.5))
    assert found["start_time_seconds",] == 7.5
    assert found["last_chunk_timestamp_seconds",] == 0
    assert {found["chunks_total", o.value] for o in Outcome} == {0}
    assert [s.value for s in Stage if found["stage", s.value]] == ["starting"]


def test_jobs_are_counted_and_timed(clock):
    watch = Watch(clock=clock, wall=lambda: 99.0)
    with watch.job():
        clock.now += 2
        assert read(watch)["chunks_at_hand",] == 1
    watch.count(Outcome.DONE, 3)
    watch.count(Outcome.AGAIN)
    with pytest.raises(KeyError), watch.job():
        raise KeyError
    found = read(watch)
    assert found["chunks_at_hand",] == 0
    assert found["chunk_seconds_total",] == 2
    assert (found["chunks_total", "done"], found["chunks_total", "again"]) == (3, 1)
    assert found["last_chunk_timestamp_seconds",] == 99


def test_a_loop_that_stands_still_is_stuck_and_no_loop_never_is(clock):
    watch = Watch(clock=clock)
    clock.now += 10 * STUCK_AFTER
    assert not watch.stuck
    watch.beat()
    clock.now += STUCK_AFTER
    assert not watch.stuck
    clock.now += 1
    assert watch.stuck


def test_losses_of_the_database_are_counted_once_each(clock):
    watch = Watch(clock=clock)
    for stage in (Stage.WORKING, Stage.WAITING, Stage.WAITING, Stage.WORKING, Stage.WAITING):
        watch.enter(stage)
    assert read(watch)["database_losses_total",] == 2
    watch.stop()
    watch.enter(Stage.WORKING)
    assert watch.stage is Stage.STOPPING


def test_endpoints_tell_how_they_did(clock, monkeypatch):
    tried = Tried()
    monkeypatch.setattr("scanner.worker.watch.TRIED", tried)
    tried.count("node-a", End.ANSWERED, 1.5)
    tried.count("node-a", End.ANSWERED, 0.5)
    tried.count("node-b", End.FAILED)
    found = read(Watch(clock=clock))
    assert found["questions_total", "node-a", "answered"] == 2
    assert found["questions_total", "node-b", "failed"] == 1
    assert found["answer_seconds_total", "node-a"] == 2


def test_waits_for_rates_are_told_by_endpoint(clock):
    budget = SlotBudget("node-a", 2, OwnTimeline(clock), clock=clock, sleep=clock.sleep)
    for _ in range(3):
        budget.take()
    found = read(Watch([budget], clock=clock))
    assert found["limited_requests_total", "node-a"] == 3
    assert found["rate_wait_seconds_total", "node-a"] == pytest.approx(1.0)
