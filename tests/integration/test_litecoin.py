"""Bitcoin's relatives by table: a real litecoind, over its RPC and behind an ElectrumX."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.bitcoin_chain import Chain, address, query
from support.electrumx import electrumx
from support.litecoin import litecoin_regtest

from scanner.chains.bitcoin.checkpoints import chain_marker
from scanner.chains.table import make_source
from scanner.errors import HeightPrunedError, SourceRejectedError
from scanner.model.addresses.scripts import script_pubkey
from scanner.model.balance import Evidence
from scanner.model.network import Holding
from scanner.settings.tables import load_registry

pytestmark = pytest.mark.node
REGISTRY = load_registry()
LITECOIN = REGISTRY.network("litecoin")
LTC = Holding("LTC", "litecoin", "", 8)
ADDRESSES = [
    address(f, b"\x21" * n, "litecoin")
    for f, n in (("p2pkh", 20), ("p2sh", 20), ("p2wpkh", 20), ("p2wsh", 32))
]
QUERIES = [query(a, LTC) for a in ADDRESSES]


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chain]:
    with litecoin_regtest(tmp_path_factory.mktemp("litecoin")) as chain:
        coins = chain.fund(2)
        chain.pay(coins[0], [(script_pubkey(a), 5000 + n) for n, a in enumerate(ADDRESSES)])
        yield chain


def test_the_same_dialect(chain: Chain) -> None:
    source = make_source("bitcoin_core", LITECOIN, [chain.node.endpoint("ltc")], REGISTRY)
    at = source.pin(None)
    answers = source.fetch_balances(QUERIES, at, lambda share: None)
    assert [b.amount for b in answers] == [5000, 5001, 5002, 5003]
    assert {b.evidence for b in answers} == {Evidence.PROVEN}
    coin = (chain.node.rpc("getblock", chain.node.rpc("getblockhash", 2), 1)["tx"][0], 0)
    chain.pay(coin, [(b"\x51", 5)])
    with pytest.raises(HeightPrunedError, match="version does not tell"):  # 0.21 has no prevouts
        source.fetch_balances(QUERIES, at)
    source.close()


def test_a_litecoin_node_is_no_bitcoin_node(chain: Chain) -> None:
    assert chain_marker("litecoin", "regtest") == (0, chain.node.rpc("getblockhash", 0))
    source = make_source(
        "bitcoin_core", REGISTRY.network("bitcoin"), [chain.node.endpoint("ltc")], REGISTRY
    )
    with pytest.raises(SourceRejectedError, match="is not a bitcoin node"):
        source.pin(None)
    source.close()


def test_electrum(chain: Chain, tmp_path: Path) -> None:
    with electrumx(chain.node, tmp_path, coin="Litecoin") as endpoint:
        source = make_source("electrum", LITECOIN, [endpoint], REGISTRY)
        answers = source.fetch_balances(QUERIES, source.pin(chain.tip()))
        assert [b.amount for b in answers] == [5000, 5001, 5002, 5003]
        source.close()
