"""The Cosmos reader against a real node: proofs of balances, stake, pruned heights."""

from __future__ import annotations

from dataclasses import replace

import pytest
from support.simd import CHAIN, simd

from scanner.chains.cosmos import reader as module
from scanner.chains.cosmos.reader import CosmosReader
from scanner.chains.fleet.interface import Reading
from scanner.errors import HeightNotReachedError, HeightPrunedError, SourceRejectedError
from scanner.model.addresses.bech32 import from_bytes, join
from scanner.model.addresses.cosmos import CosmosCodec
from scanner.model.balance import BalanceQuery
from scanner.model.endpoint import Endpoint
from scanner.model.network import Holding
from scanner.model.parts import Part
from scanner.settings.tables import load_registry

pytestmark = pytest.mark.node

NETWORK = replace(load_registry().network("terra-classic"), chain_id=CHAIN)
CODEC = CosmosCodec(NETWORK.name, "cosmos")
STAKE = Holding("LUNC", NETWORK.name, "", 6)
ULUNA = Holding("USTC", NETWORK.name, "uluna", 6)
NOBODY = join("cosmos", from_bytes(bytes(range(20))), 1)
BIG = 2**60 + 1


def query(address: str, holding: Holding = ULUNA) -> BalanceQuery:
    return BalanceQuery(CODEC.decode(address), holding)


def test_what_a_real_node_proves(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "DENOMS", {NETWORK.name: "stake"})
    pruning = ("--pruning", "custom", "--pruning-keep-recent", "8", "--pruning-interval", "10")
    with simd(tmp_path, *pruning) as node:
        node.act("bank", "send", "v", node.reserve, f"{BIG}uluna")
        paid = node.act("bank", "send", "v", node.reserve, "500000stake")
        node.until(paid + 2)
        reader = CosmosReader(Endpoint("n", NETWORK.name, "cosmos_rest", node.url), NETWORK)
        reader.check()
        at = reader.pin(paid)
        assert reader.hash_at(paid) == at.hash
        asked = [query(node.reserve), query(NOBODY), query(node.validator, STAKE)]
        held, nobody, staked = reader.read(asked, at)

        # A gateway that changes an amount, or shows the proof of somebody else, is found out.
        monkeypatch.setattr(reader, "_states", {at.hash: bytes(32)})
        with pytest.raises(SourceRejectedError, match="proof of a balance is invalid"):
            reader.read(asked[:1], at)
        monkeypatch.undo()

        with pytest.raises(HeightNotReachedError):
            reader.pin(10**6)
        node.until(paid + 30)  # the state of `paid` is pruned by now
        with pytest.raises(HeightPrunedError):
            reader.read(asked[:1], at)
        reader.close()
    assert isinstance(held, Reading)
    assert isinstance(nobody, Reading)
    assert isinstance(staked, Reading)
    assert (held.amount, held.proven) == (BIG, True)
    assert (nobody.amount, nobody.proven) == (0, True)
    assert staked.parts[Part.DELEGATED] == 1_000_000_000
    assert not staked.proven  # the proof is of what is at hand
    assert staked.detail
