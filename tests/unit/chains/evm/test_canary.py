"""An endpoint that says 0 to everything is found out by an address that holds something."""

from __future__ import annotations

import pytest

from scanner.chains.evm import canary as module
from scanner.chains.evm.canary import EvmCanaries
from scanner.chains.evm.columns import Reading, Told
from scanner.errors import SourceRejectedError, SourceUnavailableError
from scanner.model.block import BlockRef
from scanner.settings.tables import load_registry

REGISTRY = load_registry()
ETHEREUM = REGISTRY.network("ethereum")
AT = BlockRef("ethereum", "1", 25_345_500, "0xaa")


class Node:
    name, chain_id = "a", "1"


@pytest.fixture
def asked(monkeypatch):
    """Answers one after the other, and counts how many were taken."""
    answers = []

    def read(node, columns, at):
        return [answers.pop(0)]

    monkeypatch.setattr(module, "read_here", read)
    return answers


def test_the_shipped_canaries_are_addresses_of_their_networks():
    for network in REGISTRY.networks.values():
        for canary in REGISTRY.canaries(network.name):
            assert REGISTRY.holding(canary.asset, network.name)
            assert canary.why
    assert REGISTRY.canaries("ethereum")[0].since <= AT.height


def test_it_is_asked_once_a_block(asked):
    canaries = EvmCanaries(ETHEREUM, REGISTRY)
    asked += [Reading([5]), Reading([6])]
    canaries.check(Node, AT)
    canaries.check(Node, AT)
    assert len(asked) == 1
    canaries.check(Node, BlockRef("ethereum", "1", 25_345_501, "0xab"))
    assert asked == []


def test_a_zero_is_not_believed_and_silence_is_no_song(asked):
    canaries = EvmCanaries(ETHEREUM, REGISTRY)
    asked += [Reading([0]), Reading([0], {0: (Told.NOTHING, "internal error")}), Reading([7])]
    with pytest.raises(SourceRejectedError, match="not trusted"):
        canaries.check(Node, AT)
    with pytest.raises(SourceUnavailableError, match="cannot say"):
        canaries.check(Node, AT)
    canaries.check(Node, AT)


def test_test_chains_and_early_blocks_have_none(asked):
    class Other:
        name, chain_id = "a", "31337"

    canaries = EvmCanaries(ETHEREUM, REGISTRY)
    canaries.check(Other, AT)
    canaries.check(Node, BlockRef("ethereum", "1", 5, "0xab"))
    EvmCanaries(REGISTRY.network("base"), REGISTRY).check(Node, AT)
