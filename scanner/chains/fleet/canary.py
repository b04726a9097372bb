"""Asks an endpoint for what is known to be there, before its zeros are believed."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from scanner.chains.fleet.interface import Reader, Refusal
from scanner.errors import SourceRejectedError, SourceUnavailableError
from scanner.model.addresses.table import decode_address
from scanner.model.balance import BalanceQuery
from scanner.model.block import BlockRef
from scanner.model.canary import Canary
from scanner.model.endpoint import Endpoint
from scanner.model.network import Network
from scanner.model.registry import Registry


class Canaries:
    """The canaries of one network, and which endpoints have sung at which block.

    An endpoint on another chain than the network's own (a test chain) is not asked.
    Safe to use from several threads.
    """

    def __init__(self, network: Network, registry: Registry) -> None:
        self._network = network
        self._known = [
            (canary, self._query(canary, registry)) for canary in registry.canaries(network.name)
        ]
        self._sung: set[tuple[str, str, str]] = set()
        self._lock = threading.Lock()

    def _query(self, canary: Canary, registry: Registry) -> BalanceQuery:
        address = decode_address(self._network, canary.address)
        return BalanceQuery(address, registry.holding(canary.asset, canary.network))

    def check(self, reader: Reader, queries: Sequence[BalanceQuery], at: BlockRef) -> None:
        """Ask the canaries of the assets that are asked for, and of the network's own coin.

        Raises SourceRejectedError if one is said to hold nothing, SourceUnavailableError if the
        endpoint cannot say what it holds.
        """
        if reader.endpoint.chain not in ("", self._network.chain_id):
            return
        for canary, query in self._wanted(reader.endpoint, queries, at):
            (answer,) = reader.read([query], at)
            name = reader.endpoint.name
            if isinstance(answer, Refusal):
                what = f"cannot say what {canary.address} holds, which is used to test it"
                raise SourceUnavailableError(name, f"{what}: {answer.why}")
            if answer.amount == 0:
                raise SourceRejectedError(
                    name,
                    f"says {canary.address} holds no {canary.asset} at block {at.height}, where it "
                    "is known to hold some: its answers are not trusted",
                )
            with self._lock:
                self._sung.add((name, at.hash, canary.address))

    def _wanted(
        self, endpoint: Endpoint, queries: Sequence[BalanceQuery], at: BlockRef
    ) -> list[tuple[Canary, BalanceQuery]]:
        assets = {query.holding.asset for query in queries} | {self._network.native}
        return [
            (canary, query)
            for canary, query in self._known
            if canary.asset in assets
            and canary.since <= at.height
            and (endpoint.name, at.hash, canary.address) not in self._sung
        ]
