"""Keeps an endpoint's rate for a whole fleet: one row an endpoint, one statement a grant.

The row says until when the endpoint's timeline is given away. Taking slots is one atomic upsert by
the server's clock, the only one that all workers share. Slots taken and not used are lost, never
used later: the limit holds whatever dies. When the server does not answer nobody gets a slot.

A clock that is set back leaves a row far in the future: what is outstanding then lies within
LONGEST_LINE, and the line begins behind it. A clock that is set forward forgets what is
outstanding: for LONGEST_LINE at most, up to twice as much may be asked.

SQLite has one process that takes snapshots in a file; there the timeline lies in that process.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from sqlalchemy import text

from scanner.errors import SourceUnavailableError, StoreError
from scanner.model.endpoint import Endpoint
from scanner.net.budget import GRANT, LONGEST_LINE, OwnTimeline, SlotBudget, Timeline
from scanner.store.database.engine import Store

SERVER_CLOCK = "(extract(epoch FROM clock_timestamp()) * 1000000)::bigint"

_MICRO = 1_000_000
_LINE = int(LONGEST_LINE * _MICRO)

_RESERVE = """
INSERT INTO rate_budget AS b (endpoint, free_at) VALUES (:endpoint, {now} + :span)
ON CONFLICT (endpoint) DO UPDATE SET free_at = :span + CASE
    WHEN b.free_at > {now} + :line + :most THEN {now} + :line
    ELSE GREATEST(b.free_at, {now}) END
WHERE b.free_at <= {now} + :line OR b.free_at > {now} + :line + :most
RETURNING free_at - :span - {now}
"""
"""No row comes back when the line is full. Beyond line + most nobody can have reserved."""


class FleetTimeline:
    """An endpoint's timeline in PostgreSQL. now: SQL of microseconds, for tests."""

    def __init__(self, store: Store, endpoint: str, now: str = SERVER_CLOCK) -> None:
        self._store, self._endpoint = store, endpoint
        self._statement = _RESERVE.format(now=now)

    def reserve(self, slots: int, gap: float) -> float | None:
        """As `Timeline` says. One transaction. Raises SourceUnavailableError."""
        span = round(slots * gap * _MICRO)
        values = {
            "endpoint": self._endpoint,
            "span": span,
            "line": _LINE,
            "most": max(span, _MICRO),
        }
        try:
            with self._store.write() as connection:
                wait = connection.execute(text(self._statement), values).scalar()
        except StoreError:
            # Not the database's words: they would be kept as what the endpoint has said.
            what = "not asked: the database, which keeps its rate, does not answer"
            raise SourceUnavailableError(self._endpoint, what) from None
        return None if wait is None else int(wait) / _MICRO


def with_budgets(
    store: Store, endpoints: Mapping[str, Sequence[Endpoint]]
) -> dict[str, list[Endpoint]]:
    """The same endpoints, by network, each keeping its rate together with all who use this store.

    Endpoints are known by their names; those without a rate stay as they are.
    """
    return {network: [_budgeted(store, e) for e in group] for network, group in endpoints.items()}


def budgets_in(endpoints: Mapping[str, Sequence[Endpoint]]) -> list[SlotBudget]:
    """The budgets of those endpoints that have one."""
    every = (endpoint.budget for group in endpoints.values() for endpoint in group)
    return [budget for budget in every if isinstance(budget, SlotBudget)]


def _budgeted(store: Store, endpoint: Endpoint) -> Endpoint:
    if endpoint.rate <= 0:
        return endpoint
    alone = store.dialect == "sqlite"
    timeline: Timeline = OwnTimeline() if alone else FleetTimeline(store, endpoint.name)
    grant = 0.0 if alone else GRANT
    budget = SlotBudget(endpoint.name, endpoint.rate, timeline, grant=grant)
    return replace(endpoint, budget=budget)
