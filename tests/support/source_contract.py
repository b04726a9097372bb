"""The readers' contract for sources that are no fleet of Readers: they are asked as wholes.

A source of one endpoint stands for the Reader; with several endpoints the real source is tried,
with its own ways of failing over and of voting.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from typing import Any, ClassVar, cast

from scanner.chains.fleet.interface import (
    Answer,
    Reader,
    ReaderAbility,
    Reading,
    Refusal,
    State,
)
from scanner.chains.interface import BalanceSource, Prober, ReadPolicy
from scanner.chains.table import make_source
from scanner.model.balance import BalanceQuery
from scanner.model.block import BlockRef
from scanner.model.canary import Canary
from scanner.model.endpoint import Endpoint
from scanner.model.parts import Part
from scanner.model.registry import Registry
from scanner.settings.tables import load_registry
from support.reader_contract import ReaderContract, Stub
from support.replay import Trap


class SourceAsReader:
    """One endpoint's source, asked as a Reader is."""

    def __init__(self, source: BalanceSource, endpoint: Endpoint, batch: int) -> None:
        self.endpoint, self._source = endpoint, source
        self.ability = ReaderAbility(source.ability.reach, batch, evidence=source.ability.evidence)

    def check(self) -> None:
        """A source checks its endpoint when it pins."""
        self._source.pin(None)

    def pin(self, height: int | None) -> BlockRef:
        """See Reader."""
        return self._source.pin(height)

    def hash_at(self, height: int) -> str:
        """See Reader."""
        return self._source.pin(height).hash

    def read(self, queries: Sequence[BalanceQuery], at: BlockRef) -> list[Answer]:
        """See Reader. The source has bound its answers to the block."""
        return [
            Refusal(b.reason)
            if b.amount is None
            else Reading({Part.LIQUID: b.amount}, State(at.height, at.hash))
            for b in self._source.fetch_balances(queries, at)
        ]

    def probe(self) -> dict[str, str]:
        """See Reader; sources of scans have no probe."""
        if isinstance(self._source, Prober):
            return self._source.probe()
        return {"newest block": str(self._source.pin(None).height)}

    def close(self) -> None:
        """See Reader."""
        self._source.close()


class SourceContract(ReaderContract):
    """protocol: as endpoints name it. batch: queries of one `read`."""

    protocol: ClassVar[str]
    batch: ClassVar[int] = 50

    def tables(self, canary: BalanceQuery | None) -> Registry:
        """The registry a source is made with: the test's canary and no other, and no chain's mark.

        What stands in memory is not the network's own chain.
        """
        return _tables(self.network, canary)

    def made(
        self, endpoints: Sequence[Endpoint], quorum: int = 1, canary: BalanceQuery | None = None
    ) -> BalanceSource:
        """The source of some endpoints."""
        tables = self.tables(canary)
        network = tables.network(self.network)
        return make_source(self.protocol, network, endpoints, tables, ReadPolicy(quorum))

    def reader(self, endpoint: Endpoint) -> Reader:
        """See ReaderContract."""
        return SourceAsReader(self.made([endpoint]), endpoint, self.batch)

    @contextmanager
    def source(  # type: ignore[override]
        self, *traps: Trap, quorum: int = 1, canary: BalanceQuery | None = None
    ) -> Iterator[tuple[Any, list[Stub]]]:
        """See ReaderContract."""
        with self.servers(*traps) as stubs:
            endpoints = [s.endpoint(n) for s, n in zip(stubs, "abcdef", strict=False)]
            source = self.made(endpoints, quorum, canary)
            try:
                yield cast(Any, source), stubs
            finally:
                source.close()


@cache
def _tables(network: str, canary: BalanceQuery | None) -> Registry:
    tables = load_registry()
    known = {**tables.networks, network: replace(tables.network(network), mark=None)}
    birds = []
    if canary is not None:
        asset, text = canary.holding.asset, canary.address.text
        birds = [Canary(network, asset, text, 0, "the test says so")]
    return Registry(known.values(), (), tables.holdings(), birds)
