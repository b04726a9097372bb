"""The search for validators over HTTP, with endpoints that fail (a stub: no real node here)."""

from __future__ import annotations

import random
import threading
from contextlib import ExitStack

import pytest
from support.beacon_stub import BeaconStub, beacon_endpoint, failed
from support.scripted_http import Said

from scanner.chains.evm.beacon_api import INDEXES_A_GET, PAGE
from scanner.chains.interface import ReadPolicy, ValidatorFinder
from scanner.chains.table import make_source
from scanner.errors import SourceRejectedError, SourceUnavailableError
from scanner.model.balance import Evidence
from scanner.model.validator import payee
from scanner.settings.tables import load_registry

REGISTRY = load_registry()
BEACON = REGISTRY.network("ethereum-beacon")
ADDRESS = "0x" + "ab" * 20
MINE = payee(ADDRESS, "ethereum").credentials
COUNT = PAGE + 100
ODD = ["0x01" + "00" * 10 + "01" + "ab" * 20, "0x00" + "00" * 11 + "ab" * 20, "0x03" + "ab" * 31]
STATE = {
    "0x8" + f"{n:095x}": (
        32 * 10**9 + n,
        "active_ongoing",
        [*sorted(MINE), *ODD][n % 5],
    )
    for n in range(COUNT)
}
FOUND = [n for n in range(COUNT) if n % 5 < 2]


def stub(**more) -> BeaconStub:
    return BeaconStub({0: {}, 10: STATE, 11: {}}, finalized=10, **more)


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr("scanner.net.ending.pause", lambda _: None)


@pytest.fixture
def search():
    """Search at these stubs. Gives what was found."""
    with ExitStack() as stack:

        def run(*stubs: BeaconStub, quorum: int = 1):
            endpoints = [
                beacon_endpoint(n, stack.enter_context(s.serve())) for n, s in enumerate(stubs)
            ]
            source = make_source("beacon", BEACON, endpoints, REGISTRY, ReadPolicy(quorum))
            stack.callback(source.close)
            assert isinstance(source, ValidatorFinder)
            return source.find_validators(lambda v: v.credentials in MINE, source.pin(10))

        yield run


def check(found):
    assert [v.index for v in found.validators] == FOUND
    assert [v.balance for v in found.validators] == [32 * 10**9 + n for n in FOUND]
    assert found.total == COUNT


def test_two_pages_are_two_posts_and_the_end_is_asked_for_alone(search):
    chain = stub()
    check(search(chain))
    asked = [path for path in chain.asked if "/states/" in path]
    assert [path.partition("/states/")[2].partition("/")[2] for path in asked] == [
        "validators",
        "validators",
        f"validators/{COUNT - 1}",
        f"validators/{COUNT}",
    ]


def sometimes(share: float, fault):
    """A fault at this share of the requests that ask for validators."""
    lock, chance = threading.Lock(), random.Random(3)

    def answer(request):
        with lock:
            hit = "/validators" in request.path and chance.random() < share
        return fault(request) if hit else None

    return answer


def drop(request):
    raise ConnectionAbortedError


FAULTS = {
    "429": lambda request: Said(429, b"slow down", {"retry-after": "0"}),
    "500": lambda request: Said(500, b"oops"),
    "dropped": drop,
    "cut off": lambda request: Said(200, b'{"data":[{"index":"0"'),
    "no answer to speak of": lambda request: Said(200, b'{"data":null}'),
}


@pytest.mark.parametrize("what", FAULTS)
def test_an_endpoint_that_fails_now_and_then(search, what):
    chain = stub(fault=sometimes(0.4, FAULTS[what]))
    check(search(chain))
    assert sum("/validators" in path for path in chain.asked) > 4, "something was asked again"


@pytest.mark.parametrize("what", FAULTS)
def test_an_endpoint_that_always_fails_is_an_error_or_another_one_is_asked(search, what):
    broken = stub(fault=sometimes(1, FAULTS[what]))
    with pytest.raises(SourceUnavailableError):
        search(broken)
    found = search(broken, stub())
    check(found)
    assert found.sources == ("b1",)


@pytest.mark.parametrize("status", [405, 413, 501])
def test_a_server_that_takes_no_post_is_asked_by_get(search, status):
    chain = stub(fault=lambda seen: failed(status, "no") if seen.method == "POST" else None)
    check(search(chain))
    assert sum("POST" in path for path in chain.asked) == 1
    gets = [path for path in chain.asked if "?id=" in path]
    assert len(gets) == PAGE // INDEXES_A_GET + 100 // INDEXES_A_GET + 1


def test_a_page_of_many_gets_goes_on_where_one_failed(search):
    chain = stub(takes_posts=False, fault=sometimes(0.1, FAULTS["500"]))
    check(search(chain))
    gets = [path for path in chain.asked if "?id=" in path]
    assert len(gets) < 1.5 * COUNT / INDEXES_A_GET


def test_an_answer_larger_than_a_page_can_be_is_refused(search):
    def flood(seen):
        return Said(200, b" " * 16_000_000) if seen.method == "POST" else None

    with pytest.raises(SourceRejectedError, match="larger than"):
        search(stub(fault=flood))


def test_a_quorum_of_operators_over_http(search):
    found = search(stub(), stub(takes_posts=False), quorum=2)
    check(found)
    assert (found.evidence, found.sources) == (Evidence.AGREED, ("b0", "b1"))
    found = search(stub(), stub(lie=1), quorum=2)
    assert (found.validators, found.unsettled) == ((), len(FOUND))
    check(search(stub(), stub(lie=1), stub(), quorum=2))
