"""A network family in one file: the smallest Reader, and the server it reads from.

The network is made up. `GET /chain`, `/block/N` and `/balances/N?of=A,B` answer JSON; every answer
says which block it is from.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import ClassVar
from urllib.parse import parse_qs, urlsplit

from scanner.chains.fleet.interface import Answer, OneReader, ReaderAbility, Reading, Refusal, State
from scanner.chains.interface import Reach
from scanner.chains.shape import named, take
from scanner.errors import (
    HeightNotReachedError,
    HeightPrunedError,
    SourceRejectedError,
    SourceUnavailableError,
)
from scanner.model.balance import BalanceQuery
from scanner.model.block import BlockRef
from scanner.model.endpoint import Endpoint
from scanner.model.network import Network
from scanner.model.parts import Part
from scanner.net.http import Transport
from scanner.net.words import heard
from support.replay import Sent, Server, Trap

TIP = 120
_HASH = re.compile(r"[a-z0-9-]{1,80}")


class PlainReader(OneReader):
    """A Reader. reach: of the ability, so that one family plays both kinds of networks."""

    def __init__(
        self, endpoint: Endpoint, network: Network, reach: Reach = Reach.ANY, batch: int = 2
    ) -> None:
        super().__init__(endpoint, network)
        self.ability = ReaderAbility(reach, batch=batch)
        self._http = Transport(endpoint)

    def check(self) -> None:
        """See Reader."""
        found = take(self._name, self._json("chain"), str, "id")
        if found != self._chain:
            chain = heard(self._name, found)
            raise SourceRejectedError(self._name, f"is on chain {chain}, not {self._chain}")

    def pin(self, height: int | None) -> BlockRef:
        """See Reader."""
        tip = take(self._name, self._json("chain"), int, "tip")
        if height is not None and height > tip:
            raise HeightNotReachedError(self._name, height, tip)
        block = self._json(f"block/{tip if height is None else height}")
        number = take(self._name, block, int, "height")
        time = take(self._name, block, int, "time")
        block_hash = named(self._name, block, _HASH, "hash")
        return BlockRef(self._network, self._chain, number, block_hash, time)

    def hash_at(self, height: int) -> str:
        """See Reader."""
        return named(self._name, self._json(f"block/{height}"), _HASH, "hash")

    def read(self, queries: Sequence[BalanceQuery], at: BlockRef) -> list[Answer]:
        """See Reader."""
        height = TIP if self.ability.reach is Reach.TIP else at.height
        of = ",".join(q.address.text for q in queries)
        told = self._json(f"balances/{height}?of={of}")
        if isinstance(told, dict) and told.get("error") == "pruned":
            raise HeightPrunedError(self._name, at.height, "its state is gone")
        number, block_hash = (
            take(self._name, told, int, "height"),
            named(self._name, told, _HASH, "hash"),
        )
        items = {
            take(self._name, item, str, "of"): item
            for item in take(self._name, told, list, "items")
        }
        return [self._one(items.get(q.address.text), State(number, block_hash)) for q in queries]

    def _one(self, item: object, state: State) -> Answer:
        if item is None:
            return Refusal("left out of the answer")
        if take(self._name, item, bool, "known") is False:
            return Reading({}, state, absent=True)
        amounts = {
            part: self._amount(take(self._name, item, str, field))
            for part, field in ((Part.LIQUID, "amount"), (Part.STAKED, "staked"))
        }
        return Reading(amounts, state)

    def _amount(self, text: str) -> int:
        if not (text.isascii() and text.isdigit() and len(text) < 40):
            raise SourceUnavailableError(self._name, f"gave {heard(self._name, text)} as an amount")
        return int(text)

    def probe(self) -> dict[str, str]:
        """See Reader."""
        return {"history": "any height"}

    def close(self) -> None:
        """See Reader."""
        self._http.close()

    def _json(self, path: str) -> object:
        reply = self._http.get(path)
        reply.raise_for_status()
        return reply.json()


class PlainServer(Server):
    """holdings: address -> liquid and staked. chain: its id."""

    network: ClassVar[str] = "tron"
    protocol: ClassVar[str] = "plain"

    def __init__(self, holdings: dict[str, tuple[int, int]], chain: str, tip: bool = False) -> None:
        super().__init__()
        self.holdings, self.chain, self.tip = holdings, chain, tip

    def answer(self, method: str, path: str, body: bytes) -> Sent:
        """See Server."""
        parts = urlsplit(path)
        kind, _, rest = parts.path.strip("/").partition("/")
        if kind == "chain":
            chain = "999" if self.trap is Trap.WRONG_CHAIN else self.chain
            return _sent({"id": chain, "tip": TIP})
        height = int(rest)
        if kind == "block":
            return _sent({"height": height, "hash": self._hash(height), "time": 1000 + height})
        if self.trap is Trap.PRUNED:
            return _sent({"error": "pruned"})
        if self.trap is Trap.OTHER_BLOCK:
            height -= 1
        items = [self._item(a) for a in parse_qs(parts.query)["of"][0].split(",")]
        if self.trap is Trap.DROPS:
            items.pop()
        return _sent({"height": height, "hash": self._hash(height), "items": items})

    def _hash(self, height: int) -> str:
        chain = "fork" if self.trap is Trap.FORK else self.chain
        return f"{chain}-{height}"

    def _item(self, address: str) -> dict[str, object]:
        if address not in self.holdings or self.trap is Trap.ZEROES:
            return {"of": address, "known": False}
        amount, staked = self.holdings[address]
        amount += self.trap is Trap.LIES
        return {"of": address, "known": True, "amount": str(amount), "staked": str(staked)}


def _sent(value: object) -> Sent:
    return Sent(json.dumps(value).encode())
