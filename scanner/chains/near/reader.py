"""Reads NEAR accounts at a block: what is at hand, and what a validator has locked.

Answers name the block that they are from, also the one that says there is no such account. Heights
may be skipped: such a height means the last block before it. Nodes keep five epochs (two and a half
days), archival ones all.
Source: NEAR's JSON-RPC (status, block, query view_account) and its error causes.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Final

from scanner.chains.fleet.interface import Answer, OneReader, ReaderAbility, Reading, Refusal, State
from scanner.chains.fleet.rest import Rest
from scanner.chains.interface import Reach
from scanner.chains.near.keys import access_keys, holds_code
from scanner.chains.shape import BASE58_32, named, take
from scanner.errors import (
    HeightNotReachedError,
    HeightPrunedError,
    SourceRejectedError,
    SourceUnavailableError,
)
from scanner.model.addresses.interface import Address
from scanner.model.balance import BalanceQuery
from scanner.model.block import BlockRef
from scanner.model.endpoint import Endpoint
from scanner.model.key_policy import KeyKind, KeyPolicy, PolicyKey, single
from scanner.model.network import Network
from scanner.model.parts import Part

GENESIS: Final = {"mainnet": "EPnLgE7iEq9s7yTkos96M3cWymH5avBAPm3qx3NXqR8H"}
"""Chain id -> hash of its first block."""

SKIPPED: Final = 20
"""Heights in a row without a block that are stepped over."""

_GONE: Final = ("UNKNOWN_BLOCK", "GARBAGE_COLLECTED_BLOCK")


class _CauseError(SourceRejectedError):
    """An error answer. cause: its name, as the API lists them. info: what it is about."""

    def __init__(self, endpoint: str, cause: str, info: object) -> None:
        super().__init__(endpoint, f"refuses ({cause})")
        self.cause, self.info = cause, info


class NearReader(OneReader):
    """One JSON-RPC node. A Reader."""

    ability = ReaderAbility(Reach.WINDOW, batch=2, workers=4, chunk=500)

    def __init__(self, endpoint: Endpoint, network: Network) -> None:
        super().__init__(endpoint, network)
        self._rest = Rest(endpoint)
        self._ids = itertools.count(1)

    def check(self) -> None:
        """See Reader. Raises SourceRejectedError."""
        status = self._ask("status", [])
        chain, genesis = self._rest.text(status, "chain_id"), GENESIS.get(self._chain)
        other = genesis is not None and self._rest.text(status, "genesis_hash") != genesis
        if chain != self._chain or other:
            raise SourceRejectedError(self._name, f"is not on {self._network} ({self._chain})")
        if take(self._name, status, bool, "sync_info", "syncing"):
            raise SourceRejectedError(self._name, "is still syncing: wait for it")

    def pin(self, height: int | None) -> BlockRef:
        """See Reader. A skipped height is the block before it, and the height says so."""
        header = self._header({"finality": "final"}) if height is None else self._at(height)
        time = self._rest.number(header, "timestamp") // 10**9
        number = self._rest.number(header, "height")
        block_hash = named(self._name, header, BASE58_32, "hash")
        return BlockRef(self._network, self._chain, number, block_hash, time)

    def hash_at(self, height: int) -> str:
        """See Reader."""
        return named(self._name, self._at(height), BASE58_32, "hash")

    def read(self, queries: Sequence[BalanceQuery], at: BlockRef) -> list[Answer]:
        """See Reader."""
        return [self._one(query, at) for query in queries]

    def key_policy(self, address: Address, at: BlockRef) -> KeyPolicy:
        """See KeyReader. An implicit account that is not there yet will have its own key.

        Raises SourceUnavailableError.
        """
        asked = {"block_id": at.hash, "account_id": address.text}
        try:
            account = self._ask("query", {"request_type": "view_account", **asked})
            self._state(account)
            found = self._ask("query", {"request_type": "view_access_key_list", **asked})
        except _CauseError as e:
            self._without(e, address.text, at)  # which it is, or raises
            if address.format != "near_implicit":
                return KeyPolicy((), at.height, "there is no such account")
            own = PolicyKey(KeyKind.ED25519, address.payload)
            return KeyPolicy((single("the key of the name", own),), at.height)
        if self._state(found) != State(at.height, at.hash):
            raise self._rest.broken("it gives the keys of another block")
        has_code = holds_code(self._name, account)
        return access_keys(self._name, found, at.height, has_code=has_code)

    def probe(self) -> dict[str, str]:
        """See Reader."""
        status = self._ask("status", [])
        newest = self._rest.number(status, "sync_info", "latest_block_height")
        try:
            self._at(newest // 2)
        except (HeightPrunedError, SourceUnavailableError):
            return {"newest block": str(newest), "history": "recent only"}
        return {"newest block": str(newest), "history": "any height"}

    def close(self) -> None:
        """See Reader."""
        self._rest.close()

    def _one(self, query: BalanceQuery, at: BlockRef) -> Answer:
        if not query.holding.is_native:
            return Refusal("tokens of this network are not supported")
        account = query.address.text
        asked = {"request_type": "view_account", "block_id": at.hash, "account_id": account}
        try:
            found = self._ask("query", asked)
        except _CauseError as e:
            return self._without(e, account, at)
        state = self._state(found)
        liquid, locked = self._rest.number(found, "amount"), self._rest.number(found, "locked")
        return Reading({Part.LIQUID: liquid, Part.STAKED: locked}, state)

    def _without(self, error: _CauseError, account: str, at: BlockRef) -> Answer:
        if error.cause in _GONE:
            raise HeightPrunedError(self._name, at.height, "the state of that block is gone")
        if error.cause != "UNKNOWN_ACCOUNT":
            raise error
        if self._rest.text(error.info, "requested_account_id") != account:
            return Refusal("answered for another account")
        return Reading({}, self._state(error.info), absent=True)

    def _state(self, value: object) -> State:
        height = self._rest.number(value, "block_height")
        return State(height, named(self._name, value, BASE58_32, "block_hash"))

    def _at(self, height: int) -> object:
        """The header of a height, or of the last block before it."""
        for number in range(height, max(-1, height - SKIPPED), -1):
            try:
                header = self._header({"block_id": number})
            except _CauseError as e:
                if e.cause not in _GONE:
                    raise
                continue
            if self._rest.number(header, "height") != number:
                raise self._rest.broken("it shows another block than the one asked for")
            if number < height:
                self._reached(height)
            return header
        self._reached(height)
        raise HeightPrunedError(self._name, height, "it does not keep blocks that old")

    def _reached(self, height: int) -> None:
        tip = self._rest.number(self._header({"finality": "final"}), "height")
        if height > tip:
            raise HeightNotReachedError(self._name, height, tip)

    def _header(self, which: dict[str, object]) -> object:
        return take(self._name, self._ask("block", which), dict, "header")

    def _ask(self, method: str, params: object) -> object:
        """One call. Raises _CauseError for an error of the handler, else SourceUnavailableError.

        An account's answer does not name the account: nothing but the id binds it to its question.
        """
        number = str(next(self._ids))
        body = {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
        reply = self._rest.http.post_json(body)
        if reply.status not in (200, 400, 404, 408, 422):  # errors come with these, too
            reply.raise_for_status()
        answer = reply.json()
        error = answer.get("error") if isinstance(answer, dict) else None
        said = answer.get("id") if isinstance(answer, dict) else None
        if said != number and (error is None or said is not None):
            reply.raise_for_status()
            raise self._rest.broken("it has the id of another request")
        if error is None:
            reply.raise_for_status()
            return take(self._name, answer, object, "result")
        cause = error.get("cause") if isinstance(error, dict) else None
        known = cause.get("name") if isinstance(cause, dict) else None
        if known in ("UNKNOWN_ACCOUNT", "INVALID_ACCOUNT", *_GONE):
            raise _CauseError(self._name, known, take(self._name, cause, object, "info"))
        raise SourceUnavailableError(self._name, "answered with an unknown error")
