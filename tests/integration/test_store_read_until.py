"""A stated height on a network that tells of its newest state only: balances are of that state."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from support.snapshot_stub import OKX_RULE, StubSource, eth_claim
from support.taking import SIGNED, planned, take

from scanner.liabilities.interface import Liability, LiabilityEvidence
from scanner.model.balance import Evidence
from scanner.model.finding import FindingKind
from scanner.store.reading import prices, queries
from scanner.store.reading.check import check
from scanner.store.reading.history import asset_history
from scanner.store.writing.runs import set_liabilities
from scanner.store.writing.sink import StoreSink

PINNED = 1_700_000_100
DAYS = 60
LATER = PINNED + DAYS * 86_400


class Newest(StubSource):
    """Shows the block of the stated height, and the balances of a later state."""

    def __init__(self, state):
        super().__init__("solana", evidence=Evidence.LATEST_ONLY)
        self._state = state

    def fetch_balances(self, queries, at, progress=None):
        detail = json.dumps({"read_at": self._state}) if self._state else ""
        found = super().fetch_balances(queries, at, progress)
        return [balance._replace(detail=detail) for balance in found]


def taken(store, state, now=LATER):
    address = "9WzDXwBbmkg8ZTbNMqUxvQRAyrZzDsGYdLVL9zYtAWWM"
    sol = eth_claim(2, asset="SOL", network="solana", address=address, **SIGNED)
    snapshot = planned(store, [eth_claim(1, **SIGNED), sol], statement=OKX_RULE)
    owed = Liability("SOL", 1, 9, LiabilityEvidence.PUBLISHED, "a page", "2023-11-14")
    set_liabilities(store, snapshot, [owed])
    sources = StubSource("ethereum"), Newest(state)
    take(store, snapshot, *sources, now=lambda: datetime.fromtimestamp(now, UTC))
    return snapshot


@pytest.mark.parametrize(
    ("state", "now"),
    [
        ({"height": 9, "time": LATER}, LATER + 5),
        ({"height": 9, "hash": "aa"}, LATER),
        ({}, LATER),
    ],
)
def test_everything_that_asks_for_the_moment_hears_of_the_newest_state(store, state, now):
    snapshot = taken(store, state, now)
    moment = datetime.fromtimestamp(LATER, UTC)
    assert queries.finding_counts(store, snapshot)[FindingKind.READ_LATER] == 1
    ethereum, solana = queries.head(store, snapshot).blocks
    assert (ethereum.read_until, ethereum.as_of) == (None, PINNED)
    assert (solana.block.time, solana.read_until, solana.as_of) == (PINNED, LATER, LATER)
    assert prices.taken(store, snapshot).at == moment
    (point,) = asset_history(store, 1, "SOL")
    assert point.at == moment
    by_asset = {total.asset: total for total in queries.totals(store, snapshot).assets}
    assert by_asset["SOL"].reserve_ratio is None, "what is owed is of two months before"
    assert check(store) == []


def test_a_newest_state_that_is_the_blocks_own_is_not_late(store):
    snapshot = taken(store, {"height": 100, "time": PINNED + 60})
    assert FindingKind.READ_LATER not in queries.finding_counts(store, snapshot)
    assert {StoreSink(store).chunk(snapshot, n).state.value for n in (1, 2)} == {"done"}
