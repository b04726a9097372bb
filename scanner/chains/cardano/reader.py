"""Reads Cardano addresses from Koios servers, at their newest block.

Koios answers only about addresses that were ever paid; its tip is looked at before and after, so
that every answer belongs to one named block. What a stake key earned is not in an address.
Source: the Koios API (genesis, tip, blocks, address_info; columns chosen by `select`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from scanner.chains.fleet.interface import Answer, OneReader, ReaderAbility, Reading, Refusal, State
from scanner.chains.fleet.rest import Rest
from scanner.chains.interface import Reach
from scanner.chains.shape import HEX_32, named, take
from scanner.errors import HeightNotReachedError, SourceRejectedError, SourceUnavailableError
from scanner.model.balance import BalanceQuery
from scanner.model.block import BlockRef
from scanner.model.endpoint import Endpoint
from scanner.model.network import Network
from scanner.model.parts import Part

BATCH: Final = 8
"""Addresses of 103 characters in the kilobyte that public servers take."""

_TRIES: Final = 3


class CardanoReader(OneReader):
    """One Koios server; its URL ends in /api/v1. A Reader. The chain id is the network's magic."""

    ability = ReaderAbility(Reach.TIP, batch=BATCH, workers=2, chunk=400)

    def __init__(self, endpoint: Endpoint, network: Network) -> None:
        super().__init__(endpoint, network)
        self._rest = Rest(endpoint)

    def check(self) -> None:
        """See Reader. Raises SourceRejectedError."""
        magic = self._rest.number(self._rest.json("genesis"), 0, "networkmagic")
        if str(magic) != self._chain:
            raise SourceRejectedError(self._name, f"is not on {self._network}: magic {magic}")

    def pin(self, height: int | None) -> BlockRef:
        """See Reader. The newest block may still be replaced; balances name theirs."""
        block = self._tip() if height is None else self._block(height)
        number, time = (
            self._rest.number(block, "block_height"),
            self._rest.number(block, "block_time"),
        )
        block_hash = named(self._name, block, HEX_32, "hash")
        return BlockRef(self._network, self._chain, number, block_hash, time)

    def hash_at(self, height: int) -> str:
        """See Reader."""
        return named(self._name, self._block(height), HEX_32, "hash")

    def read(self, queries: Sequence[BalanceQuery], at: BlockRef) -> list[Answer]:
        """See Reader. Raises SourceUnavailableError."""
        for _ in range(_TRIES):
            before = self._state()
            rows = self._rows(queries)
            self._look_again(queries, rows)
            if self._state() == before:
                return [self._one(query, rows, before) for query in queries]
        raise SourceUnavailableError(self._name, "its tip keeps moving while it is read", 5.0)

    def probe(self) -> dict[str, str]:
        """See Reader."""
        return {"newest block": str(self._state().height), "history": "tip only"}

    def close(self) -> None:
        """See Reader."""
        self._rest.close()

    def _one(self, query: BalanceQuery, rows: dict[str, int], state: State) -> Answer:
        if not query.holding.is_native:
            return Refusal("tokens of this network are not supported")
        amount = rows.get(query.address.text)
        if amount is None:
            return Reading({}, state, absent=True)
        return Reading({Part.LIQUID: amount}, state)

    def _rows(self, queries: Sequence[BalanceQuery]) -> dict[str, int]:
        """Address -> lovelace, of those that the server knows."""
        asked = {query.address.text for query in queries}
        path = "address_info?select=address,balance"
        reply = self._rest.http.post_json({"_addresses": sorted(asked)}, path)
        reply.raise_for_status()
        rows: dict[str, int] = {}
        for row in take(self._name, reply.json(), list):
            address = self._rest.text(row, "address")
            if address not in asked or address in rows:
                raise self._rest.broken("it lists an address that was not asked for, or one twice")
            rows[address] = self._rest.number(row, "balance")
        return rows

    def _look_again(self, queries: Sequence[BalanceQuery], rows: dict[str, int]) -> None:
        """Ask once more for what has no row, by itself: an answer cut short leaves rows out, too.

        Raises SourceUnavailableError.
        """
        missing = [query for query in queries if query.address.text not in rows]
        if rows and missing and self._rows(missing):
            raise self._rest.broken("it left out an address that it knows")

    def _state(self) -> State:
        tip = self._tip()
        number, time = self._rest.number(tip, "block_height"), self._rest.number(tip, "block_time")
        return State(number, named(self._name, tip, HEX_32, "hash"), time)

    def _tip(self) -> object:
        return take(self._name, self._rest.json("tip"), object, 0)

    def _block(self, height: int) -> object:
        path = f"blocks?block_height=eq.{height}&select=hash,block_height,block_time"
        found = take(self._name, self._rest.json(path), list)
        if not found:
            tip = self._state().height
            if height > tip:
                raise HeightNotReachedError(self._name, height, tip)
            raise self._rest.broken(f"it does not have block {height}")
        if len(found) > 1 or self._rest.number(found[0], "block_height") != height:
            raise self._rest.broken("it shows another block than the one asked for")
        return found[0]
