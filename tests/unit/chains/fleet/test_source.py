"""A fleet of readers is a source: the contract over the smallest family, and what is the fleet's."""

from __future__ import annotations

import hashlib
import json
from contextlib import closing
from dataclasses import replace
from itertools import count

import pytest
from support.plain_reader import TIP, PlainReader, PlainServer
from support.reader_contract import ReaderContract

from scanner.chains.fleet.interface import (
    Answer,
    Reader,
    ReaderAbility,
    Reading,
    Refusal,
    State,
)
from scanner.chains.fleet.source import FleetSource
from scanner.chains.interface import (
    AgainReader,
    BalanceSource,
    Prober,
    Reach,
    ReadPolicy,
    TimeFinder,
)
from scanner.errors import ConfigError, SourceRejectedError, SourceUnavailableError
from scanner.model.addresses.interface import Address
from scanner.model.balance import BalanceQuery, Evidence
from scanner.model.block import BlockRef
from scanner.model.endpoint import Endpoint
from scanner.model.parts import Part, parts_of
from scanner.settings.tables import load_registry

REGISTRY = load_registry()
TRON = REGISTRY.network("tron")
TRX = REGISTRY.holding("TRX", "tron")


def query(n: int) -> BalanceQuery:
    payload = b"\x41" + hashlib.sha256(bytes([n])).digest()[:20]
    text = _base58check(payload)
    return BalanceQuery(Address("tron", "tron", payload[1:], text, text), TRX)


def _base58check(payload: bytes) -> str:
    import base58

    return base58.b58encode_check(payload).decode()


HELD = {query(n).address.text: (10**n, 3 * n) for n in (1, 5, 9, 13, 20)}


class TestPlainAtHeights(ReaderContract):
    network, height, too_high = "tron", 100, TIP + 1
    funded = tuple((query(n), 10**n + 3 * n) for n in (1, 5, 9, 13, 20))
    absent = (query(30), query(31))

    def start(self) -> PlainServer:
        return PlainServer(HELD, TRON.chain_id)

    def reader(self, endpoint: Endpoint) -> Reader:
        return PlainReader(endpoint, TRON)


class TestPlainAtTheTip(TestPlainAtHeights):
    height = TIP

    def reader(self, endpoint: Endpoint) -> Reader:
        return PlainReader(endpoint, TRON, Reach.TIP)


class Told:
    """A reader that answers from a function of the query and of how often it was asked."""

    def __init__(self, name, say, operator="", reach=Reach.ANY, batch=10, own=False, chain=""):
        self.endpoint = Endpoint(
            name, "tron", "told", "http://127.0.0.1:1", operator=operator, own=own, chain=chain
        )
        self.ability = ReaderAbility(reach, batch)
        self.say, self.asked = say, []
        self._count = count()

    def check(self):
        pass

    def pin(self, height):
        return BlockRef("tron", TRON.chain_id, height or TIP, "aa", 1)

    def hash_at(self, height):
        return "aa"

    def read(self, queries, at) -> list[Answer]:
        self.asked.append([q.address.text for q in queries])
        n = next(self._count)
        return [self.say(q, n) for q in queries]

    def probe(self):
        return {"history": "any"}

    def close(self):
        pass


def says(amount, **parts):
    return lambda q, n: Reading({Part.LIQUID: amount, **parts}, State(TIP, "aa"))


def fleet(*readers, quorum=1):
    return FleetSource(TRON, readers, ReadPolicy(quorum=quorum), REGISTRY)


def read(source, *queries, height=None):
    return source.fetch_balances(queries, source.pin(height))


def test_it_is_what_the_rest_of_the_scanner_asks():
    source: BalanceSource = fleet(Told("a", says(1)))
    assert isinstance(source, TimeFinder)
    assert isinstance(source, Prober)
    with pytest.raises(SourceRejectedError, match="cannot find blocks by time"):
        source.height_at(5)  # type: ignore[attr-defined]


def test_parts_are_kept_and_rewards_are_no_amount():
    reading = Reading({Part.LIQUID: 5, Part.STAKED: 2**70, Part.REWARD: 3}, State(TIP, "aa"))
    (found,) = read(fleet(Told("a", lambda *_: reading)), query(1))
    assert found.amount == 5 + 2**70
    assert parts_of(found.detail) == {Part.LIQUID: 5, Part.STAKED: 2**70, Part.REWARD: 3}


def test_only_liquid_is_not_said_twice():
    (found,) = read(fleet(Told("a", says(5))), query(1))
    assert (found.amount, found.detail) == (5, "")


def test_parts_that_differ_are_no_agreement_though_their_sum_is_the_same():
    a = Told("a", says(5, **{Part.STAKED: 2}), "one")
    b = Told("b", says(2, **{Part.STAKED: 5}), "two")
    (found,) = read(fleet(a, b, quorum=2), query(1))
    assert found.amount is None
    assert json.loads(found.detail)["disagree"] == {
        "a": "7 (liquid 5, staked 2)",
        "b": "7 (liquid 2, staked 5)",
    }


def test_two_against_two_is_nobodys_answer():

    def odd(q, n):
        return Reading({Part.LIQUID: 7 if q == query(1) else 5}, State(TIP, "aa"))

    readers = [Told(n, says(5) if n in "ab" else odd, n) for n in "abcd"]
    found = read(fleet(*readers, quorum=3), query(1), query(2))
    assert found[0].amount is None
    assert found[1].amount == 5


def test_operators_that_nobody_named_are_one():
    readers = [Told("a", says(5)), Told("b", says(5))]
    with pytest.raises(ConfigError, match="without an operator count as one"):
        fleet(*readers, quorum=2)
    named = [Told("a", says(5), "Acme"), Told("b", says(5), " acme ")]
    with pytest.raises(ConfigError, match="the endpoints have 1"):
        fleet(*named, quorum=2)


def test_the_users_own_endpoint_is_asked_first():
    a, b = Told("a", says(1), "one"), Told("b", says(2), "two", own=True)
    (found,) = read(fleet(a, b), query(1))
    assert (found.amount, found.sources, a.asked) == (2, ("b",), [])


def test_an_answer_for_another_block_is_refused():
    other = Told("a", lambda *_: Reading({Part.LIQUID: 5}, State(TIP, "bb")))
    (found,) = read(fleet(other), query(1))
    assert found.amount is None
    assert "answered for block 120 bb" in found.reason


def test_an_absence_must_name_its_state():
    with pytest.raises(ValueError, match="names its state"):
        Reading({}, absent=True)


def test_a_moving_balance_is_read_until_two_passes_agree():
    amounts = {0: 10, 1: 7}

    def moving(q, n):
        amount = amounts.get(n, 0) if q == query(1) else 3
        return Reading({Part.LIQUID: amount}, State(TIP + n, f"h{n}", 50 + n))

    reader = Told("a", moving, reach=Reach.TIP)
    source = fleet(reader)
    found = read(source, query(1), query(2))
    assert [b.amount for b in found] == [0, 3]
    assert {b.evidence for b in found} == {Evidence.LATEST_ONLY}
    assert json.loads(found[1].detail)["read_at"] == {"height": 122, "hash": "h2", "time": 52}
    assert found[0].reason == "it changed while the list was read"
    assert source.ability.evidence is Evidence.LATEST_ONLY


def test_a_node_that_is_behind_does_not_bear_out_what_was_read_before():
    """One coin: on the second row when that was read first, on the first by a node that is behind.

    Two passes that agree row by row have it twice, unless the second is of states after the first.
    """
    coin = {TIP: query(1), TIP + 5: query(2)}
    heights = iter([TIP, TIP + 5, TIP, TIP + 5, *[TIP + 5] * 40])

    def moving(q, _n):
        height = next(heights)
        return Reading({Part.LIQUID: 1 if coin[height] == q else 0}, State(height, f"h{height}"))

    reader = Told("a", moving, reach=Reach.TIP, batch=1)
    source = fleet(reader)
    source._threads = 1
    assert [b.amount for b in read(source, query(1), query(2))] == [0, 1]


def test_a_state_that_moved_on_while_it_was_read_is_of_its_end(monkeypatch):
    monkeypatch.setattr("scanner.net.ending.pause", lambda _seconds: None)

    def moving(_q, _n):
        return Reading({Part.LIQUID: 1}, State(TIP, "h"), detail={"to_height": str(TIP + 3)})

    with pytest.raises(SourceUnavailableError, match="older than"):
        read(fleet(Told("a", moving, reach=Reach.TIP)), query(1))


def test_a_balance_that_never_rests_has_no_amount():
    def restless(q, n):
        return Reading({Part.LIQUID: n if q == query(1) else 3}, State(TIP, "h"))

    found = read(fleet(Told("a", restless, reach=Reach.TIP)), query(1), query(2))
    assert [b.amount for b in found] == [None, 3]
    assert "no two passes agreed" in found[0].reason


def test_rewards_that_grow_while_a_newest_state_is_read_change_no_holding():
    def growing(_q, n):
        return Reading({Part.LIQUID: 100, Part.REWARD: 5 + n}, State(TIP, "h"))

    (found,) = read(fleet(Told("a", growing, reach=Reach.TIP)), query(1))
    assert (found.amount, found.reason) == (100, "")


def test_the_newest_state_must_not_be_older_than_the_pin(monkeypatch):
    waits = []
    monkeypatch.setattr("scanner.net.ending.pause", waits.append)
    late = Told("a", lambda *_: Reading({Part.LIQUID: 5}, State(TIP - 1)), reach=Reach.TIP)
    with pytest.raises(SourceUnavailableError, match="older than 120"):
        read(fleet(late), query(1))
    assert waits, "a node that is behind is asked again"
    silent = Told("a", lambda *_: Reading({Part.LIQUID: 5}), reach=Reach.TIP)
    (found,) = read(fleet(silent), query(1))
    assert "does not say which state" in found.reason


def test_who_is_on_another_chain_after_the_reading_is_replaced():
    class Balancer(Told):
        checks = 0

        def check(self):
            self.checks += 1
            if self.checks > 1:
                raise SourceRejectedError(self.endpoint.name, "is not on tron")

    turned = Balancer("a", says(8), reach=Reach.TIP, own=True)
    source = fleet(turned, Told("b", says(7), reach=Reach.TIP))
    at = source.pin(None)
    with pytest.raises(SourceUnavailableError, match="a: changed while it was read: now it is not"):
        source.fetch_balances([query(1)], at)
    (found,) = source.fetch_balances([query(1)], at)
    assert (found.amount, found.sources) == (7, ("b",))
    (found,) = source.read_again([query(1)], at)
    assert found.sources == ("b",)
    source.close()
    with closing(fleet(Balancer("a", says(8), reach=Reach.TIP))) as source:
        at = source.pin(None)
        with pytest.raises(SourceUnavailableError, match="changed while it was read"):
            source.read_again([query(1)], at)


def test_what_is_asked_twice_is_read_once():
    reader = Told("a", says(5))
    found = read(fleet(reader), query(1), query(2), query(1))
    assert [b.amount for b in found] == [5, 5, 5]
    assert [len(asked) for asked in reader.asked] == [2]


def test_a_second_reading_is_one_pass_and_asks_again_for_what_was_left_out():
    def say(q, n):
        if q.address.text == query(5).address.text and n == 0:
            return Refusal("left out")
        return Reading({Part.LIQUID: 7}, State(TIP + n, "aa"))

    reader = Told("a", say, reach=Reach.TIP)
    with closing(fleet(reader)) as source:
        assert isinstance(source, AgainReader)
        at = source.pin(None)
        found = source.read_again([query(1), query(5)], at)
    assert [b.amount for b in found] == [7, 7]
    texts = [query(n).address.text for n in (1, 5)]
    assert reader.asked == [texts, texts[1:]]


def test_a_second_reading_of_an_older_state_is_none(monkeypatch):
    monkeypatch.setattr("scanner.net.ending.pause", lambda _seconds: None)
    reader = Told("a", says(7), reach=Reach.TIP)
    with closing(fleet(reader)) as source:
        later = replace(source.pin(None), height=TIP + 1)
        with pytest.raises(SourceUnavailableError, match=f"older than {TIP + 1}"):
            source.read_again([query(1)], later)


def test_at_a_block_a_second_reading_is_as_the_first():
    reader = Told("a", says(7))
    with closing(fleet(reader)) as source:
        at = source.pin(5)
        reader.say = lambda q, n: Reading({Part.LIQUID: 7}, State(5, "aa"))
        assert source.read_again([query(1)], at) == source.fetch_balances([query(1)], at)
