"""One rule for all networks: enough operators, and more than for anything else."""

from __future__ import annotations

import pytest

from scanner.chains.fleet.ballot import Ballot
from scanner.chains.fleet.interface import Reading, Refusal, State
from scanner.chains.fleet.pool import Pool
from scanner.chains.fleet.quorum import UNNAMED, operator_of, require_operators, winner
from scanner.chains.fleet.settle import agree, settle
from scanner.errors import ConfigError, SourceRejectedError, SourceUnavailableError
from scanner.model.balance import Evidence
from scanner.model.endpoint import Endpoint
from scanner.model.parts import Part


@pytest.mark.parametrize(
    ("said", "quorum", "won"),
    [
        ("5", 1, "5"),
        ("57", 1, None),  # one says 5, one says 7: nobody is right
        ("55", 2, "5"),
        ("557", 2, "5"),
        ("5577", 2, None),
        ("55777", 2, "7"),
        ("55", 3, None),
        ("", 1, None),
    ],
)
def test_the_answer_of_enough_operators_and_of_more_than_any_other(said, quorum, won):
    votes = [(f"operator-{n}", answer) for n, answer in enumerate(said)]
    assert winner(votes, quorum) == (None if won is None else (won,))
    assert winner(votes[::-1], quorum) == (None if won is None else (won,))


def test_an_operator_counts_once_for_an_answer():
    assert winner([("a", 5), ("a", 5)], 2) is None
    assert winner([("a", 5), ("a", 5), ("b", 5)], 2) == (5,)


def test_an_answer_may_be_nothing():
    assert winner([("a", None), ("b", None)], 2) == (None,)


def endpoint(name, operator=""):
    return Endpoint(name, "bitcoin", "esplora", "http://127.0.0.1:1", operator=operator)


def test_nobodys_endpoints_are_one_operator():
    assert operator_of(endpoint("a")) == operator_of(endpoint("b")) == UNNAMED
    assert operator_of(endpoint("a", " Big  Provider ")) == operator_of(
        endpoint("b", "big provider")
    )
    require_operators("bitcoin", [endpoint("a"), endpoint("b", "somebody")], 2)
    with pytest.raises(
        ConfigError, match=r"needs as many operators, the endpoints have 1.*name their"
    ):
        require_operators("bitcoin", [endpoint("a"), endpoint("b")], 2)


def test_two_against_two_have_no_balance():
    ballot = Ballot()
    for name, amount in zip("abcd", (5, 5, 7, 7), strict=True):
        ballot.add(name, name, Reading({Part.LIQUID: amount}))
    assert not ballot.settled(2)
    balance = ballot.balance(2, Evidence.AGREED, [])
    assert balance.amount is None
    assert balance.detail == '{"disagree":{"a":"5","b":"5","c":"7","d":"7"}}'


def test_one_endpoint_that_proves_it_makes_it_proven():
    ballot = Ballot()
    ballot.add("a", "a", Reading({Part.LIQUID: 5}, State(1, "aa")))
    ballot.add("b", "b", Reading({Part.LIQUID: 5}, State(1, "aa"), proven=True))
    balance = ballot.balance(2, Evidence.AGREED, [])
    assert (balance.evidence, balance.sources) == (Evidence.PROVEN, ("a", "b"))


def test_a_refusal_is_no_vote_and_says_why():
    ballot = Ballot()
    ballot.add("a", "a", Refusal("too many transactions"))
    balance = ballot.balance(1, Evidence.REPORTED, [SourceUnavailableError("b", "down")])
    assert balance.amount is None
    assert balance.reason == "a: too many transactions; b: down"


class Node:
    chain_id = "main"

    def __init__(self, name, answer):
        self.name = self.operator = name
        self.answer, self.asked = answer, []

    def check(self):
        pass

    def hash_at(self, height):
        return ""


def ask(node):
    if isinstance(node.answer, Exception):
        raise node.answer
    return node.answer


def test_one_question_is_put_until_an_answer_wins():
    nodes = [Node("a", b"x"), Node("b", b"y"), Node("c", b"y")]
    assert agree(Pool(nodes, lambda _: None), ask, 1, "s", "call") == b"x"
    assert agree(Pool(nodes, lambda _: None), ask, 2, "s", "call") == b"y"
    with pytest.raises(SourceRejectedError, match="call: a, b disagree"):
        agree(Pool(nodes[:2], lambda _: None), ask, 2, "s", "call")
    down = Node("d", SourceRejectedError("d", "no such method"))
    with pytest.raises(SourceRejectedError, match="no such method"):
        agree(Pool([nodes[0], down], lambda _: None), ask, 2, "s", "call")


def test_only_open_questions_are_put_to_the_next_operator():
    def say(node, numbers):
        node.asked.append(list(numbers))
        return [Reading({Part.LIQUID: node.answer.get(n, 0)}) for n in numbers]

    nodes = [Node("a", {0: 5, 1: 1}), Node("b", {0: 7, 1: 1}), Node("c", {0: 5})]
    nodes.append(Node("d", {0: 9}))
    ballots, problems = settle(Pool(nodes, lambda _: None), say, 3, 2)
    amounts = [b.balance(2, Evidence.AGREED, problems).amount for b in ballots]
    assert amounts == [5, 1, 0]
    assert [n.asked for n in nodes] == [[[0, 1, 2]], [[0, 1, 2]], [[0]], []]


def test_a_quorum_that_may_come_back_is_not_given_up():
    def say(node, numbers):
        if isinstance(node.answer, Exception):
            raise node.answer
        return [Reading({Part.LIQUID: node.answer}) for _ in numbers]

    down = Node("b", SourceUnavailableError("b", "down"))
    with pytest.raises(SourceUnavailableError, match="down"):
        settle(Pool([Node("a", 5), down], lambda _: None), say, 2, 2)
    never = Node("b", SourceRejectedError("b", "forbids this"))
    ballots, problems = settle(Pool([Node("a", 5), never], lambda _: None), say, 1, 2)
    balance = ballots[0].balance(2, Evidence.AGREED, problems)
    assert balance.reason == "only 1 of 2 operators answered; b: forbids this"
