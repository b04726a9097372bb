"""An endpoint that cannot answer about one row is asked about the others; a broken one is not."""

from __future__ import annotations

import pytest

from scanner.chains.fleet.apart import ALONE, FIRST, MOST, read_apart
from scanner.chains.fleet.interface import Reading, Refusal
from scanner.errors import HeightPrunedError, SourceRejectedError, SourceUnavailableError
from scanner.model.parts import Part
from tests.unit.chains.fleet.test_source import Told, fleet, query, read, says


class Endpoint:
    """odd: rows of which it gives no answer, and the error. dead: from which request on."""

    def __init__(self, odd=(), error=None, dead=10**9):
        self.odd = {query(n).address.text for n in odd}
        self.error = error or SourceUnavailableError("a", "answered HTTP 500")
        self.dead, self.asked = dead, []

    def read(self, queries):
        self.asked.append(len(queries))
        if len(self.asked) > self.dead:
            raise SourceUnavailableError("a", "down")
        if any(q.address.text in self.odd for q in queries):
            raise self.error
        return [Reading({Part.LIQUID: 5}) for _ in queries]


def said(answers):
    return ["?" if isinstance(a, Refusal) else a.amount for a in answers]


@pytest.mark.parametrize("odd", [(0,), (199,), (77, 78), ()])
def test_of_hundreds_the_odd_ones_alone_are_refused(odd):
    endpoint = Endpoint(odd)
    answers = read_apart(endpoint.read, [query(n) for n in range(200)], None)
    assert said(answers) == ["?" if n in odd else 5 for n in range(200)]
    assert {a.why for a in answers if isinstance(a, Refusal)} <= {"answered HTTP 500"}
    assert len(endpoint.asked) < 60


def test_what_is_alone_is_asked_a_few_times_and_a_refusal_once():
    endpoint = Endpoint([1])
    read_apart(endpoint.read, [query(1)], query(9))
    assert endpoint.asked == [1] * (1 + ALONE + 1)
    rejected = Endpoint([1], SourceRejectedError("a", "not for it"))
    assert said(read_apart(rejected.read, [query(1)], query(9))) == ["?"]
    assert rejected.asked == [1] * 3


def test_a_dead_endpoint_makes_no_row_odd():
    for witness, most in ((query(9), 1), (None, FIRST * ALONE)):
        dead = Endpoint(dead=0)
        with pytest.raises(SourceUnavailableError, match="down"):
            read_apart(dead.read, [query(n) for n in range(200)], witness)
        assert len(dead.asked) <= most


def test_one_that_died_meanwhile_makes_no_row_odd():
    for dead in range(1, 30):
        endpoint = Endpoint([3], dead=dead)
        try:
            answers = read_apart(endpoint.read, [query(n) for n in range(8)], None)
        except SourceUnavailableError:
            continue
        assert said(answers) == [5, 5, 5, "?", 5, 5, 5, 5]


def test_a_row_that_nobody_can_be_compared_with_is_not_odd():
    with pytest.raises(SourceUnavailableError, match="HTTP 500"):
        read_apart(Endpoint([1]).read, [query(1)], None)


def test_too_many_odd_rows_are_an_endpoint_that_is_broken():
    endpoint = Endpoint(range(200))
    with pytest.raises(SourceUnavailableError, match="HTTP 500"):
        read_apart(endpoint.read, [query(n) for n in range(200)], query(250))
    assert len(endpoint.asked) <= MOST * ALONE


@pytest.mark.parametrize(
    "error",
    [SourceUnavailableError("a", "too fast", 3.0), HeightPrunedError("a", 5, "gone")],
)
def test_who_asks_for_time_or_has_no_such_state_is_not_asked_apart(error):
    endpoint = Endpoint([1], error)
    with pytest.raises(type(error)):
        read_apart(endpoint.read, [query(n) for n in range(8)], None)
    assert len(endpoint.asked) == 1


def refuses(*odd):
    texts = {query(n).address.text for n in odd}

    class Choosy(Told):
        def read(self, queries, at):
            if any(q.address.text in texts for q in queries):
                raise SourceRejectedError(self.endpoint.name, "not for it")
            return super().read(queries, at)

    return Choosy


def test_another_endpoint_is_asked_for_the_odd_row_alone():
    choosy, other = refuses(1)("a", says(5)), refuses(2)("b", says(5))
    found = read(fleet(choosy, other), query(1), query(2), query(3))
    assert [b.amount for b in found] == [5, 5, 5]


def test_a_quorum_is_had_for_the_rows_beside_an_odd_one():
    one, two = Told("a", says(5), "a"), refuses(2)("b", says(5), "b")
    found = read(fleet(one, two, quorum=2), query(1), query(2), query(3))
    assert [b.amount for b in found] == [5, None, 5]
    assert found[1].reason == "only 1 of 2 operators answered; b: not for it"


def test_a_lot_that_failed_before_any_other_was_answered_is_asked_for_again():
    choosy = refuses(1)("a", says(5), batch=1)
    found = read(fleet(choosy), query(1), query(2))
    assert [b.amount for b in found] == [None, 5]
    assert found[0].reason == "a: not for it"
