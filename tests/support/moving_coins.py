"""A network that tells of its newest state only, whose coins move while it is read."""

from __future__ import annotations

import json

from scanner.model.balance import Balance, Evidence
from support.snapshot_stub import StubSource, eth_claim
from support.taking import SIGNED

COINS = 1_000
NOW = 1_700_000_100


class Ledger(StubSource):
    """Tells of its newest state only. moves: told how many calls there were, changes holdings."""

    def __init__(self, holdings, moves=lambda holdings, calls: None, trouble=lambda _q: None):
        super().__init__(
            "ethereum",
            evidence=Evidence.LATEST_ONLY,
            trouble=trouble,
            chunk_size=2,
            parallel=1,
        )
        self.holdings, self._moves, self.calls, self.time = holdings, moves, 0, NOW

    def fetch_balances(self, queries, at, progress=None):
        self._trouble(queries)
        detail = json.dumps({"read_at": {"height": at.height + self.calls, "time": self.time}})
        found = [
            Balance(self.holdings.get(q.address.text.lower(), 0), self.ability.evidence, ("n",))
            for q in queries
        ]
        self.calls += 1
        self._moves(self.holdings, self.calls)
        return [balance._replace(detail=detail) for balance in found]


def claims():
    return [eth_claim(n, amount=COINS if n in (0, 5) else 0, **SIGNED) for n in range(6)]


FIRST, LAST = (claims()[n].address.lower() for n in (0, 5))


def rotate(holdings, calls):
    """The coins of the first row are at the last when that is read, as at no moment before."""
    if calls == 1:
        holdings[LAST] = holdings.pop(FIRST, 0)
