"""Who is asked, in what order, and when it is given up. No network and no sleep."""

from __future__ import annotations

from functools import partial

import pytest

from scanner.chains.fleet.health import Health
from scanner.chains.fleet.pool import FIRST_TRIES, TRIES, Pool
from scanner.chains.fleet.tried import Tried
from scanner.errors import (
    ConfigError,
    HeightNotReachedError,
    HeightPrunedError,
    ReorgError,
    SourceRejectedError,
    SourceUnavailableError,
)


class Clock:
    def __init__(self):
        self.now = 1000.0
        self.slept = []

    def __call__(self):
        return self.now

    def sleep(self, seconds):
        self.slept.append(seconds)
        self.now += seconds


class FakeNode:
    """A node with a script: what `act` does each time it is asked."""

    chain_id = "1"

    def __init__(self, name, act=lambda: None, operator="", block_hash="0xaa"):
        self.name, self.act, self.operator = name, act, operator or name
        self.asked = 0
        self.block_hash = block_hash

    def check(self):
        pass

    def hash_at(self, height):
        if self.block_hash is None:
            raise SourceUnavailableError(self.name, "down")
        return self.block_hash


def run(nodes, clock=None, **kwargs):
    clock = clock or Clock()
    pool = Pool(nodes, clock.sleep, clock)

    def task(node):
        node.asked += 1
        made = node.act()
        if isinstance(made, Exception):
            raise made
        return made

    return pool, lambda **more: pool.run(task, **{**kwargs, **more})


def down(name="x", retry_after=None):
    return lambda: SourceUnavailableError(name, "down", retry_after)


def test_the_first_is_asked_as_long_as_nothing_speaks_against_it():
    nodes = [FakeNode("a", lambda: 1), FakeNode("b", lambda: 2)]
    _, go = run(nodes)
    assert go() == (1, nodes[0])


def test_another_one_is_asked_at_once_when_the_first_is_down():
    nodes = [FakeNode("a", down()), FakeNode("b", lambda: 2)]
    clock = Clock()
    _, go = run(nodes, clock)
    assert go()[0] == 2
    assert sum(clock.slept) == 0


def test_operators_to_avoid_are_not_asked():
    nodes = [
        FakeNode("a", lambda: 1, "one"),
        FakeNode("b", lambda: 2, "one"),
        FakeNode("c", lambda: 3),
    ]
    pool, go = run(nodes)
    assert pool.operators == 2
    assert go(avoid=("one",))[0] == 3
    with pytest.raises(SourceUnavailableError, match="no endpoint of another operator"):
        go(avoid=("one", "c"))


def test_a_dead_endpoint_is_given_up_in_seconds():
    node, clock = FakeNode("a", down()), Clock()
    _, go = run([node], clock)
    with pytest.raises(SourceUnavailableError):
        go()
    assert node.asked == FIRST_TRIES
    assert sum(clock.slept) < 15


def test_one_that_answered_before_gets_more_tries_with_growing_waits():
    answers = [7]
    node, clock = FakeNode("a", lambda: answers.pop() if answers else down()()), Clock()
    _, go = run([node], clock)
    assert go()[0] == 7
    with pytest.raises(SourceUnavailableError):
        go()
    assert node.asked == 1 + TRIES
    assert clock.slept[-1] > clock.slept[0]


def test_the_wait_a_server_asks_for_is_kept():
    script = [SourceUnavailableError("a", "limit", 9.0), 5]
    node, clock = FakeNode("a", lambda: script.pop(0)), Clock()
    _, go = run([node], clock)
    assert go()[0] == 5
    assert 9.0 <= sum(clock.slept) < 11


def test_while_one_waits_the_other_is_asked():
    a, b, clock = FakeNode("a", down(retry_after=60.0)), FakeNode("b", lambda: 2), Clock()
    _, go = run([a, b], clock)
    for _ in range(5):
        assert go()[0] == 2
    assert a.asked == 1
    assert sum(clock.slept) == 0


def test_a_refusal_is_not_asked_again_but_another_endpoint_is():
    a = FakeNode("a", lambda: HeightPrunedError("a", 5, "pruned"))
    b = FakeNode("b", lambda: 2)
    _, go = run([a, b])
    assert go()[0] == 2
    assert a.asked == 1


@pytest.mark.parametrize(
    "error",
    [
        HeightPrunedError("a", 5, "pruned"),
        HeightNotReachedError("a", 9, 5),
        SourceRejectedError("a", "is on chain 5"),
    ],
)
def test_when_all_refuse_the_reason_is_theirs(error):
    nodes = [FakeNode("a", lambda: error), FakeNode("b", lambda: SourceRejectedError("b", "no"))]
    _, go = run(nodes)
    with pytest.raises(
        SourceRejectedError if isinstance(error, SourceRejectedError) else type(error)
    ):
        go()
    assert [n.asked for n in nodes] == [1, 1]


def test_a_reorg_that_others_do_not_see_is_that_endpoints_own():
    moved = ReorgError("a", 5, "0xaa", "0xbb")
    a = FakeNode("a", lambda: moved, block_hash="0xbb")
    b = FakeNode("b", lambda: 2, block_hash="0xaa")
    _, go = run([a, b])
    assert go()[0] == 2


@pytest.mark.parametrize("others", [["0xbb"], ["0xbb", "0xaa"], [None], []])
def test_a_reorg_that_nobody_outvotes_ends_the_reading(others):
    moved = ReorgError("a", 5, "0xaa", "0xbb")
    a = FakeNode("a", lambda: moved, block_hash="0xbb")
    rest = [FakeNode(f"n{n}", lambda: 2, block_hash=h) for n, h in enumerate(others)]
    _, go = run([a, *rest])
    with pytest.raises(ReorgError):
        go()


def test_errors_of_our_own_are_not_swallowed_and_do_not_block_the_endpoint():
    script = [ZeroDivisionError(), 3]
    node = FakeNode("a", lambda: script.pop(0))
    pool, go = run([node])
    with pytest.raises(ZeroDivisionError):
        go()
    assert go()[0] == 3
    assert pool._health["a"].in_flight == 0


def test_a_network_needs_endpoints_on_one_chain():
    with pytest.raises(ConfigError, match="no endpoint"):
        Pool([])
    other = FakeNode("b")
    other.chain_id = "10"
    with pytest.raises(ConfigError, match="different chains"):
        Pool([FakeNode("a"), other])


def test_the_breaker_opens_tries_once_and_rests_longer():
    clock = Clock()
    health = Health(clock)
    for _ in range(4):
        health.start()
        health.failed()
    assert health.wait() == 2
    clock.now += 2
    assert health.wait() == 0
    health.start()
    assert health.wait() > 0  # one request tries, nobody else meanwhile
    health.failed()
    assert health.wait() == 4
    clock.now += 4
    health.succeeded(health.start())
    assert health.wait() == 0
    health.start()
    health.failed()
    assert health.wait() == 0


def test_what_each_endpoint_was_asked_is_counted_with_the_time_of_its_answers():
    tried, clock = Tried(), Clock()
    health = Health(clock, partial(tried.count, "a"))
    for _ in range(2):
        started = health.start()
        clock.now += 3
        health.succeeded(started)
    health.start()
    health.failed()
    health.start()
    health.left()
    assert tried.ends() == [("a", "answered", 2), ("a", "failed", 1), ("a", "refused", 1)]
    assert tried.seconds() == [("a", 6.0)]


def test_faster_and_healthier_endpoints_score_better():
    clock = Clock()
    fast, slow, failing = Health(clock), Health(clock), Health(clock)
    for health, seconds in ((fast, 0.1), (slow, 3.0), (failing, 0.1)):
        for _ in range(5):
            started = health.start()
            clock.now += seconds
            health.succeeded(started)
    failing.start()
    failing.failed()
    assert fast.score() < failing.score()
    assert fast.score() < slow.score()
    fast.start()
    assert fast.score() > 0.19
