"""Esplora as a source: its published API from a stub that a real regtest chain feeds."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest
from support.bitcoin_chain import ANYONE, Chain, query, regtest
from support.esplora_stub import EsploraStub
from support.scripted_http import Said

from scanner.chains.bitcoin.core_scan import CoreScan
from scanner.chains.interface import BalanceSource, Reach, ReadPolicy
from scanner.chains.table import make_source
from scanner.errors import (
    ConfigError,
    HeightNotReachedError,
    ReorgError,
    SourceError,
    SourceRejectedError,
    SourceUnavailableError,
)
from scanner.model.addresses.scripts import script_pubkey
from scanner.model.addresses.table import decode_address
from scanner.model.balance import Evidence
from scanner.model.endpoint import Endpoint
from scanner.settings.tables import load_registry

pytestmark = pytest.mark.node
REGISTRY = load_registry()
BITCOIN = REGISTRY.network("bitcoin")
# Addresses of known scripts (BIP-173 and BIP-350 examples, the genesis block, a burn address, a P2SH).
TEXTS = [
    "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa",
    "3P14159f73E4gFr7JterCCQh9QjiTjiZrG",
    "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",
    "bc1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3qccfmv3",
    "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0",
    "1BitcoinEaterAddressDontSendf59kuE",
]
QUERIES = [query(decode_address(BITCOIN, text)) for text in TEXTS]
SCRIPTS = [script_pubkey(q.address) for q in QUERIES]


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scanner.chains.fleet.pool.pause", lambda _: None)


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chain]:
    with regtest(tmp_path_factory.mktemp("esplora")) as chain:
        coins = chain.fund(4)
        first = chain.pay(
            coins[0], [(s, 1000 + n) for n, s in enumerate(SCRIPTS[:5])] + [(b"\x51", 10**6)] * 90
        )
        for n in range(70):  # several pages for one address
            chain.pay((first, 5 + n), [(SCRIPTS[0], 100 + n)])
        yield chain


@pytest.fixture
def stub(chain: Chain) -> Iterator[EsploraStub]:
    with EsploraStub(chain).serve() as stub:
        yield stub


def _endpoint(stub: EsploraStub, name: str = "a", **more: object) -> Endpoint:
    made = Endpoint(name, "bitcoin", "esplora", stub.url, operator=name, chain="regtest")
    return replace(made, **more)  # type: ignore[arg-type]


def _source(*endpoints: Endpoint, quorum: int = 1) -> BalanceSource:
    return make_source("esplora", BITCOIN, endpoints, REGISTRY, ReadPolicy(quorum=quorum))


def test_the_tip_and_every_height_like_the_node_itself(chain: Chain, stub: EsploraStub) -> None:
    source = _source(_endpoint(stub))
    assert source.ability.reach is Reach.ANY
    tip = source.pin(chain.tip())
    node = CoreScan(BITCOIN, chain.node.endpoint("n"))
    assert tip == node.pin(None)
    by_node = [b.amount for b in node.fetch_balances(QUERIES, tip)]
    shares: list[float] = []
    answers = source.fetch_balances([*QUERIES, QUERIES[0]], tip, shares.append)
    assert [b.amount for b in answers] == [*by_node, by_node[0]]
    assert {b.evidence for b in answers} == {Evidence.REPORTED}
    assert shares[-1] == 1.0
    assert json.loads(answers[0].detail)["transactions"] == 71

    back = source.pin(tip.height - 60)
    amounts = [b.amount for b in source.fetch_balances(QUERIES, back)]
    assert amounts == [1000 + sum(100 + n for n in range(10)), 1001, 1002, 1003, 1004, 0]
    assert any("txs/chain" in path for path in stub.seen), "one page is not enough for this"
    before = source.pin(50)
    assert {b.amount for b in source.fetch_balances(QUERIES, before)} == {0}
    assert source.pin(None).height == chain.tip() - 5
    source.close()
    node.close()


def test_scripts_without_an_address(chain: Chain, stub: EsploraStub) -> None:
    source = _source(_endpoint(stub))
    asked = [q._replace(address=q.address._replace(text="")) for q in QUERIES]
    at = source.pin(chain.tip())
    assert [b.amount for b in source.fetch_balances(asked, at)] == [
        b.amount for b in source.fetch_balances(QUERIES, at)
    ]
    assert any(path.startswith("scripthash/") for path in stub.seen)
    source.close()


def test_unconfirmed_is_told_and_not_counted(chain: Chain, stub: EsploraStub) -> None:
    stub.pending[TEXTS[1]] = 12_345
    source = _source(_endpoint(stub))
    first, second = source.fetch_balances(QUERIES[1:3], source.pin(chain.tip()))
    assert first.amount == 1001
    assert json.loads(first.detail)["unconfirmed"] == "12345"
    assert "unconfirmed" not in second.detail
    source.close()


@pytest.mark.parametrize(("page", "waiting"), [(10, 0), (10, 4), (25, 20)])
def test_a_page_that_is_full_of_unconfirmed_ones_is_not_the_last(
    chain: Chain, stub: EsploraStub, page: int, waiting: int
) -> None:
    stub.page, stub.waiting = page, waiting
    source = _source(_endpoint(stub))
    first = source.fetch_balances(QUERIES[:1], source.pin(chain.tip() - 60))[0]
    assert first.amount == 1000 + sum(100 + n for n in range(10))
    source.close()


def test_busy_addresses_are_unavailable_and_another_server_helps(
    chain: Chain, stub: EsploraStub
) -> None:
    stub.busy.add(TEXTS[0])
    source = _source(_endpoint(stub))
    at = source.pin(None)
    first, second = source.fetch_balances(QUERIES[:2], at)
    assert (first.amount, first.evidence) == (None, Evidence.UNAVAILABLE)
    assert "too many transactions" in first.reason
    assert second.amount == 1001
    source.close()
    with EsploraStub(chain).serve() as other:
        both = _source(_endpoint(stub, "a", own=True), _endpoint(other, "b"))
        answers = both.fetch_balances(QUERIES[:2], at)
        assert [b.sources for b in answers] == [("b",), ("a",)]
        assert answers[0].amount is not None
        both.close()


def test_slow_down_is_obeyed_and_failures_move_on(chain: Chain, stub: EsploraStub) -> None:
    source = _source(_endpoint(stub))
    at = source.pin(None)
    stub.queue += [Said(429, b"", {"retry-after": "0"}), Said(429, b"", {"retry-after": "0"})]
    assert source.fetch_balances(QUERIES[1:2], at)[0].amount == 1001
    stub.queue += [Said(502)]
    assert source.fetch_balances(QUERIES[1:2], at)[0].amount == 1001
    stub.queue += [Said(502)] * 99
    with pytest.raises(SourceUnavailableError, match="HTTP 502"):
        source.fetch_balances(QUERIES[1:2], at)
    stub.queue.clear()
    source.close()
    dead = Endpoint(
        "dead", "bitcoin", "esplora", "http://127.0.0.1:1/api", chain="regtest", own=True
    )
    both = _source(dead, _endpoint(stub))
    assert both.pin(at.height) == at
    assert both.fetch_balances(QUERIES[1:2], at)[0].sources == ("a",)
    both.close()


def test_a_quorum_agrees_outvotes_and_disagrees(chain: Chain, stub: EsploraStub) -> None:
    with EsploraStub(chain).serve() as liar, EsploraStub(chain).serve() as third:
        at_height = chain.tip()
        # Not of the pinned block: whom that one pays is asked for, and would find out the liar.
        before = chain.node.rpc("getblockhash", at_height - 1)
        liar.hide.add(chain.node.rpc("getblock", before, 1)["tx"][1])
        two = _source(_endpoint(stub, "a"), _endpoint(liar, "b"), quorum=2)
        at = two.pin(at_height)
        assert two.ability.evidence is Evidence.AGREED
        hidden, same = two.fetch_balances(QUERIES[:2], at)
        assert (hidden.evidence, hidden.amount) == (Evidence.UNAVAILABLE, None)
        assert set(json.loads(hidden.detail)["disagree"]) == {"a", "b"}
        assert (same.evidence, same.amount, same.sources) == (Evidence.AGREED, 1001, ("a", "b"))
        two.close()
        three = _source(_endpoint(liar, "b"), _endpoint(stub, "a"), _endpoint(third, "c"), quorum=2)
        outvoted = three.fetch_balances(QUERIES[:1], at)[0]
        assert (outvoted.evidence, outvoted.sources) == (Evidence.AGREED, ("a", "c"))
        assert list(json.loads(outvoted.detail)["outvoted"]) == ["b"]
        assert "b said" in outvoted.reason
        three.close()
    with pytest.raises(ConfigError, match="needs as many operators"):
        _source(_endpoint(stub, "a"), _endpoint(stub, "b", operator="a"), quorum=2)


def test_a_quorum_that_is_not_reached_is_asked_again_later(chain: Chain, stub: EsploraStub) -> None:
    dead = Endpoint(
        "dead", "bitcoin", "esplora", "http://127.0.0.1:1/api", operator="x", chain="regtest"
    )
    source = _source(_endpoint(stub), dead, quorum=2)
    with pytest.raises(SourceUnavailableError):
        source.pin(5)
    single = _source(_endpoint(stub))
    with pytest.raises(SourceUnavailableError, match="dead"):
        source.fetch_balances(QUERIES[1:2], single.pin(None))
    source.close()
    single.close()


def test_heights_other_chains_and_reorganisations(chain: Chain, stub: EsploraStub) -> None:
    source = _source(_endpoint(stub))
    with pytest.raises(HeightNotReachedError):
        source.pin(chain.tip() + 1)
    mainnet = _source(_endpoint(stub, chain=""))
    with pytest.raises(SourceRejectedError, match="is not on bitcoin"):
        mainnet.pin(None)
    at = source.pin(chain.tip())
    with pytest.raises(ReorgError):
        source.fetch_balances(QUERIES, replace(at, hash="ab" * 32))
    mainnet.close()
    source.close()


def test_a_tip_that_moves_in_the_middle(chain: Chain, stub: EsploraStub) -> None:
    source = _source(_endpoint(stub))
    at = source.pin(chain.tip())
    expected = [b.amount for b in source.fetch_balances(QUERIES[:3], at)]
    truth, moves = stub._answer, [2]

    def moving(parts: list[str]) -> Said:
        if parts[0] == "address" and len(parts) == 2 and moves[0]:
            moves[0] -= 1
            chain.node.rpc("generatetodescriptor", 1, ANYONE)
        return truth(parts)

    stub._answer = moving  # type: ignore[method-assign]
    assert [b.amount for b in source.fetch_balances(QUERIES[:3], at)] == expected
    assert moves == [0]
    source.close()


BROKEN: dict[str, tuple[Said, str]] = {
    "not JSON": (Said(200, b"<html>"), "not JSON"),
    "missing": (Said(200, b"{}"), "is missing"),
    "negative": (
        Said(
            200,
            json.dumps(
                {"chain_stats": {"funded_txo_sum": -1, "spent_txo_sum": 0, "tx_count": 1}}
            ).encode(),
        ),
        "funded_txo_sum is -1",
    ),
    "spent more": (
        Said(
            200,
            json.dumps(
                {"chain_stats": {"funded_txo_sum": 1, "spent_txo_sum": 2, "tx_count": 1}}
            ).encode(),
        ),
        "spent more",
    ),
    "text": (
        Said(
            200,
            json.dumps(
                {"chain_stats": {"funded_txo_sum": "1", "spent_txo_sum": 2, "tx_count": 1}}
            ).encode(),
        ),
        "is not int",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_answers_are_errors(stub: EsploraStub, chain: Chain, name: str) -> None:
    answer, words = BROKEN[name]
    source = _source(_endpoint(stub))
    at = source.pin(chain.tip())
    source.fetch_balances(QUERIES[1:2], at)
    truth = stub._answer
    stub._answer = lambda parts: answer if parts[0] == "address" else truth(parts)  # type: ignore[method-assign]
    with pytest.raises(SourceError, match=words):
        source.fetch_balances(QUERIES[1:2], at)
    source.close()


def test_pages_that_repeat_or_hide_give_no_balance(stub: EsploraStub, chain: Chain) -> None:
    source = _source(_endpoint(stub))
    at = source.pin(50)
    source.fetch_balances(QUERIES[1:2], at)
    truth = stub._answer

    def repeating(parts: list[str]) -> Said:
        return truth(parts[:3]) if len(parts) > 3 else truth(parts)

    def hiding(parts: list[str]) -> Said:
        return Said(200, b"[]") if len(parts) > 3 else truth(parts)

    stub._answer = repeating  # type: ignore[method-assign]
    with pytest.raises(SourceUnavailableError, match="twice or out of order"):  # of all addresses
        source.fetch_balances(QUERIES[:1], at)
    stub._answer = hiding  # type: ignore[method-assign]
    (found,) = source.fetch_balances(QUERIES[:1], at)
    assert (found.evidence, found.amount) == (Evidence.UNAVAILABLE, None)
    assert "of the 71 transactions" in found.reason
    source.close()
