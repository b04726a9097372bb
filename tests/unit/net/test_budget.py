"""Rates are kept whoever asks whenever, and are used up by those who need them."""

import heapq
import os
import signal
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.errors import SourceUnavailableError
from scanner.model.endpoint import Endpoint
from scanner.net.budget import (
    GRANT,
    LATE,
    LONGEST_LINE,
    PATIENCE,
    OwnTimeline,
    SlotBudget,
    budget_of,
)


class World:
    """Workers on one timeline. While one sleeps others come; it may oversleep because of them."""

    def __init__(self, rate: float, workers: int, grant: float = GRANT) -> None:
        self.now, self.times = 100.0, []
        self.waiting: list[tuple[float, int]] = []
        timeline = OwnTimeline(self.clock)
        self.budgets = [
            SlotBudget("node", rate, timeline, grant=grant, clock=self.clock, sleep=self.sleep)
            for _ in range(workers)
        ]

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        until = self.now + seconds
        while self.waiting and self.waiting[0][0] <= until:
            self.next()
        self.now = max(self.now, until)

    def next(self) -> None:
        at, worker = heapq.heappop(self.waiting)
        self.now = max(self.now, at)
        self.budgets[worker].take()
        self.times.append(self.now)

    def run(self, arrivals) -> list[float]:
        for at, worker in arrivals:
            heapq.heappush(self.waiting, (100.0 + at, worker))
        while self.waiting:
            self.next()
        return sorted(self.times)


@settings(max_examples=60, deadline=None)
@given(
    rate=st.floats(0.2, 500),
    arrivals=st.lists(st.tuples(st.floats(0, 20), st.integers(0, 4)), max_size=40),
    grant=st.sampled_from([0.0, GRANT, 2.0]),
)
def test_no_window_sees_more_than_the_rate_allows(rate, arrivals, grant):
    times = World(rate, 5, grant).run(arrivals)
    assert len(times) == len(arrivals)
    for first, last in combinations(range(len(times)), 2):
        assert last - first < rate * (times[last] - times[first] + LATE) + 1e-6


def test_one_who_needs_it_all_gets_it_all():
    world = World(50, 1)
    (budget,) = world.budgets
    for _ in range(200):
        budget.take()
    assert world.now - 100.0 == pytest.approx(199 / 50)
    assert (budget.taken, budget.waited) == (200, pytest.approx(199 / 50))


class Counted(OwnTimeline):
    grants: list[int]

    def reserve(self, slots: int, gap: float) -> float | None:
        self.grants.append(slots)
        return super().reserve(slots, gap)


def test_a_busy_worker_asks_for_many_slots_at_once_and_an_idle_one_for_few():
    now = [0.0]

    def sleep(seconds: float) -> None:
        now[0] += seconds

    timeline = Counted(lambda: now[0])
    timeline.grants = []
    budget = SlotBudget("node", 400, timeline, grant=0.25, clock=lambda: now[0], sleep=sleep)
    for _ in range(400):
        budget.take()
    assert timeline.grants[:7] == [1, 2, 4, 8, 16, 32, 64]
    assert max(timeline.grants) == 100
    timeline.grants.clear()
    for _ in range(12):
        now[0] += 60
        budget.take()
    assert timeline.grants[-1] == 1


def test_a_slot_that_was_overslept_is_lost_and_the_next_one_is_waited_for():
    now, naps = [0.0], []

    def sleep(seconds: float) -> None:
        naps.append(seconds)
        now[0] += seconds + (0.35 if len(naps) == 1 else 0.0)

    budget = SlotBudget("n", 10, OwnTimeline(lambda: now[0]), clock=lambda: now[0], sleep=sleep)
    times = []
    for _ in range(3):
        budget.take()
        times.append(now[0])
    # Slots at 0 and 0.1; the second was slept through until 0.45, and is not used then.
    assert times == pytest.approx([0.0, 0.45, 0.55])


def test_a_line_that_is_too_long_is_left_in_the_end():
    now = [0.0]

    def sleep(seconds: float) -> None:
        now[0] += seconds

    class Full:
        def reserve(self, slots: int, gap: float) -> None:
            return None

    budget = SlotBudget("node-a", 1, Full(), clock=lambda: now[0], sleep=sleep)
    with pytest.raises(SourceUnavailableError, match="node-a: no free slot") as caught:
        budget.take()
    assert caught.value.retry_after == LONGEST_LINE
    assert PATIENCE < now[0] < PATIENCE + LONGEST_LINE


def test_the_line_is_full_when_it_is_as_long_as_it_may_be():
    timeline = OwnTimeline(lambda: 0.0)
    given_out = 0
    while timeline.reserve(1, 1.0) is not None:
        given_out += 1
    assert given_out == LONGEST_LINE + 1


def test_who_keeps_the_rate_of_an_endpoint():
    assert budget_of(Endpoint("a", "ethereum", "x", "http://h")) is None
    own = budget_of(Endpoint("a", "ethereum", "x", "http://h", rate=5))
    assert isinstance(own, SlotBudget)
    assert own.name == "a"
    assert budget_of(Endpoint("a", "ethereum", "x", "http://h", rate=5, budget=own)) is own


def test_processes_forked_from_this_one_share_its_timeline(tmp_path):
    """Each takes twenty slots and writes them down; one is killed in the middle of it."""
    timeline, told, members = OwnTimeline(lambda: 0.0), tmp_path / "told", []
    timeline.reserve(1, 0.125)
    for number in range(4):
        pid = os.fork()
        if pid == 0:
            try:
                with told.open("a", buffering=1) as file:
                    for n in range(20):
                        if number == 3 and n == 10:
                            os.kill(os.getpid(), signal.SIGKILL)
                        file.write(f"{timeline.reserve(1, 0.125)}\n")
                os._exit(0)
            finally:
                os._exit(1)
        members.append(pid)
    statuses = [os.waitpid(pid, 0)[1] for pid in members]
    assert statuses == [0, 0, 0, signal.SIGKILL]
    slots = sorted(float(line) for line in told.read_text().split())
    assert slots == [n * 0.125 for n in range(1, 71)]
    assert timeline.reserve(1, 0.125) == 71 * 0.125
