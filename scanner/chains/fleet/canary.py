"""Asks an endpoint for what is known to be there, before its zeros are believed."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field

from scanner.chains.fleet.interface import HolderReader, Reader, Refusal
from scanner.errors import SourceError, SourceRejectedError, SourceUnavailableError
from scanner.model.addresses.table import decode_address
from scanner.model.balance import BalanceQuery
from scanner.model.block import BlockRef
from scanner.model.canary import Canary
from scanner.model.endpoint import Endpoint
from scanner.model.network import Network
from scanner.model.registry import Registry


class UntrustedError(SourceRejectedError):
    """An endpoint does not see what is known to be there: nothing that it says is believed."""


def wrongly_empty(name: str, canary: Canary, at: BlockRef) -> UntrustedError:
    """What to raise where an endpoint says that a canary of the table holds nothing."""
    return UntrustedError(
        name,
        f"says {canary.address} holds no {canary.asset} at block {at.height}, where it "
        "is known to hold some: its answers are not trusted",
    )


def too_little(name: str, holder: str, coin: str, at: BlockRef) -> UntrustedError:
    """What to raise where it says that somebody holds less than the block itself left them."""
    return UntrustedError(
        name,
        f"says {holder} holds less {coin} after block {at.height} than "
        "that block gives it: its answers are not trusted",
    )


@dataclass(slots=True)
class _Asking:
    """One endpoint: whose turn it is to ask it, and how that last failed."""

    turn: threading.Lock = field(default_factory=threading.Lock)
    failure: SourceError | None = None


class Canaries:
    """The canaries of one network, and which endpoints have sung at which block.

    The table's are those of the network's own chain. Where it has none of the network's coin, at a
    height or for a test chain, those stand in that the pinned block itself names (`HolderReader`).
    Safe to use from several threads: an endpoint is asked by one of them; the others wait for it,
    and fail as it does, for to ask a server that does not answer takes the longest.
    """

    def __init__(self, network: Network, registry: Registry) -> None:
        self._network, self._registry = network, registry
        self._known = [
            (canary, self._query(canary, registry)) for canary in registry.canaries(network.name)
        ]
        self._sung: set[tuple[str, str, str]] = set()
        self._lock = threading.Lock()
        self._asking: dict[str, _Asking] = {}

    def _query(self, canary: Canary, registry: Registry) -> BalanceQuery:
        address = decode_address(self._network, canary.address)
        return BalanceQuery(address, registry.holding(canary.asset, canary.network))

    def check(self, reader: Reader, queries: Sequence[BalanceQuery], at: BlockRef) -> None:
        """Ask the canaries of the assets that are asked for, and of the network's own coin.

        Raises UntrustedError if one is said to hold nothing, SourceUnavailableError if the
        endpoint cannot say what one of the table's holds. One that the block names is some busy
        address as likely as not: an endpoint may refuse it, and is not tried by it then.
        """
        name = reader.endpoint.name
        with self._lock:
            asking = self._asking.setdefault(name, _Asking())
        before = asking.failure
        with asking.turn:
            if asking.failure not in (None, before):
                raise asking.failure
            try:
                self._ask_all(reader, queries, at)
            except SourceError as e:
                asking.failure = e
                raise

    def _ask_all(self, reader: Reader, queries: Sequence[BalanceQuery], at: BlockRef) -> None:
        name, wanted = reader.endpoint.name, self._wanted(reader.endpoint, queries, at)
        for canary, query in wanted:
            if (name, at.hash, canary.address) not in self._sung:
                self._ask(reader, canary, query, at)
                self._sung.add((name, at.hash, canary.address))
        native = any(canary.asset == self._network.native for canary, _ in wanted)
        if not native and (name, at.hash, "") not in self._sung:
            self._ask_holders(reader, at)
            self._sung.add((name, at.hash, ""))

    def _wanted(
        self, endpoint: Endpoint, queries: Sequence[BalanceQuery], at: BlockRef
    ) -> list[tuple[Canary, BalanceQuery]]:
        if endpoint.chain not in ("", self._network.chain_id):
            return []
        assets = {query.holding.asset for query in queries} | {self._network.native}
        return [
            (canary, query)
            for canary, query in self._known
            if canary.asset in assets and canary.since <= at.height
        ]

    @staticmethod
    def _ask(reader: Reader, canary: Canary, query: BalanceQuery, at: BlockRef) -> None:
        (answer,) = reader.read([query], at)
        name = reader.endpoint.name
        if isinstance(answer, Refusal):
            what = f"cannot say what {canary.address} holds, which is used to test it"
            raise SourceUnavailableError(name, f"{what}: {answer.why}")
        if answer.amount == 0:
            raise wrongly_empty(name, canary, at)

    def _ask_holders(self, reader: Reader, at: BlockRef) -> None:
        """Ask for one of those whom the block names: the first one that is not refused.

        One that gets no usable answer is passed over, if somebody behind it gets one: it may be an
        address that the endpoint cannot cope with. Raises what was said of the last such one.
        """
        if not isinstance(reader, HolderReader):
            return
        holders = reader.holders_at(at)
        coin = self._network.native
        holding = self._registry.holding(coin, self._network.name)
        failure: SourceError | None = None
        for holder in holders:
            try:
                (answer,) = reader.read([BalanceQuery(holder.address, holding)], at)
            except (SourceUnavailableError, SourceRejectedError) as e:
                failure = e
                continue
            if isinstance(answer, Refusal):
                continue
            if answer.amount < holder.least:
                raise too_little(reader.endpoint.name, holder.address.text, coin, at)
            return
        if failure is not None:
            raise failure
