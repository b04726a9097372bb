"""Esplora, Electrum and Core under the suite of all readers, over a chain in memory."""

from __future__ import annotations

from typing import ClassVar

import pytest
from support.coin_world import TIP, CoinWorld
from support.core_replay import CoreReplay
from support.electrum_replay import ElectrumReplay
from support.esplora_replay import EsploraReplay
from support.reader_contract import ReaderContract
from support.replay import Trap
from support.source_contract import SourceContract

from scanner.chains.bitcoin import core_rpc, index_source
from scanner.chains.bitcoin.electrum import ElectrumServer
from scanner.chains.bitcoin.esplora import EsploraServer
from scanner.chains.bitcoin.index_source import IndexReader
from scanner.chains.fleet.interface import Reader
from scanner.errors import SourceError
from scanner.model.addresses.scripts import script_pubkey
from scanner.model.addresses.segwit import SegwitCodec
from scanner.model.addresses.table import decode_address
from scanner.model.balance import BalanceQuery
from scanner.model.endpoint import Endpoint
from scanner.settings.tables import load_registry

REGISTRY = load_registry()
BITCOIN, BTC = REGISTRY.network("bitcoin"), REGISTRY.holding("BTC", "bitcoin")
TEXTS = [SegwitCodec("bitcoin", "bc").encode(0, bytes([n]) * 20) for n in range(1, 6)]
ADDRESSES = [decode_address(BITCOIN, text) for text in TEXTS]
PINNED = TIP - 100
HELD = (
    [(100, 5 * 10**8)],
    [(100, 2**55), (TIP - 50, 77)],  # one of them after the pinned block
    [(10, 1), (PINNED, 3)],
    [(10, 1), (11, 10)],  # the first one is spent before the pinned block
    [(20, 7), (21, 90)],  # and here after it
)
AMOUNTS = (5 * 10**8, 2**55, 4, 10, 97)
NOT_NAMED = "its answers name no block: the pinned one is looked at before and after"
KEPT = "an address index keeps everything"


def world() -> CoinWorld:
    scripts = [script_pubkey(a) for a in ADDRESSES]
    held = dict(zip(scripts, HELD, strict=True))
    return CoinWorld(held, {scripts[3]: 50, scripts[4]: TIP - 20})


@pytest.fixture(autouse=True)
def _known_by_its_first_block(monkeypatch: pytest.MonkeyPatch) -> None:
    """The chain in memory stands for the network's own, so that canaries are asked on it."""
    mark = (0, CoinWorld({}).hash(0))
    for module in (core_rpc, index_source):
        monkeypatch.setattr(module, "chain_marker", lambda *_: mark)


class IndexContract(ReaderContract):
    network, height, too_high = "bitcoin", PINNED, TIP + 1
    funded = tuple((BalanceQuery(a, BTC), n) for a, n in zip(ADDRESSES, AMOUNTS, strict=True))
    absent: ClassVar = ()  # an address index knows no absence: an unused address holds 0
    unplayed: ClassVar = {Trap.OTHER_BLOCK: NOT_NAMED, Trap.PRUNED: KEPT}


class TestEsplora(IndexContract):
    wire = "esplora"
    fault_share = 0.03  # a batch of addresses is some twenty requests

    def start(self) -> EsploraReplay:
        return EsploraReplay(world())

    def reader(self, endpoint: Endpoint) -> Reader:
        return IndexReader(EsploraServer(endpoint), BITCOIN, 500)


class TestElectrum(IndexContract):
    wire = "electrum"

    def start(self) -> ElectrumReplay:
        return ElectrumReplay(world())

    def reader(self, endpoint: Endpoint) -> Reader:
        return IndexReader(ElectrumServer(endpoint, BITCOIN), BITCOIN, 500)


class CoreContract(SourceContract):
    network, too_high = "bitcoin", TIP + 1
    absent: ClassVar = (
        BalanceQuery(decode_address(BITCOIN, "1BitcoinEaterAddressDontSendf59kuE"), BTC),
    )
    unplayed: ClassVar = {
        Trap.PRUNED: "a set of unspent outputs is the state itself",
    }

    def start(self) -> CoreReplay:
        return CoreReplay(world())

    def test_without_a_canary_the_block_names_one(self) -> None:
        queries, _ = self.everything()
        with self.source(Trap.ZEROES) as (node, _), pytest.raises(SourceError, match="trusted"):
            self.balances(node, queries)
        self.exact(Trap.ZEROES, Trap.NONE)


class TestCoreScan(CoreContract):
    protocol, wire, height = "bitcoin_core", "bitcoin_core", TIP - 3
    fault_share = 0.05  # a chunk is one scan and the blocks that are taken back
    unplayed: ClassVar = {
        **CoreContract.unplayed,
        Trap.OTHER_BLOCK: "a scan made at another block is taken back to the pinned one",
    }
    funded = tuple(
        (BalanceQuery(a, BTC), n)
        for a, n in zip(ADDRESSES, (5 * 10**8, 2**55 + 77, 4, 10, 90), strict=True)
    )


class TestCoreFilters(CoreContract):
    protocol, wire, height = "bitcoin_filters", "bitcoin_filters", PINNED
    funded = IndexContract.funded
