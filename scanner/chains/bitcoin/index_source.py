"""Balances from servers with an address index, whatever they speak.

Esplora, Electrum and Blockbook differ in how one server is asked (`IndexServer`). Here each becomes
a Reader, so that the fleet does the rest (`scanner.chains.bitcoin.indexes` makes the source).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from scanner.chains.bitcoin.block_times import CONFIRMATIONS, height_at
from scanner.chains.bitcoin.checkpoints import chain_marker
from scanner.chains.fleet.interface import Answer, Holder, ReaderAbility, Reading
from scanner.chains.interface import Reach
from scanner.errors import (
    HeightNotReachedError,
    SourceError,
    SourceRejectedError,
    SourceUnavailableError,
)
from scanner.model.addresses.scripts import script_pubkey
from scanner.model.balance import BalanceQuery
from scanner.model.block import BlockRef
from scanner.model.endpoint import Endpoint
from scanner.model.network import Network
from scanner.model.parts import Part
from scanner.net.words import heard


@dataclass(frozen=True, slots=True)
class Wanted:
    """One script to ask for. text: its address, "" if it has none."""

    script: bytes
    text: str


def coins(amount: int, detail: Mapping[str, object], caution: str = "") -> Reading:
    """What a script holds. The server's block was looked at, its answers name none."""
    return Reading({Part.LIQUID: amount}, detail=detail, caution=caution)


class IndexServer(Protocol):
    """One server with an address index. Safe to use from several threads.

    batch: scripts in one call of `read`. workers: calls in flight.
    """

    endpoint: Endpoint
    batch: int
    workers: int

    def tip(self) -> int:
        """Height of its best chain."""
        ...

    def block_hash(self, height: int) -> str:
        """Hash of the best chain's block; "" above the tip."""
        ...

    def block_time(self, at: BlockRef) -> int | None:
        """Time in the header of a best-chain block."""
        ...

    def read(self, wanted: Sequence[Wanted], at: BlockRef) -> list[Answer]:
        """What each script held at the block, in order.

        The block is known to be on its best chain. Raises SourceError if nothing can be said.
        """
        ...

    def holders(self, at: BlockRef) -> list[Holder]:
        """Whom a block above the first one pays, see HolderReader; none if it cannot be asked."""
        ...

    def close(self) -> None:
        """Give up connections."""
        ...


class IndexReader:
    """An IndexServer as a Reader. It knows the chain by a block that no other chain has."""

    def __init__(self, server: IndexServer, network: Network, chunk: int) -> None:
        self.endpoint = server.endpoint
        self.ability = ReaderAbility(Reach.ANY, server.batch, server.workers, chunk)
        self._server, self._network = server, network.name
        self._name = server.endpoint.name
        self._chain = server.endpoint.chain or network.chain_id
        self._marker = chain_marker(network.name, self._chain)

    def check(self) -> None:
        """See Reader. Raises SourceError."""
        if self._marker is None:
            return
        height, expected = self._marker
        seen = self._server.block_hash(height)
        if seen != expected:
            raise SourceRejectedError(
                self._name,
                f"is not on {self._network} ({self._chain}): "
                f"its block {height} is {heard(self._name, seen) if seen else 'missing'}",
            )

    def pin(self, height: int | None) -> BlockRef:
        """See Reader. None: CONFIRMATIONS deep, so that it will stay."""
        chosen = max(0, self._server.tip() + 1 - CONFIRMATIONS) if height is None else height
        at = BlockRef(self._network, self._chain, chosen, self.hash_at(chosen))
        return replace(at, time=self._server.block_time(at))

    def hash_at(self, height: int) -> str:
        """See Reader. Raises HeightNotReachedError."""
        seen = self._server.block_hash(height)
        if not seen:
            raise HeightNotReachedError(self._name, height, self._server.tip())
        return seen

    def read(self, queries: Sequence[BalanceQuery], at: BlockRef) -> list[Answer]:
        """See Reader. Descriptors are no addresses: servers are asked for their script."""
        texts = [q.address.text for q in queries]
        wanted = [
            Wanted(script_pubkey(q.address), "" if "(" in text else text)
            for q, text in zip(queries, texts, strict=True)
        ]
        return self._server.read(wanted, at)

    def holders_at(self, at: BlockRef) -> list[Holder]:
        """See HolderReader. The first block's reward is no coin that anybody has."""
        return self._server.holders(at) if at.height else []

    def height_at(self, time: int) -> int:
        """See TimedReader."""
        return height_at(self._name, self._server.tip(), self._time, time)

    def _time(self, height: int) -> int:
        at = BlockRef(self._network, "", height, self._server.block_hash(height))
        when = self._server.block_time(at)
        if when is None:
            raise SourceUnavailableError(self._name, f"block {height} was replaced")
        return when

    def probe(self) -> dict[str, str]:
        """See Reader."""
        self.check()
        tip = self._server.tip()
        try:
            self.pin(tip // 2)
        except SourceError as e:
            return {"newest block": str(tip), "history": f"unknown ({e})"}
        return {"newest block": str(tip), "history": "any height"}

    def close(self) -> None:
        """See Reader."""
        self._server.close()
