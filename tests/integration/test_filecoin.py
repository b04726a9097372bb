"""Filecoin's addresses by their actor numbers, on a real EVM node with Lotus' answers before it."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace

import pytest
from support import evm_chain as chain
from support.filecoin_stub import lotus

from scanner.chains.interface import ReadPolicy
from scanner.chains.table import make_source
from scanner.errors import SourceError, SourceUnavailableError
from scanner.model.addresses.filecoin import FilecoinCodec
from scanner.model.addresses.table import decode_address
from scanner.model.balance import BalanceQuery, Evidence
from scanner.settings.tables import load_registry

pytestmark = pytest.mark.node

REGISTRY = load_registry()
FILECOIN = REGISTRY.network("filecoin")
FIL = REGISTRY.holding("FIL", "filecoin")
CODEC = FilecoinCodec("filecoin", "")
F1, F2, NOBODY = (CODEC.encode(p, chain.holder(n)) for p, n in ((1, 2), (2, 3), (1, 4)))
F3 = CODEC.encode(3, bytes(range(48)))
F410 = CODEC.encode(4, chain.holder(1))
NUMBERS = {F1: 1001, F2: 1002, F3: 1003}
HELD = {F1: 2_413_113_463_034_402_378_767_142, F2: 5, F3: 6, F410: 7, "f01729": 8}


def masked(number: int) -> bytes:
    return b"\xff" + bytes(11) + number.to_bytes(8)


def query(address: str) -> BalanceQuery:
    return BalanceQuery(decode_address(FILECOIN, address), FIL)


@pytest.fixture
def node(anvil_factory):
    accounts = {masked(number): HELD[address] for address, number in NUMBERS.items()}
    accounts |= {chain.holder(1): 7, masked(1729): 8}
    made = anvil_factory(chain.genesis(accounts, {}), 314)
    made.rpc("anvil_mine", "0x8")
    return made


def endpoint(node, url, name="one"):
    return replace(
        node.endpoint(name), network="filecoin", protocol="filecoin_rpc", url=url, operator=name
    )


def test_all_spellings_are_read_in_one_state(node):
    with lotus(node.url, NUMBERS) as url:
        source = make_source("filecoin_rpc", FILECOIN, [endpoint(node, url)], REGISTRY)
        queries = [query(a) for a in (F1, NOBODY, F410, F2, "f01729", F3, F1)]
        found = source.fetch_balances(queries, source.pin(5))
        source.close()
    assert [b.amount for b in found] == [HELD[F1], 0, 7, 5, 8, 6, HELD[F1]]
    assert {b.evidence for b in found} == {Evidence.REPORTED}
    assert {b.sources for b in found} == {("one",)}


def test_an_epoch_without_a_block_has_the_state_of_the_one_before(node):
    with lotus(node.url, NUMBERS, frozenset({5, 6})) as url:
        source = make_source("filecoin_rpc", FILECOIN, [endpoint(node, url)], REGISTRY)
        assert source.pin(6).height == 4
        (found,) = source.fetch_balances([query(F1)], source.pin(6))
        source.close()
    assert found.amount == HELD[F1]


@pytest.mark.parametrize("said", [{"result": None}, {"result": "t01"}, {"result": 5}])
def test_no_number_is_not_nobody(node, said):
    def trick(call):
        return said if call["method"] == "Filecoin.StateLookupID" else None

    with lotus(node.url, NUMBERS, trick=trick) as url:
        source = make_source("filecoin_rpc", FILECOIN, [endpoint(node, url)], REGISTRY)
        source.pool._sleep = lambda _: None
        with pytest.raises(SourceUnavailableError):
            source.fetch_balances([query(F1)], source.pin(5))
        source.close()


def test_a_refused_lookup_is_not_nobody(node):
    def trick(call):
        if call["method"] != "Filecoin.StateLookupID":
            return None
        return {"error": {"code": -32601, "message": "method not supported on this plan"}}

    with lotus(node.url, NUMBERS, trick=trick) as url:
        source = make_source("filecoin_rpc", FILECOIN, [endpoint(node, url)], REGISTRY)
        with pytest.raises(SourceError):
            source.fetch_balances([query(F1)], source.pin(5))
        source.close()


def test_a_quorum_settles_whose_actor_it_is(node):
    with ExitStack() as stack:
        urls = [
            stack.enter_context(lotus(node.url, numbers))
            for numbers in (NUMBERS, NUMBERS | {F1: 1002}, NUMBERS)
        ]
        made = [endpoint(node, url, name) for url, name in zip(urls, "abc", strict=True)]
        policy = ReadPolicy(quorum=2)
        three = make_source("filecoin_rpc", FILECOIN, made, REGISTRY, policy)
        (found,) = three.fetch_balances([query(F1)], three.pin(5))
        three.close()
        two = make_source("filecoin_rpc", FILECOIN, made[:2], REGISTRY, policy)
        disputed, agreed = two.fetch_balances([query(F1), query(F2)], two.pin(5))
        two.close()
    assert (found.amount, found.evidence) == (HELD[F1], Evidence.AGREED)
    assert disputed.amount is None
    assert "do not agree" in disputed.reason
    assert agreed.amount == 5
