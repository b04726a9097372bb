"""The last block before a time is one that so many operators name."""

import pytest

from scanner.chains.bitcoin.several import SeveralNodes
from scanner.chains.fleet.interface import ReaderAbility
from scanner.chains.fleet.source import FleetSource
from scanner.chains.interface import Ability, Reach, ReadPolicy
from scanner.errors import HeightNotReachedError, SourceRejectedError
from scanner.model.balance import Evidence
from scanner.model.endpoint import Endpoint
from scanner.settings.tables import load_registry

REGISTRY = load_registry()
BITCOIN = REGISTRY.network("bitcoin")


class Told:
    """A Reader and a source at once that names one block, or None: it is not so far yet."""

    network = "bitcoin"

    def __init__(self, endpoint, height):
        self.endpoint, self.name, self.height = endpoint, endpoint.name, height

    def check(self):
        pass

    def height_at(self, time):
        if self.height is None:
            raise HeightNotReachedError(self.name, 9, 8)
        return self.height


class Reader(Told):
    ability = ReaderAbility(Reach.ANY, batch=10)


class Source(Told):
    ability = Ability(Reach.ANY, Evidence.REPORTED, 10)

    def pin(self, height):
        raise NotImplementedError

    def fetch_balances(self, queries, at, progress=None):
        raise NotImplementedError


def fleet(endpoints, heights, policy):
    readers = [Reader(e, h) for e, h in zip(endpoints, heights, strict=True)]
    return FleetSource(BITCOIN, readers, policy, REGISTRY)


def nodes(endpoints, heights, policy):
    pairs = [(e, Source(e, h)) for e, h in zip(endpoints, heights, strict=True)]
    return SeveralNodes(BITCOIN, pairs, policy)


@pytest.fixture(params=[fleet, nodes])
def height_at(request, monkeypatch):
    monkeypatch.setattr("scanner.chains.fleet.pool.pause", lambda _: None)

    def ask(quorum, *heights):
        endpoints = [
            Endpoint(f"n{n}", "bitcoin", "p", "http://127.0.0.1:9", operator=f"o{n}")
            for n in range(len(heights))
        ]
        return request.param(endpoints, heights, ReadPolicy(quorum)).height_at(5)

    return ask


@pytest.mark.parametrize(
    ("quorum", "heights", "expected"),
    [(1, (4, 3), 4), (2, (3, 3), 3), (2, (4, 3, 3), 3), (2, (None, 3, 3), 3), (3, (4, 3, 3, 3), 3)],
)
def test_a_lone_liar_is_outvoted(height_at, quorum, heights, expected):
    assert height_at(quorum, *heights) == expected


def test_no_two_of_one_mind(height_at):
    with pytest.raises(SourceRejectedError, match="before a time: n0, n1, n2 disagree"):
        height_at(2, 4, 3, 2)
    with pytest.raises(HeightNotReachedError):
        height_at(2, 4, None)
