"""The beacon source against a real node: its states, its roots, and what it has let go."""

from __future__ import annotations

import pytest
from support.lodestar import CHAIN, EPOCH, lodestar

from scanner.chains.interface import Prober, TimeFinder
from scanner.chains.table import make_source
from scanner.errors import HeightNotReachedError, HeightPrunedError
from scanner.model.addresses.table import decode_address
from scanner.model.balance import BalanceQuery
from scanner.model.endpoint import Endpoint
from scanner.settings.tables import load_registry

pytestmark = pytest.mark.node

REGISTRY = load_registry()
BEACON = REGISTRY.network("ethereum-beacon")
BETH = REGISTRY.holding("BETH", "ethereum-beacon")
NOBODY = "0xa" + "1" * 95


def test_what_a_real_node_tells_of_its_validators(tmp_path) -> None:
    with lodestar(tmp_path) as node:
        node.until(EPOCH + 2)
        source = make_source(
            "beacon",
            BEACON,
            [Endpoint("n", BEACON.name, "beacon", node.url, chain=CHAIN)],
            REGISTRY,
        )
        at = source.pin(EPOCH)
        header = node.get(f"beacon/headers/{EPOCH}")
        assert (at.height, at.hash) == (EPOCH, header["root"])
        # This version knows nobody of several `id`s with commas between: each is asked for alone.
        told = node.get(f"beacon/states/{header['header']['message']['state_root']}/validators")
        keys = [v["validator"]["pubkey"] for v in told]
        asked = [BalanceQuery(decode_address(BEACON, key), BETH) for key in [*keys[::-1], NOBODY]]
        found = source.fetch_balances(asked, at)
        assert [b.amount for b in found] == [*(int(v["balance"]) for v in told[::-1]), 0]
        assert "no validator with this key" in found[-1].reason
        assert "active_ongoing" in found[0].detail

        assert isinstance(source, TimeFinder)
        assert at.time is not None
        with pytest.raises(HeightNotReachedError):  # nothing is final yet
            source.height_at(at.time)
        with pytest.raises(HeightNotReachedError):
            source.pin(10**6)
        assert isinstance(source, Prober)
        assert source.probe()["client"].startswith("Lodestar")

        node.until(5 * EPOCH)  # states of blocks that are not at an epoch's start are let go
        old = source.pin(EPOCH + 1)
        with pytest.raises(HeightPrunedError):
            source.fetch_balances(asked, old)
        source.close()
