"""Reads accounts of Cosmos SDK chains at a height: bank balance, stake, what unbonds, rewards.

What an account has at hand is shown by a proof, where the node gives one: a value in the bank's
store under the app hash. That is in the header of the next block, so a pinned height goes with that
block's hash, recomputed from its header; stake is read without a proof.

The height is asked for by a request header, for `?height=` is ignored; every answer must carry it
in a header of its own, else a proxy dropped the question's and the number is of another block.
Source: the SDK's gRPC gateway; what a node really answers: tests/vectors/cosmos.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping, Sequence
from typing import Final
from urllib.parse import quote

from scanner.chains.cosmos.header import Header, read_header
from scanner.chains.cosmos.proof import value_in_app
from scanner.chains.fleet.interface import Answer, OneReader, ReaderAbility, Reading, Refusal, State
from scanner.chains.fleet.rest import Rest
from scanner.chains.interface import Reach
from scanner.chains.shape import take
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
from scanner.net.http import Reply

DENOMS: Final[Mapping[str, str]] = {"terra-classic": "uluna"}
"""Network -> how its bank calls the coin that is staked."""

PAGES: Final = 20
"""Pages of a thousand delegations that are read for one account."""

_REMEMBERED: Final = 64
_HEIGHT: Final = "x-cosmos-block-height"
_ECHO: Final = "grpc-metadata-x-cosmos-block-height"
_BLOCKS: Final = "cosmos/base/tendermint/v1beta1"


class CosmosReader(OneReader):
    """One node's REST gateway. A Reader."""

    ability = ReaderAbility(Reach.WINDOW, batch=1, workers=4, chunk=300)

    def __init__(self, endpoint: Endpoint, network: Network) -> None:
        super().__init__(endpoint, network)
        self._rest = Rest(endpoint)
        self._coin = DENOMS.get(network.name, "")
        self._states: dict[str, bytes] = {}  # app hashes, by the hash that stands for a height
        self._no_proofs = False

    def check(self) -> None:
        """See Reader. Raises SourceRejectedError."""
        info = self._rest.json(f"{_BLOCKS}/node_info")
        if self._rest.text(info, "default_node_info", "network") != self._chain:
            what = f"is on another chain than {self._network} ({self._chain})"
            raise SourceRejectedError(self._name, what)
        if take(self._name, self._rest.json(f"{_BLOCKS}/syncing"), bool, "syncing"):
            raise SourceRejectedError(self._name, "is still syncing: wait for it")

    def pin(self, height: int | None) -> BlockRef:
        """See Reader. Blocks are final when they are made."""
        if height is None:
            height = self._tip() - 1
        block = self._block(str(height))
        time = self._rest.moment(self._rest.text(block, "block", "header", "time"))
        block_hash = self._sealed(height, block)
        return BlockRef(self._network, self._chain, height, block_hash, time)

    def hash_at(self, height: int) -> str:
        """See Reader. Of the next block, whose header holds the hash of the state."""
        return self._sealed(height, self._block(str(height)))

    def read(self, queries: Sequence[BalanceQuery], at: BlockRef) -> list[Answer]:
        """See Reader."""
        return [self._one(query, at) for query in queries]

    def _sealed(self, height: int, block: object) -> str:
        """The hash of the block that commits to a block's state, checked from its header."""
        following = self._header(self._block(str(height + 1)))
        if following.parent != self._header(block).hash:
            raise self._rest.broken("a block is not built on the one before")
        self._states[following.hash.hex().upper()] = following.app_hash
        while len(self._states) > _REMEMBERED:
            del self._states[next(iter(self._states))]
        return following.hash.hex().upper()

    def probe(self) -> dict[str, str]:
        """See Reader."""
        newest = self._rest.number(self._block("latest"), "block", "header", "height")
        found = {"newest block": str(newest)}
        try:
            self._block("1")
        except (SourceRejectedError, SourceUnavailableError, HeightPrunedError):
            return {**found, "history": "recent only"}
        return {**found, "history": "any height"}

    def close(self) -> None:
        """See Reader."""
        self._rest.close()

    def _one(self, query: BalanceQuery, at: BlockRef) -> Answer:
        height = at.height
        account, denom = query.address.text, query.holding.contract or self._coin
        if query.address.format != "cosmos" or not denom:
            return Refusal(f"{query.holding.asset} on {self._network} is not known to its bank")
        shown = self._shown(query.address.payload, denom, at)
        amount = self._told(account, denom, height) if shown is None else shown
        if amount is None:
            return Refusal("answered for another coin")
        detail = {} if shown is None else {"liquid": "proven by a proof of the bank's store"}
        parts = {Part.LIQUID: amount}
        if denom == self._coin:
            parts |= self._staked(account, height)
        proven = shown is not None and denom != self._coin  # stake has no proof here
        return Reading(parts, State(height), proven=proven, detail=detail)

    def _told(self, account: str, denom: str, height: int) -> int | None:
        bank = f"cosmos/bank/v1beta1/balances/{account}/by_denom?denom={quote(denom, safe='')}"
        coin = take(self._name, self._at(bank, height), dict, "balance")
        if self._rest.text(coin, "denom") != denom:
            return None
        return self._rest.number(coin, "amount")

    def _shown(self, account: bytes, denom: str, at: BlockRef) -> int | None:
        """What is at hand, by a proof under the pinned hash; None where the node gives no proofs.

        A proof that does not hold is no proof of anything. Raises SourceRejectedError.
        """
        if self._no_proofs or (app_hash := self._states.get(at.hash)) is None:
            return None
        key = b"\x02" + bytes((len(account),)) + account + denom.encode()
        asked = quote(base64.b64encode(key).decode(), safe="")
        place = f"abci_query?path=/store/bank/key&data={asked}&height={at.height}&prove=true"
        reply = self._rest.get(f"{_BLOCKS}/{place}")
        if reply.status in (403, 404, 405, 501):
            self._no_proofs = True
            return None
        self._explained(reply, at.height)
        answer = reply.json()
        if take(self._name, answer, object, "code"):
            words = str(answer.get("log", "")) if isinstance(answer, dict) else ""
            if "does not exist" in words or "pruned" in words:
                raise HeightPrunedError(self._name, at.height, "it does not keep states that old")
            raise self._rest.broken("it refused to give a proof")
        operations = [
            self._decoded(take(self._name, operation, str, "data"))
            for operation in take(self._name, answer, list, "proof_ops", "ops")
        ]
        try:
            value = value_in_app(app_hash, "bank", key, operations)
        except ValueError as e:
            raise SourceRejectedError(
                self._name, f"its proof of a balance is invalid: {e}"
            ) from None
        text = "0" if value is None else value.decode("ascii", "replace")
        if not (text.isascii() and text.isdigit() and len(text) < 80):
            raise SourceRejectedError(self._name, "a balance is in an unknown format")
        return int(text)

    def _decoded(self, text: str) -> bytes:
        try:
            return base64.b64decode(text, validate=True)
        except ValueError:
            raise self._rest.broken("a proof is invalid") from None

    def _staked(self, account: str, height: int) -> dict[Part, int]:
        staked = unbonding = 0
        seen: set[str] = set()
        place = f"cosmos/staking/v1beta1/delegations/{account}"
        for row in self._pages(place, "delegation_responses", height):
            if self._rest.text(row, "delegation", "delegator_address") != account:
                raise self._rest.broken("it answers for another account than the one asked for")
            if self._rest.text(row, "balance", "denom") != self._coin:
                raise self._rest.broken("another coin than the network's own is at stake")
            self._once(seen, self._rest.text(row, "delegation", "validator_address"))
            staked += self._rest.number(row, "balance", "amount")
        seen.clear()
        place = f"cosmos/staking/v1beta1/delegators/{account}/unbonding_delegations"
        for row in self._pages(place, "unbonding_responses", height):
            if self._rest.text(row, "delegator_address") != account:
                raise self._rest.broken("it answers for another account than the one asked for")
            self._once(seen, self._rest.text(row, "validator_address"))
            for entry in take(self._name, row, list, "entries"):
                unbonding += self._rest.number(entry, "balance")
        parts = {Part.DELEGATED: staked, Part.UNBONDING: unbonding}
        if staked or unbonding:
            parts[Part.REWARD] = self._rewards(account, height)
        return parts

    def _once(self, seen: set[str], validator: str) -> None:
        """A validator stands once in a list: a page that comes twice would count twice."""
        if validator in seen:
            raise self._rest.broken("it lists a validator twice")
        seen.add(validator)

    def _rewards(self, account: str, height: int) -> int:
        """Rewards not taken yet: decimals with 18 places, of which the whole ones are counted."""
        place = f"cosmos/distribution/v1beta1/delegators/{account}/rewards"
        total = 0
        for coin in take(self._name, self._at(place, height), list, "total"):
            if self._rest.text(coin, "denom") == self._coin:
                total += self._rest.scaled(self._rest.text(coin, "amount"), 18) // 10**18
        return total

    def _pages(self, place: str, key: str, height: int) -> Iterator[object]:
        """Rows of a list, page by page; as many as the first page counted.

        Raises SourceRejectedError if there are too many, SourceUnavailableError if some are
        missing.
        """
        more, total, seen = "&pagination.count_total=true", None, 0
        for _ in range(PAGES):
            page = self._at(f"{place}?pagination.limit=1000{more}", height)
            rows = take(self._name, page, list, key)
            yield from rows
            seen += len(rows)
            if total is None:
                total = self._rest.number(page, "pagination", "total")
            following = take(self._name, page, object, "pagination", "next_key")
            if not following:
                if seen != total:
                    raise self._rest.broken(f"it counts {total} rows and lists {seen}")
                return
            more = f"&pagination.key={quote(take(self._name, following, str), safe='')}"
        raise SourceRejectedError(self._name, f"has more than {PAGES * 1000:,} rows of an account")

    def _at(self, path: str, height: int) -> object:
        """An answer that says itself that it is of this height."""
        reply = self._rest.get(path, {_HEIGHT: str(height)})
        self._explained(reply, height)
        seen = reply.headers.get(_ECHO, "")
        if seen != str(height):
            what = "does not say which height its answer is of: a proxy may drop headers"
            if seen.isascii() and seen.isdigit():
                what = (
                    f"answered for height {int(seen)}, not for {height}: a proxy may drop headers"
                )
            raise SourceRejectedError(self._name, what)
        return reply.json()

    def _explained(self, reply: Reply, height: int) -> None:
        """Raise what the SDK's own error codes mean (18: not kept, 26: not reached)."""
        if reply.status in (400, 404, 500, 503):
            try:
                body = reply.json()
            except SourceUnavailableError:
                body = None
            said = body.get("message") if isinstance(body, dict) else None
            words = said if isinstance(said, str) else ""
            if "sdk code 26" in words or "bigger th" in words:
                raise HeightNotReachedError(self._name, height, self._tip())
            if "sdk code 18" in words or "pruned" in words or "lowest height" in words:
                raise HeightPrunedError(self._name, height, "it does not keep states that old")
        reply.raise_for_status()

    def _tip(self) -> int:
        block = self._rest.json(f"{_BLOCKS}/blocks/latest")
        return self._rest.number(block, "block", "header", "height")

    def _block(self, which: str) -> object:
        reply = self._rest.get(f"{_BLOCKS}/blocks/{which}")
        self._explained(reply, int(which) if which.isdigit() else 0)
        block = reply.json()
        if which.isdigit() and self._rest.number(block, "block", "header", "height") != int(which):
            raise self._rest.broken("it shows another block than the one asked for")
        if self._rest.text(block, "block", "header", "chain_id") != self._chain:
            raise SourceRejectedError(self._name, "shows a block of another chain")
        return block

    def _header(self, block: object) -> Header:
        """A block's header, which hashes to the block's id."""
        try:
            header = read_header(take(self._name, block, dict, "block", "header"))
            named = base64.b64decode(self._rest.text(block, "block_id", "hash"), validate=True)
        except ValueError:
            raise self._rest.broken("a block's header is invalid") from None
        if named != header.hash:
            raise self._rest.broken("a block's header does not hash to its id")
        return header
