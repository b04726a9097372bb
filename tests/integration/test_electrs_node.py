"""The Electrum source against a second server of other people's code, and a quorum of the two."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from hashlib import sha256

import pytest
from support.bitcoin_chain import Chain, address, query, regtest, transaction
from support.electrs import electrs, peer_options
from support.electrumx import electrumx, wait_for

from scanner.chains.bitcoin import electrum
from scanner.chains.bitcoin.core_scan import CoreScan
from scanner.chains.bitcoin.electrum_rpc import Call, ElectrumFailure, ElectrumRpc
from scanner.chains.interface import BalanceSource, ReadPolicy
from scanner.chains.table import make_source
from scanner.demo.nodes import free_port
from scanner.errors import HeightNotReachedError, ReorgError, SourceRejectedError
from scanner.model.addresses.scripts import script_pubkey
from scanner.model.balance import Evidence
from scanner.model.endpoint import Endpoint
from scanner.settings.tables import load_registry

pytestmark = pytest.mark.node
REGISTRY = load_registry()
BITCOIN = REGISTRY.network("bitcoin")
ADDRESSES = [
    address(f, bytes([9]) * n)
    for f, n in (("p2pkh", 20), ("p2sh", 20), ("p2wpkh", 20), ("p2wsh", 32), ("p2tr", 32))
]
NOBODY = address("p2sh", b"\xdd" * 20)
QUERIES = [query(a) for a in [*ADDRESSES, NOBODY]]
BUSY = electrum.FEW + 20
"""Payments to the first address: more than are fetched one by one at the tip."""


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Chain, int]]:
    """A node that electrs can be a peer of, and the port for it."""
    port = free_port()
    options = ("-acceptnonstdtxn=1", *peer_options(port))
    with regtest(tmp_path_factory.mktemp("node"), *options) as made:
        coins = made.fund(3)
        paid = [(script_pubkey(a), 1000 + n) for n, a in enumerate(ADDRESSES)]
        first = made.pay(coins[0], [*paid, *[(b"\x51", 10**6)] * (BUSY + 10)])
        for n in range(BUSY):
            made.pay((first, 5 + n), [(script_pubkey(ADDRESSES[0]), 100 + n)])
        made.mine(2, script_pubkey(ADDRESSES[4]))
        yield made, port


@pytest.fixture(scope="module")
def server(
    chain: tuple[Chain, int], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Endpoint]:
    with electrs(chain[0].node, chain[1], tmp_path_factory.mktemp("electrs")) as endpoint:
        yield endpoint


@pytest.fixture(scope="module")
def older(
    chain: tuple[Chain, int], server: Endpoint, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Endpoint]:
    """ElectrumX, of another operator, on the same chain."""
    with electrumx(chain[0].node, tmp_path_factory.mktemp("electrumx")) as endpoint:
        yield endpoint


@contextmanager
def source(*endpoints: Endpoint, quorum: int = 1, proof: bool = False) -> Iterator[BalanceSource]:
    policy = ReadPolicy(quorum=quorum, proof=proof)
    made = make_source("electrum", BITCOIN, endpoints, REGISTRY, policy)
    try:
        yield made
    finally:
        made.close()


def test_electrs_tells_the_tip_and_earlier_heights(
    chain: tuple[Chain, int], server: Endpoint
) -> None:
    tip = chain[0].tip()
    node = CoreScan(BITCOIN, chain[0].node.endpoint("n"))
    with source(server) as made:
        at = made.pin(tip)
        assert at == node.pin(None)
        amounts = [b.amount for b in made.fetch_balances(QUERIES, at)]
        assert amounts == [b.amount for b in node.fetch_balances(QUERIES, at)]
        past = made.pin(tip - 2 - (BUSY - 10))
        found = made.fetch_balances(QUERIES, past)
        early = [1000 + sum(100 + n for n in range(10)), 1001, 1002, 1003, 1004, 0]
        assert [b.amount for b in found] == early
        assert {b.evidence for b in found} == {Evidence.REPORTED}
        before = made.fetch_balances(QUERIES, made.pin(50))
        assert [b.amount for b in before] == [0] * len(QUERIES)
        with pytest.raises(HeightNotReachedError):
            made.pin(tip + 1)
        with pytest.raises(ReorgError):
            made.fetch_balances(QUERIES, replace(at, hash="ab" * 32))
    node.close()


def test_two_servers_of_different_code_agree(
    chain: tuple[Chain, int], server: Endpoint, older: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = [query(address("p2tr", n.to_bytes(32, "big"))) for n in range(1200)]
    with source(server, older, quorum=2) as made:
        at = made.pin(None)
        asked = [*QUERIES, *many]
        found = made.fetch_balances(asked, at)
        assert {b.evidence for b in found} == {Evidence.AGREED}
        assert set(found[0].sources) == {"electrs", "electrumx"}
        assert [b.amount for b in found[len(QUERIES) :]] == [0] * len(many)
        # The same by every transaction, where the balances were asked for.
        monkeypatch.setattr(electrum, "FEW", 1000)
        assert [b.amount for b in made.fetch_balances(asked, at)] == [b.amount for b in found]


def test_electrs_proves_what_is_in_a_block(chain: tuple[Chain, int], server: Endpoint) -> None:
    with source(server, proof=True) as made:
        found = made.fetch_balances(QUERIES, made.pin(chain[0].tip()))
    assert json.loads(found[1].detail)["merkle_proofs"] == 1
    assert json.loads(found[4].detail)["merkle_proofs"] == 3  # two rewards beside the payment


def test_what_is_not_in_a_block_is_told_by_both(
    chain: tuple[Chain, int], server: Endpoint, older: Endpoint
) -> None:
    node = chain[0].node
    paid = query(address("p2wpkh", b"\x66" * 20))
    reward = (node.rpc("getblock", node.rpc("getblockhash", 2), 1)["tx"][0], 0)
    node.rpc("sendrawtransaction", transaction([reward], [(script_pubkey(paid.address), 3210)]), 0)
    key = sha256(script_pubkey(paid.address)).digest()[::-1].hex()
    for endpoint in (server, older):
        rpc = ElectrumRpc(endpoint)
        deadline = time.monotonic() + 30
        while not rpc.call("blockchain.scripthash.get_history", key):
            assert time.monotonic() < deadline, f"{endpoint.name} does not see the transaction"
            time.sleep(0.1)
        rpc.close()
    with source(server, older, quorum=2) as made:
        (found,) = made.fetch_balances([paid], made.pin(chain[0].tip()))
        assert (found.amount, found.evidence) == (0, Evidence.AGREED)
        assert json.loads(found.detail)["unconfirmed_transactions"] == 1
        chain[0].mine(1)
        for endpoint in (server, older):
            wait_for(endpoint, chain[0].tip())
        (found,) = made.fetch_balances([paid], made.pin(chain[0].tip()))
        assert (found.amount, found.evidence) == (3210, Evidence.AGREED)


def test_electrs_on_another_chain_is_refused(server: Endpoint) -> None:
    with (
        source(replace(server, chain="")) as made,
        pytest.raises(SourceRejectedError, match="is not on bitcoin"),
    ):
        made.pin(None)


def test_electrs_refuses_one_call_of_a_batch_and_not_the_others(server: Endpoint) -> None:
    """Its numbers of errors are others than ElectrumX's: none of them may be needed."""
    rpc = ElectrumRpc(server)
    key = "00" * 32
    calls: list[Call] = [
        ("blockchain.block.header", [10**6]),
        ("blockchain.scripthash.get_history", [key]),
    ]
    too_high, history = rpc.batch(calls)
    (unknown,) = rpc.batch([("blockchain.no.such.call", [])])
    rpc.close()
    assert isinstance(too_high, ElectrumFailure)
    assert history == []
    assert isinstance(unknown, ElectrumFailure)


def test_both_follow_a_reorganisation(
    chain: tuple[Chain, int], server: Endpoint, older: Endpoint
) -> None:
    node, winner = chain[0].node, query(address("p2wsh", b"\x67" * 32))
    with source(server, older, quorum=2) as made:
        lost = made.pin(chain[0].tip())
        node.rpc("invalidateblock", node.rpc("getblockhash", chain[0].tip() - 1))
        chain[0].mine(4, script_pubkey(winner.address))
        for endpoint in (server, older):
            wait_for(endpoint, chain[0].tip())
        (found,) = made.fetch_balances([winner], made.pin(chain[0].tip()))
        assert found.evidence is Evidence.AGREED
        assert found.amount is not None
        assert found.amount > 4 * 10**8
        with pytest.raises(ReorgError):
            made.fetch_balances(QUERIES, lost)
