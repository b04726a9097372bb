"""Reads Sui addresses through GraphQL, all of one request at one checkpoint that the answer names.

The servers keep a window of checkpoints at which they answer. Balances are totals: coin objects and
what lies with the address itself. Rewards of stake are not known before it is withdrawn.
Source: the GraphQL schema that docs.sui.io publishes (Checkpoint.query, Address.balance).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from scanner.chains.fleet.interface import (
    Answer,
    Holder,
    OneReader,
    ReaderAbility,
    Reading,
    Refusal,
    State,
)
from scanner.chains.interface import Reach
from scanner.chains.shape import BASE58_32, named, take
from scanner.errors import (
    AddressFormatError,
    HeightNotReachedError,
    HeightPrunedError,
    SourceRejectedError,
    SourceUnavailableError,
)
from scanner.model.addresses.table import decode_address
from scanner.model.balance import BalanceQuery
from scanner.model.block import BlockRef
from scanner.model.endpoint import Endpoint
from scanner.model.network import Network
from scanner.model.parts import Part
from scanner.net.http import Transport
from scanner.net.words import heard

COIN: Final = "0x2::sui::SUI"
STAKE: Final = "0x3::staking_pool::StakedSui"

_PAGE: Final = 50
_CHECKPOINT: Final = "sequenceNumber digest timestamp"
_STAKES: Final = (
    f'objects(first: {_PAGE}, filter: {{type: "{STAKE}"}}) '
    "{ pageInfo { hasNextPage } nodes { address contents { json } } }"
)
_COINS: Final = (
    f'objects(first: 5, filter: {{type: "0x2::coin::Coin<{COIN}>"}}) {{ nodes {{ owner '
    "{ ... on AddressOwner { address { address } } } asMoveObject { contents { json } } } }"
)
_TYPE: Final = re.compile(r"(0x[0-9a-fA-F]{1,64})((?:::[A-Za-z_]\w{0,127}){2})", re.ASCII)


class SuiReader(OneReader):
    """One GraphQL server. A Reader."""

    ability = ReaderAbility(Reach.WINDOW, batch=10, workers=2, chunk=300)

    def __init__(self, endpoint: Endpoint, network: Network) -> None:
        super().__init__(endpoint, network)
        self._row = network
        self._http = Transport(endpoint)

    def check(self) -> None:
        """See Reader. The chain is known by the beginning of its first checkpoint's digest.

        Raises SourceRejectedError.
        """
        seen = take(self._name, self._ask("{ chainIdentifier }"), str, "chainIdentifier")
        if seen != self._chain:
            what = (
                f"is not on {self._network} ({self._chain}): its chain is {heard(self._name, seen)}"
            )
            raise SourceRejectedError(self._name, what)

    def pin(self, height: int | None) -> BlockRef:
        """See Reader. height: a checkpoint. Checkpoints are final.

        Raises SourceUnavailableError.
        """
        found = self._checkpoint(height, _CHECKPOINT)
        text = take(self._name, found, str, "timestamp")
        try:
            time = int(datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp())
        except ValueError:
            raise SourceUnavailableError(self._name, "answered with an invalid time") from None
        number = take(self._name, found, int, "sequenceNumber")
        digest = named(self._name, found, BASE58_32, "digest")
        return BlockRef(self._network, self._chain, number, digest, time)

    def hash_at(self, height: int) -> str:
        """See Reader."""
        return named(self._name, self._checkpoint(height, _CHECKPOINT), BASE58_32, "digest")

    def read(self, queries: Sequence[BalanceQuery], at: BlockRef) -> list[Answer]:
        """See Reader."""
        fields = []
        for n, query in enumerate(queries):
            asset = query.holding.contract or COIN
            if query.address.format == "sui" and _TYPE.fullmatch(asset):
                stakes = _STAKES if query.holding.is_native else ""
                fields.append(
                    f'q{n}: address(address: "{query.address.text}") {{ address balance'
                    f'(coinType: "{asset}") {{ coinType {{ repr }} totalBalance }} {stakes} }}'
                )
        inner = " ".join(fields) or "chainIdentifier"
        found = self._checkpoint(at.height, f"{_CHECKPOINT} query {{ {inner} }}")
        number = take(self._name, found, int, "sequenceNumber")
        state = State(number, named(self._name, found, BASE58_32, "digest"))
        told = take(self._name, found, dict, "query")
        return [self._read(query, told.get(f"q{n}"), state) for n, query in enumerate(queries)]

    def holders_at(self, at: BlockRef) -> list[Holder]:
        """See HolderReader. Who owns one of the coins that there are at the checkpoint.

        A server that does not list objects by their type names nobody.
        """
        try:
            found = self._checkpoint(at.height, f"{_CHECKPOINT} query {{ {_COINS} }}")
        except _GraphError:
            return []
        if named(self._name, found, BASE58_32, "digest") != at.hash:
            raise SourceUnavailableError(self._name, "shows another checkpoint than the pinned one")
        objects = take(self._name, found, dict, "query").get("objects")
        nodes = objects.get("nodes") if isinstance(objects, dict) else None
        told = [self._holder(node) for node in nodes] if isinstance(nodes, list) else []
        return [holder for holder in told if holder is not None]

    def _holder(self, node: object) -> Holder | None:
        """A coin's owner, where that is an address and the coin is not empty."""
        try:
            owner = take(self._name, node, str, "owner", "address", "address")
            content = take(self._name, node, dict, "asMoveObject", "contents", "json")
            amount = self._value(content.get("balance"))
            address = decode_address(self._row, owner)
        except (SourceUnavailableError, AddressFormatError):
            return None
        return Holder(address, amount) if amount else None

    def probe(self) -> dict[str, str]:
        """See Reader."""
        return {"newest checkpoint": str(self.pin(None).height)}

    def close(self) -> None:
        """See Reader."""
        self._http.close()

    def _ask(self, text: str, **variables: object) -> dict[str, object]:
        reply = self._http.post_json({"query": text, "variables": variables})
        if reply.status == 429 or reply.status >= 500:
            reply.raise_for_status()
        answer = reply.json()
        errors = answer.get("errors") if isinstance(answer, dict) else None
        if errors:
            words = take(self._name, errors, str, 0, "message")
            raise _GraphError(self._name, words)
        reply.raise_for_status()
        return take(self._name, answer, dict, "data")

    def _checkpoint(self, height: int | None, fields: str) -> dict[str, object]:
        """Fields of a checkpoint. Raises HeightNotReachedError, HeightPrunedError."""
        text = f"query ($n: UInt53) {{ checkpoint(sequenceNumber: $n) {{ {fields} }} }}"
        try:
            found = self._ask(text, n=height).get("checkpoint")
        except _GraphError as e:
            if height is None or not re.search(r"consistent|range|prun|retention", e.words):
                raise
            raise HeightPrunedError(
                self._name, height, "it does not keep that checkpoint"
            ) from None
        if found is None and height is not None:
            newest = self._checkpoint(None, _CHECKPOINT)
            tip = take(self._name, newest, int, "sequenceNumber")
            if height > tip:
                raise HeightNotReachedError(self._name, height, tip)
            raise HeightPrunedError(self._name, height, "it does not keep that checkpoint")
        checkpoint = take(self._name, found, dict)
        if height not in (None, checkpoint.get("sequenceNumber")):
            raise SourceUnavailableError(self._name, "answered with another checkpoint")
        return checkpoint

    def _read(self, query: BalanceQuery, told: object, state: State) -> Answer:
        asset = query.holding.contract or COIN
        if query.address.format != "sui" or not _TYPE.fullmatch(asset):
            return Refusal(f"{query.holding.asset} of {query.address.format} is not supported here")
        if told is None:
            return Refusal("left out of the answer")
        if take(self._name, told, str, "address") != query.address.text:
            raise SourceUnavailableError(self._name, "answered about another address")
        if _canonical(take(self._name, told, str, "balance", "coinType", "repr")) != _canonical(
            asset
        ):
            raise SourceUnavailableError(self._name, "answered about another coin")
        parts = {Part.LIQUID: self._amount(take(self._name, told, str, "balance", "totalBalance"))}
        if query.holding.is_native:
            if take(self._name, told, bool, "objects", "pageInfo", "hasNextPage"):
                return Refusal(f"has more than {_PAGE} stakes, which are not read")
            nodes = take(self._name, told, list, "objects", "nodes")
            if len({take(self._name, node, str, "address") for node in nodes}) < len(nodes):
                raise SourceUnavailableError(self._name, "answered with one stake twice")
            parts[Part.STAKED] = sum(self._principal(node) for node in nodes)
        return Reading(parts, state)

    def _principal(self, node: object) -> int:
        """What one stake began with."""
        return self._value(take(self._name, node, dict, "contents", "json").get("principal"))

    def _value(self, balance: object) -> int:
        """A Balance, which is shown as an object, or as its value."""
        return self._amount(balance.get("value") if isinstance(balance, dict) else balance)

    def _amount(self, text: object) -> int:
        if not isinstance(text, str) or not re.fullmatch(r"\d{1,20}", text, re.ASCII):
            raise SourceUnavailableError(
                self._name, f"gave {heard(self._name, text)} for an amount"
            )
        return int(text)


class _GraphError(SourceRejectedError):
    """An error in place of data."""

    def __init__(self, endpoint: str, words: str) -> None:
        super().__init__(endpoint, f"answered with an error, in {heard(endpoint, words)}")
        self.words = words


def _canonical(text: str) -> str:
    """A coin type with its address in full: 0x2 and 0x000...02 are one package."""
    match = _TYPE.fullmatch(text)
    if match is None:
        return text
    return f"0x{match[1][2:].lower():0>64}{match[2]}"
