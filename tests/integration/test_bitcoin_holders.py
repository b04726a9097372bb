"""Whom blocks of real nodes pay, as servers over them tell it: canaries that the block names."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from support.bitcoin_chain import ANYONE, Chain, address, query, regtest, transaction
from support.blockbook_stub import BlockbookStub
from support.electrumx import electrumx
from support.esplora_stub import EsploraStub

from scanner.chains.bitcoin.blockbook import BlockbookServer
from scanner.chains.bitcoin.electrum import ElectrumServer
from scanner.chains.bitcoin.electrum_rpc import ElectrumRpc
from scanner.chains.bitcoin.esplora import EsploraServer
from scanner.chains.bitcoin.index_source import IndexReader, IndexServer
from scanner.chains.interface import ReadPolicy
from scanner.chains.table import make_source, source_of
from scanner.errors import SourceError
from scanner.model.addresses.base58check import Base58CheckCodec
from scanner.model.addresses.scripts import p2pkh, p2sh, script_pubkey, witness
from scanner.model.addresses.segwit import SegwitCodec
from scanner.model.addresses.table import decode_address
from scanner.model.balance import Evidence
from scanner.model.endpoint import Endpoint
from scanner.settings.tables import load_registry

pytestmark = pytest.mark.node
REGISTRY = load_registry()
BITCOIN = REGISTRY.network("bitcoin")
PAID = [p2pkh(b"\1" * 20), p2sh(b"\2" * 20), witness(0, b"\3" * 20), witness(1, b"\4" * 32)]
MINER = witness(0, b"\5" * 20)
LEGACY = Base58CheckCodec("bitcoin", "p2pkh=00,p2sh=05")
NAMES = {
    PAID[0].hex(): LEGACY.encode("p2pkh", b"\1" * 20),
    PAID[1].hex(): LEGACY.encode("p2sh", b"\2" * 20),
    **{s.hex(): SegwitCodec("bitcoin", "bc").encode(0, s[2:]) for s in (PAID[2], MINER)},
}


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chain]:
    """Its last block has four transactions of which the third spends of the second, and a reward."""
    options = ("-acceptnonstdtxn=1",)
    with regtest(tmp_path_factory.mktemp("node"), *options) as chain:
        coins = chain.fund(2)
        chain.mine(1, MINER)
        one = transaction([coins[0]], [(b"\x51", 10**6), (PAID[0], 1_001), (PAID[1], 1_002)])
        txid = chain.node.rpc("decoderawtransaction", one)["txid"]
        two = transaction([(txid, 0)], [(PAID[2], 1_003)])
        three = transaction([coins[1]], [(b"\x51", 5), (PAID[3], 1_004)])
        chain.node.rpc("generateblock", f"raw({MINER.hex()})", [one, two, three])
        chain.node.rpc("generateblock", ANYONE, [])
        yield chain


@pytest.fixture(scope="module", params=["electrum", "esplora", "blockbook"])
def server(
    request: pytest.FixtureRequest, chain: Chain, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[IndexServer]:
    made: IndexServer
    if request.param == "electrum":
        with electrumx(chain.node, tmp_path_factory.mktemp("x")) as endpoint:
            made = ElectrumServer(endpoint, BITCOIN)
            yield made
            made.close()
        return
    stub: Any = EsploraStub(chain) if request.param == "esplora" else BlockbookStub(chain, NAMES)
    with stub.serve():
        endpoint = Endpoint("a", "bitcoin", request.param, stub.url, chain="regtest")
        kind: Any = EsploraServer if request.param == "esplora" else BlockbookServer
        made = kind(endpoint) if request.param == "esplora" else kind(endpoint, BITCOIN)
        yield made
        made.close()


def test_they_hold_what_the_block_gives_them(chain: Chain, server: IndexServer) -> None:
    reader = IndexReader(server, BITCOIN, 10)
    tip = chain.tip()
    coin = REGISTRY.holding("BTC", "bitcoin")
    named = {}
    for height in (tip, tip - 1, tip - 2, tip - 3, 50, 1):
        at = reader.pin(height)
        named[height] = [(script_pubkey(h.address), h.least) for h in reader.holders_at(at)]
        for holder in reader.holders_at(at):
            (said,) = reader.read([query(holder.address, coin)], at)
            assert said.amount >= holder.least, (height, holder)
    by_order = [(PAID[3], 1_004), (PAID[2], 1_003), (PAID[0], 1_001)]
    by_names = [(PAID[0], 1_001), (PAID[2], 1_003)]  # it does not know the other's address
    reward = (MINER, chain_reward(chain, tip - 1))
    booked = isinstance(server, BlockbookServer)
    assert named[tip - 1] == [*(by_names if booked else by_order), reward]
    assert named[tip - 2] == [(MINER, 50 * 10**8)]
    assert named[tip] == named[50] == [], "nobody's address"


def chain_reward(chain: Chain, height: int) -> int:
    block = chain.node.rpc("getblock", chain.node.rpc("getblockhash", height), 2)
    return int(block["tx"][0]["vout"][0]["value"] * 10**8)


def test_a_real_server_without_its_index_is_found_out(
    chain: Chain, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ElectrumX whose histories are empty: headers, blocks and transactions are the chain's."""
    honest = ElectrumRpc.batch

    def empty(self: ElectrumRpc, calls: list[Any]) -> list[Any]:
        answers = honest(self, calls)
        if calls[0][0] == "blockchain.scripthash.get_history":
            return [[] for _ in calls]
        return answers

    with electrumx(chain.node, tmp_path) as endpoint:
        with closing(make_source("electrum", BITCOIN, [endpoint], REGISTRY, ReadPolicy())) as made:
            at = made.pin(chain.tip() - 1)
            row = query(address("p2sh", b"\xee" * 20))
            assert [b.amount for b in made.fetch_balances([row], at)] == [0]
        monkeypatch.setattr(ElectrumRpc, "batch", empty)
        with (
            closing(make_source("electrum", BITCOIN, [endpoint], REGISTRY, ReadPolicy())) as made,
            pytest.raises(SourceError, match=r"holds less BTC after block .* not trusted"),
        ):
            made.fetch_balances([row], at)


def test_two_kinds_of_servers_agree(chain: Chain, tmp_path: Path) -> None:
    """One operator's ElectrumX and another's Esplora are a quorum of two."""
    with electrumx(chain.node, tmp_path) as full, EsploraStub(chain).serve() as stub:
        space = Endpoint("b", "bitcoin", "esplora", stub.url, "other", chain="regtest")
        policy = ReadPolicy(2)
        source = source_of(BITCOIN, {"bitcoin": [space, full]}, REGISTRY, policy)
        assert source is not None
        at = source.pin(chain.tip() - 1)
        texts = [f"raw({script.hex()})" for script in PAID]
        rows = [query(decode_address(BITCOIN, text)) for text in texts]
        found = source.fetch_balances(rows, at)
        source.close()
    assert [b.amount for b in found] == [1_001, 1_002, 1_003, 1_004]
    assert {b.evidence for b in found} == {Evidence.AGREED}
    assert {b.sources for b in found} == {("b", "electrumx")}
