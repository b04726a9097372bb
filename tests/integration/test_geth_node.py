"""The EVM source against a second client: sheets, proofs, and its own words for a state that is gone."""

from __future__ import annotations

import pytest
from support.geth import CHAIN, geth

from scanner.chains.interface import ReadPolicy
from scanner.chains.table import make_source
from scanner.errors import HeightNotReachedError, HeightPrunedError
from scanner.model.addresses.table import decode_address
from scanner.model.balance import BalanceQuery, Evidence
from scanner.model.endpoint import Endpoint
from scanner.settings.tables import load_registry

pytestmark = pytest.mark.node

REGISTRY = load_registry()
ETHEREUM = REGISTRY.network("ethereum")
ETH = REGISTRY.holding("ETH", "ethereum")
PAID = ["0x" + f"{n:040x}" for n in range(0x1111, 0x1111 + 40)]
NOBODY = "0x" + "9" * 40
KEPT = 128  # states that a node keeps which is no archive


def asked() -> list[BalanceQuery]:
    return [BalanceQuery(decode_address(ETHEREUM, text), ETH) for text in [*PAID, NOBODY]]


def source(url: str, policy: ReadPolicy | None = None):
    endpoint = Endpoint("g", "ethereum", "ethereum_rpc", url, chain=CHAIN, own=True)
    return make_source("ethereum_rpc", ETHEREUM, [endpoint], REGISTRY, policy)


def test_a_full_node_reads_what_it_keeps_and_says_what_it_does_not(tmp_path) -> None:
    with geth(tmp_path) as node:
        heights = [node.pay(text, 10**18 + n) for n, text in enumerate(PAID)]
        reads = source(node.url)
        at = reads.pin(heights[-1])
        assert [b.amount for b in reads.fetch_balances(asked(), at)] == [
            *(10**18 + n for n in range(len(PAID))),
            0,
        ]
        half = reads.pin(heights[19])  # its answers are of the pinned block, not of the newest
        amounts = [b.amount for b in reads.fetch_balances(asked(), half)]
        assert amounts == [*(10**18 + n for n in range(20)), *([0] * 21)]
        with pytest.raises(HeightNotReachedError):
            reads.pin(10**6)
        while node.height() < heights[19] + KEPT + 10:
            node.pay(NOBODY, 1)
        with pytest.raises(HeightPrunedError):
            reads.fetch_balances(asked(), half)
        with pytest.raises(HeightPrunedError):
            reads.pin(heights[19])
        reads.close()


def test_an_archive_proves_an_old_state(tmp_path) -> None:
    options = ("--gcmode", "archive", "--state.scheme", "hash")
    with geth(tmp_path, *options) as node:
        old = node.pay(PAID[0], 2**70)
        while node.height() < old + KEPT + 10:
            node.pay(PAID[0], 1)
        reads = source(node.url, ReadPolicy(proof=True, proof_folder=tmp_path / "proofs"))
        at = reads.pin(old)
        paid, nobody = reads.fetch_balances([asked()[0], asked()[-1]], at)
        assert (paid.amount, paid.evidence) == (2**70, Evidence.PROVEN)
        assert (nobody.amount, nobody.evidence) == (0, Evidence.PROVEN)
        reads.close()
