"""The shipped canaries: each can be asked, and Bitcoin's finds an index server that is empty."""

from contextlib import closing
from dataclasses import replace
from hashlib import sha256

import pytest
from Crypto.Hash import RIPEMD160
from support.coin_world import TIP, CoinWorld
from support.electrum_replay import ElectrumReplay
from support.esplora_replay import EsploraReplay
from support.replay import Trap

from scanner.chains.bitcoin import index_source
from scanner.chains.bitcoin.electrum import ElectrumServer
from scanner.chains.bitcoin.esplora import EsploraServer
from scanner.chains.bitcoin.index_source import IndexReader
from scanner.chains.fleet.source import FleetSource
from scanner.chains.interface import ReadPolicy
from scanner.errors import SourceError
from scanner.model.addresses.scripts import script_pubkey
from scanner.model.addresses.table import decode_address
from scanner.model.balance import BalanceQuery
from scanner.model.registry import Registry
from scanner.settings.tables import load_registry

REGISTRY = load_registry()
SHIPPED = [canary for name in REGISTRY.networks for canary in REGISTRY.canaries(name)]
COLLISION = bytes.fromhex("6e879169a87ca887")
"""2DUP EQUAL NOT VERIFY SHA256 SWAP SHA256 EQUAL: two texts that differ, with one hash."""
NONE_KNOWN = {
    "aelf", "aptos", "bitcoin-gold", "bitcoin-sv", "cardano", "dash", "digibyte", "dogecoin",
    "ethereum-beacon", "ethereum-classic", "litecoin", "okc", "pi", "polkadot",
    "polkadot-asset-hub", "qtum", "ravencoin", "starknet", "sui", "vaulta", "zcash",
}  # fmt: skip
"""Networks that are read and have none: no account is known here that surely holds something."""


@pytest.mark.parametrize("canary", SHIPPED, ids=lambda c: f"{c.network} {c.address[:12]}")
def test_each_can_be_asked(canary):
    network = REGISTRY.network(canary.network)
    assert decode_address(network, canary.address).text == canary.address
    assert canary.asset == network.native, "asked whatever the list holds"
    assert REGISTRY.holding(canary.asset, canary.network)
    assert canary.why


def test_networks_without_one_are_these():
    read = {network.name for network in REGISTRY.networks.values() if network.sources}
    assert read - {canary.network for canary in SHIPPED} == NONE_KNOWN


@pytest.mark.parametrize("name", ["bitcoin", "bitcoin-cash"])
def test_a_coin_that_only_a_collision_moves(name):
    """The address is that of the script, computed here: nobody's key is in it."""
    (canary,) = REGISTRY.canaries(name)
    script_hash = RIPEMD160.new(sha256(COLLISION).digest()).digest()
    address = decode_address(REGISTRY.network(name), canary.address)
    assert (address.format, address.payload) == ("p2sh", script_hash)


BITCOIN = REGISTRY.network("bitcoin")
(BIRD,) = REGISTRY.canaries("bitcoin")
EMPTY = BalanceQuery(
    decode_address(BITCOIN, "1BitcoinEaterAddressDontSendf59kuE"),
    REGISTRY.holding("BTC", "bitcoin"),
)
FUNDED = CoinWorld({script_pubkey(decode_address(BITCOIN, BIRD.address)): [(5, 27_734_251)]})
SERVERS = {
    "esplora": (EsploraReplay, EsploraServer),
    "electrum": (ElectrumReplay, lambda endpoint: ElectrumServer(endpoint, BITCOIN)),
}


@pytest.mark.parametrize("kind", SERVERS)
@pytest.mark.parametrize("trap", [Trap.NONE, Trap.ZEROES])
def test_one_bitcoin_index_that_is_empty_is_not_believed(kind, trap, monkeypatch):
    """A quorum of 1: nobody else is asked. The chain in memory stands for Bitcoin's own."""
    monkeypatch.setattr(index_source, "chain_marker", lambda *_: (0, FUNDED.hash(0)))
    start, server = SERVERS[kind]
    tables = Registry(REGISTRY.networks.values(), (), REGISTRY.holdings(), [replace(BIRD, since=5)])
    with closing(start(FUNDED)) as stub:
        stub.trap = trap
        reader = IndexReader(server(stub.endpoint("a")), BITCOIN, 500)
        with closing(FleetSource(BITCOIN, [reader], ReadPolicy(), tables)) as fleet:
            at = fleet.pin(TIP - 100)
            if trap is Trap.ZEROES:
                with pytest.raises(
                    SourceError, match=f"{BIRD.address} holds no BTC .* not believed"
                ):
                    fleet.fetch_balances([EMPTY], at)
            else:
                assert [b.amount for b in fleet.fetch_balances([EMPTY], at)] == [0]
