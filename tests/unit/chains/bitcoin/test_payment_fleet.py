"""Several endpoints for payments: in which order they are asked, how often, and who is told of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from scanner.chains.bitcoin import payment_fleet
from scanner.chains.bitcoin.payment_fleet import PaymentFleet, operators
from scanner.chains.fleet import pool
from scanner.errors import (
    ConfigError,
    ReorgError,
    SourceError,
    SourceRejectedError,
    SourceUnavailableError,
)
from scanner.model.endpoint import Endpoint
from scanner.settings.tables import load_registry

BITCOIN = load_registry().network("bitcoin")


class _Source:
    """Answers with its name, or fails as told, answer by answer; the last one stays."""

    def __init__(self, endpoint: Endpoint, *_: object) -> None:
        self.endpoint = endpoint


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of those who were asked; nobody waits."""
    monkeypatch.setattr(payment_fleet, "PAYMENT_SOURCES", {
        "bitcoin_core": _Source, "bitcoin_filters": _Source, "esplora": _Source,
    })  # fmt: skip
    monkeypatch.setattr(pool, "pause", lambda _: None)
    return []


def _endpoint(name: str, protocol: str = "esplora", **more: Any) -> Endpoint:
    made = Endpoint(name, "bitcoin", protocol, "http://127.0.0.1:9", name[0])
    return replace(made, **more)


def _ask(asked: list[str], **fails: list[SourceError | None]) -> Callable[..., str]:
    def ask(source: _Source) -> str:
        name = source.endpoint.name
        asked.append(name)
        said = fails.get(name, [None])
        error = said.pop(0) if len(said) > 1 else said[0]
        if error is not None:
            raise error
        return name

    return ask


def _down(name: str, after: float | None = None) -> SourceUnavailableError:
    return SourceUnavailableError(name, "is down", after)


def test_the_order(asked: list[str]) -> None:
    """One's own, nodes, servers; operators not heard yet; who has answered before."""
    ends = [
        _endpoint("a"),
        _endpoint("a2"),
        _endpoint("b"),
        _endpoint("n", "bitcoin_core"),
        _endpoint("own", own=True),
    ]
    words, failures = PaymentFleet(BITCOIN, ends, 1).hear(_ask(asked), lambda _: False)
    assert ([w.said for w in words], failures, asked) == (["own"], [], ["own"])
    asked.clear()
    words, _ = PaymentFleet(BITCOIN, ends[:4], 1).hear(_ask(asked), lambda _: False)
    assert asked[0] == "n"
    assert asked[-1] in {"a", "a2"}, "an operator's second endpoint comes last"
    assert (len(asked), operators(words)) == (4, 3)
    fleet = PaymentFleet(BITCOIN, [ends[0], ends[2]], 1)
    asked.clear()
    first = [_down("a"), None]
    for _ in range(3):
        fleet.hear(_ask(asked, a=first), lambda words: len(words) == 1)
    assert asked == ["a", "b", "b", "b"], "what was searched for there is known there"


def test_ones_own_word_stands_alone(asked: list[str]) -> None:
    ends = [_endpoint("a"), _endpoint("own", own=True)]
    fleet = PaymentFleet(BITCOIN, ends, 1)
    told = _ask(asked, own=[_down("own"), None])
    words, failures = fleet.hear(told, lambda words: len(words) == 5)
    assert (asked, [w.said for w in words], failures) == (["own", "a", "own"], ["own"], [])


def test_who_cannot_is_passed_over_and_told_of(asked: list[str]) -> None:
    ends = [_endpoint(name) for name in "abcd"]
    told = _ask(
        asked,
        a=[SourceRejectedError("a", "no index")],
        b=[_down("b")],
        c=[ReorgError("c", 5, "aa", "bb"), None],
    )
    words, failures = PaymentFleet(BITCOIN, ends, 1).hear(told, lambda words: len(words) == 3)
    assert {w.said for w in words} == {"c", "d"}
    assert sorted(map(str, failures)) == ["a: no index", "b: is down"]
    assert (asked.count("a"), asked.count("b")) == (1, 3), "asked again, unless it refuses"


def test_patience_is_not_spent_twice(asked: list[str]) -> None:
    """What failed all the time is asked once for each later question, until it answers."""
    fleet = PaymentFleet(BITCOIN, [_endpoint("a")], 1)
    down = [_down("a")]
    for tries in (3, 1, 1):
        asked.clear()
        words, (failure,) = fleet.hear(_ask(asked, a=down), lambda _: True)
        assert (words, str(failure), len(asked)) == ([], "a: is down", tries)
    asked.clear()
    assert fleet.hear(_ask(asked), lambda _: True)[0][0].said == "a"
    assert len(asked) == 1
    asked.clear()
    fleet.hear(_ask(asked, a=down), lambda _: True)
    assert len(asked) == 3, "it had come back"


def test_a_wish_to_wait_is_kept(asked: list[str]) -> None:
    fleet = PaymentFleet(BITCOIN, [_endpoint("a"), _endpoint("b")], 1)
    slow = _ask(asked, a=[_down("a", 50.0)], b=[_down("b", 50.0)])
    words, failures = fleet.hear(slow, lambda _: True)
    assert (words, len(failures)) == ([], 2)
    assert len(asked) <= pool.TRIES
    asked.clear()
    words, failures = fleet.hear(_ask(asked), lambda _: True)
    assert (asked, words) == ([], []), "it is not time yet"
    assert sorted(map(str, failures)) == ["a: is down", "b: is down"]


def test_quorums_and_chains_that_cannot_be(asked: list[str]) -> None:
    with pytest.raises(ConfigError, match=r"bitcoin \(.*esplora\): a quorum of 2 needs"):
        PaymentFleet(BITCOIN, [_endpoint("a"), _endpoint("a2")], 2)
    with pytest.raises(ConfigError, match="different chains"):
        PaymentFleet(BITCOIN, [_endpoint("a"), _endpoint("b", chain="regtest")], 1)
    assert asked == []
