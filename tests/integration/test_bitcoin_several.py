"""Several nodes as one source: failover, quorum, and a node that answers something else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from support.bitcoin_chain import Chain, address, query, regtest
from support.scripted_http import Said, Seen, serving

from scanner.chains.bitcoin.core_rpc import CoreRpc, RpcFailure
from scanner.chains.interface import BalanceSource, ReadPolicy
from scanner.chains.table import make_source
from scanner.errors import ConfigError, SourceRejectedError, SourceUnavailableError
from scanner.model.addresses.scripts import script_pubkey
from scanner.model.balance import Evidence
from scanner.model.endpoint import Endpoint
from scanner.model.network import Holding
from scanner.settings.tables import load_registry

pytestmark = pytest.mark.node
REGISTRY = load_registry()
BITCOIN = REGISTRY.network("bitcoin")
ADDRESS = address("p2wpkh", b"\x0a" * 20)
QUERIES = [query(ADDRESS), query(address("p2sh", b"\x0b" * 20))]


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scanner.chains.fleet.pool.pause", lambda _: None)


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chain]:
    with regtest(tmp_path_factory.mktemp("several")) as chain:
        chain.pay(chain.fund(1)[0], [(script_pubkey(ADDRESS), 4242)])
        yield chain


@pytest.fixture
def good(chain: Chain) -> Endpoint:
    return replace(chain.node.endpoint("good", own=False), operator="good")


DEAD = Endpoint("dead", "bitcoin", "bitcoin_core", "http://127.0.0.1:1", "dead", "regtest")


def _source(*endpoints: Endpoint, quorum: int = 1, protocol: str = "bitcoin_core") -> BalanceSource:
    return make_source(protocol, BITCOIN, endpoints, REGISTRY, ReadPolicy(quorum=quorum))


@pytest.fixture
def liar(good: Endpoint) -> Iterator[Endpoint]:
    """Passes every call on to the real node, and takes one satoshi from each coin it finds."""
    real = CoreRpc(good)

    def answer(request: Seen) -> Said:
        call = json.loads(request.body)
        said = real.ask(call["method"], call["params"])
        if isinstance(said, RpcFailure):
            body: dict[str, object] = {
                "id": 0,
                "error": {"code": said.code, "message": said.message},
            }
            return Said(200, json.dumps(body).encode())
        if isinstance(said, dict) and "unspents" in said:
            for coin in said["unspents"]:
                coin["amount"] -= coin["amount"].from_float(1.0).scaleb(-8)
            said["total_amount"] = sum(coin["amount"] for coin in said["unspents"])
        return Said(200, json.dumps({"id": 0, "result": said}, default=float).encode())

    with serving(answer) as host:
        yield replace(good, name="liar", operator="liar", url=f"http://{host}")
    real.close()


@pytest.mark.parametrize("protocol", ["bitcoin_core", "bitcoin_filters"])
def test_the_next_node_when_one_is_dead(good: Endpoint, protocol: str) -> None:
    source = _source(DEAD, good, protocol=protocol)
    answers = source.fetch_balances(QUERIES, source.pin(None))
    assert [b.amount for b in answers] == [4242, 0]
    assert {b.sources for b in answers} == {("good",)}
    source.close()
    none = _source(DEAD, replace(DEAD, name="dead2"))
    with pytest.raises(SourceUnavailableError):
        none.pin(None)
    none.close()


def test_a_quorum_agrees_and_an_own_node_proves(good: Endpoint) -> None:
    twin = replace(good, name="twin", operator="twin")
    source = _source(good, twin, quorum=2)
    assert source.ability.evidence is Evidence.AGREED
    answer = source.fetch_balances(QUERIES, source.pin(None))[0]
    assert (answer.evidence, answer.sources) == (Evidence.AGREED, ("good", "twin"))
    source.close()
    own = replace(good, name="own", operator="me", own=True)
    source = _source(good, own, quorum=2)
    assert source.name == "own"
    answers = source.fetch_balances(
        [*QUERIES, query(ADDRESS, Holding("USDT", "bitcoin", "omni:31", 8))], source.pin(None)
    )
    assert [b.evidence for b in answers] == [Evidence.PROVEN, Evidence.PROVEN, Evidence.UNAVAILABLE]
    assert "Omni Layer" in answers[2].reason
    source.close()
    with pytest.raises(ConfigError, match="needs as many operators"):
        _source(good, quorum=2)


def test_a_node_that_lies_is_a_disagreement_or_outvoted(good: Endpoint, liar: Endpoint) -> None:
    source = _source(good, liar, quorum=2)
    wrong, empty = source.fetch_balances(QUERIES, source.pin(None))
    assert (wrong.amount, wrong.evidence) == (None, Evidence.UNAVAILABLE)
    assert json.loads(wrong.detail)["disagree"] == {"good": "4242", "liar": "4241"}
    assert (empty.amount, empty.evidence) == (0, Evidence.AGREED)
    source.close()
    twin = replace(good, name="twin", operator="twin")
    three = _source(replace(liar, own=True), good, twin, quorum=2)  # its own are asked first
    answer = three.fetch_balances(QUERIES[:1], three.pin(None))[0]
    assert (answer.amount, answer.sources) == (4242, ("good", "twin"))
    assert json.loads(answer.detail)["outvoted"] == {"liar": "4241"}
    three.close()


def test_nodes_on_different_blocks_are_refused(
    good: Endpoint, chain: Chain, tmp_path: Path
) -> None:
    with regtest(tmp_path) as other:
        other.mine(chain.tip(), b"\x52")
        source = _source(
            good, replace(other.node.endpoint("other", own=False), operator="other"), quorum=2
        )
        with pytest.raises(SourceRejectedError, match="disagree on block"):
            source.pin(None)
        source.close()
