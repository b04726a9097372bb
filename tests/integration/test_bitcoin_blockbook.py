"""Blockbook as a source: its published API from a stub that a real regtest chain feeds."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from support.bitcoin_chain import Chain, address, query, regtest
from support.blockbook_stub import BlockbookStub
from support.scripted_http import Said

from scanner.chains.interface import BalanceSource
from scanner.chains.table import SOURCES, make_source
from scanner.errors import HeightNotReachedError, SourceError, SourceUnavailableError
from scanner.model.addresses.scripts import script_pubkey
from scanner.model.balance import Evidence
from scanner.model.endpoint import Endpoint
from scanner.model.network import Holding
from scanner.settings.tables import load_registry

pytestmark = pytest.mark.node
REGISTRY = load_registry()
DOGECOIN = REGISTRY.network("dogecoin")
DOGE = Holding("DOGE", "dogecoin", "", 8)
ADDRESSES = [address("p2pkh", bytes([n]) * 20, "dogecoin") for n in (1, 2, 3)]
QUERIES = [query(a, DOGE) for a in ADDRESSES]
NAMES = {script_pubkey(a).hex(): a.text for a in ADDRESSES}


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scanner.chains.fleet.pool.pause", lambda _: None)


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chain]:
    with regtest(tmp_path_factory.mktemp("blockbook")) as chain:
        coin = chain.fund(1)[0]
        first = chain.pay(
            coin,
            [(script_pubkey(a), 1000 + n) for n, a in enumerate(ADDRESSES[:2])]
            + [(b"\x51", 10**6)] * 50,
        )
        for n in range(45):
            chain.pay((first, 2 + n), [(script_pubkey(ADDRESSES[0]), 100 + n)])
        yield chain


@pytest.fixture
def stub(chain: Chain) -> Iterator[BlockbookStub]:
    with BlockbookStub(chain, NAMES).serve() as stub:
        yield stub


def _source(stub: BlockbookStub) -> BalanceSource:
    endpoint = Endpoint("bb", "dogecoin", "blockbook", stub.url, chain="regtest")
    return make_source("blockbook", DOGECOIN, [endpoint], REGISTRY)


def test_dogecoin_is_read_by_blockbook() -> None:
    assert DOGECOIN.sources == ("blockbook",)
    assert all(
        name in SOURCES
        for n in REGISTRY.networks.values()
        if n.kind == "utxo"
        for name in n.sources
    )


def test_the_tip_and_past_heights(chain: Chain, stub: BlockbookStub) -> None:
    source = _source(stub)
    tip = source.pin(chain.tip())
    answers = source.fetch_balances(QUERIES, tip)
    assert [b.amount for b in answers] == [1000 + sum(range(100, 145)), 1001, 0]
    assert answers[0].evidence is Evidence.REPORTED
    assert json.loads(answers[0].detail) == {"transactions": 46}
    past = source.pin(tip.height - 40)
    assert [b.amount for b in source.fetch_balances(QUERIES, past)] == [
        1000 + sum(range(100, 105)),
        1001,
        0,
    ]
    with pytest.raises(HeightNotReachedError):
        source.pin(chain.tip() + 1)
    source.close()


def test_what_it_cannot_or_should_not_say(chain: Chain, stub: BlockbookStub) -> None:
    source = _source(stub)
    at = source.pin(None)
    other = source.fetch_balances([query(address("p2pkh", b"\x09" * 20, "dogecoin"), DOGE)], at)[0]
    assert (other.evidence, other.amount) == (Evidence.UNAVAILABLE, None)
    assert "no address it knows" in other.reason
    stub.in_sync = False
    with pytest.raises(SourceUnavailableError, match="not in sync"):
        source.pin(None)
    stub.in_sync = True
    good = {"address": ADDRESSES[0].text, "balance": "1", "unconfirmedTxs": 0, "txs": 0}
    stub.instead = lambda path: (
        Said(200, json.dumps(good).encode()) if "/address/" in path else None
    )
    assert source.fetch_balances(QUERIES[:1], at)[0].amount == 1
    for wrong in (
        {"balance": "-1"},
        {"balance": "1e3"},
        {"balance": 5},
        {"balance": "9" * 25},
        {"txs": "1"},
        {"address": ADDRESSES[1].text},
    ):
        body = json.dumps({**good, **wrong}).encode()
        stub.instead = lambda path, body=body: Said(200, body) if "/address/" in path else None  # type: ignore[misc]
        with pytest.raises(SourceError, match="invalid answer"):
            source.fetch_balances(QUERIES[:1], at)
    stub.instead = lambda path: Said(503) if "/address/" in path else None
    with pytest.raises(SourceUnavailableError, match="HTTP 503"):
        source.fetch_balances(QUERIES[:1], at)
    source.close()
