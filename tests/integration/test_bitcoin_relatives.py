"""Networks of Bitcoin's family whose nodes cannot be had: their dialect, from a real chain.

Litecoin has a node of its own in test_litecoin.py, Dogecoin a server in test_bitcoin_blockbook.py.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest
from support.bitcoin_chain import Chain, address, query, regtest
from support.relative_node import FORMS, relative

from scanner.chains.interface import BalanceSource
from scanner.chains.table import make_source
from scanner.errors import (
    HeightPrunedError,
    SourceRejectedError,
    SourceUnavailableError,
)
from scanner.model.addresses.scripts import script_pubkey
from scanner.model.balance import BalanceQuery, Evidence
from scanner.model.endpoint import Endpoint
from scanner.model.network import Holding
from scanner.settings.tables import load_registry

pytestmark = pytest.mark.node
REGISTRY = load_registry()
PAYLOADS = [("p2pkh", b"\x31" * 20), ("p2sh", b"\x32" * 20)]


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chain]:
    scripts = [script_pubkey(address(*each)) for each in PAYLOADS]
    with regtest(tmp_path_factory.mktemp("relatives")) as chain:
        coin = chain.fund(3)[0]
        chain.pay(coin, [(s, 7000 + n) for n, s in enumerate(scripts)] + [(scripts[0], 11)])
        yield chain


def _queries(network: str) -> list[BalanceQuery]:
    row = REGISTRY.network(network)
    holding = Holding(row.native, network, "", row.decimals)
    nobody = ("p2pkh", b"\x33" * 20)
    return [query(address(*each, network), holding) for each in (*PAYLOADS, nobody, PAYLOADS[0])]


def _source(endpoint: Endpoint) -> BalanceSource:
    return make_source("bitcoin_core", REGISTRY.network(endpoint.network), [endpoint], REGISTRY)


@pytest.mark.parametrize("network", FORMS)
def test_the_dialect_of_a_relative(chain: Chain, network: str) -> None:
    with relative(chain, network) as endpoint:
        source = _source(endpoint)
        at = source.pin(None)
        assert (at.height, at.hash) == (chain.tip(), chain.node.rpc("getbestblockhash"))
        answers = source.fetch_balances(_queries(network), at)
        assert [b.amount for b in answers] == [7011, 7001, 0, 7011]
        assert {b.evidence for b in answers} == {Evidence.PROVEN}
        assert json.loads(answers[0].detail)["outputs"] == 2
        chain.mine(1)
        assert source.fetch_balances(_queries(network), at)[0].amount == 7011, "it spent nothing"
        first = chain.node.rpc("getblockhash", 2 + list(FORMS).index(network))
        chain.pay((chain.node.rpc("getblock", first, 1)["tx"][0], 0), [(b"\x51", 5)])
        with pytest.raises(HeightPrunedError, match="version does not report"):
            source.fetch_balances(_queries(network), at)
        assert source.fetch_balances(_queries(network), source.pin(None))[0].amount == 7011
        source.close()


@pytest.mark.parametrize("network", FORMS)
def test_a_relative_of_somebody_else_is_tried_by_whom_its_block_pays(
    chain: Chain, network: str
) -> None:
    with relative(chain, network) as endpoint:
        source = _source(replace(endpoint, own=False))
        answers = source.fetch_balances(_queries(network), source.pin(None))
        assert [b.amount for b in answers] == [7011, 7001, 0, 7011]
        assert {b.evidence for b in answers} == {Evidence.REPORTED}
        source.close()


def test_a_node_that_does_not_state_its_block_while_another_comes(
    chain: Chain, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bitcoin Cash Node's answer names no block: with a new one meanwhile there is no number."""
    monkeypatch.setattr("scanner.chains.fleet.pool.pause", lambda _: None)
    with relative(chain, "bitcoin-cash", lambda: chain.mine(1)) as endpoint:
        source = _source(endpoint)
        with pytest.raises(SourceUnavailableError, match="a block arrived during the scan"):
            source.fetch_balances(_queries("bitcoin-cash"), source.pin(None))
        source.close()


def test_the_right_chain_of_those_that_call_themselves_main(chain: Chain) -> None:
    with relative(chain, "bitcoin-cash") as endpoint:
        source = _source(replace(endpoint, chain=""))
        with pytest.raises(SourceRejectedError, match="is on chain 'regtest'"):
            source.pin(None)
        source.close()
