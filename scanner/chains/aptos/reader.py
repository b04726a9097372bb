"""Reads Aptos accounts at the ledger version that a block ended with.

A height is a *block height*; the ledger version is about seven times as large. Answers do not say
which version they are from: it stands in the question, and every answer's headers must say that the
node has the state of that version.
Source: Aptos' node API (its OpenAPI description); what nodes really answer: tests/vectors/aptos.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from scanner.chains.aptos.holders import holders_of
from scanner.chains.fleet.interface import (
    Answer,
    Holder,
    OneReader,
    ReaderAbility,
    Reading,
    Refusal,
)
from scanner.chains.interface import Counted, Reach
from scanner.chains.shape import HEX_32, named, take
from scanner.errors import (
    HeightNotReachedError,
    HeightPrunedError,
    ReorgError,
    SourceRejectedError,
    SourceUnavailableError,
    clip,
)
from scanner.model.addresses.interface import Address
from scanner.model.balance import BalanceQuery
from scanner.model.block import BlockRef
from scanner.model.endpoint import Endpoint
from scanner.model.key_policy import KeyKind, KeyPolicy, PolicyKey, single
from scanner.model.network import Holding, Network
from scanner.model.parts import Part
from scanner.net.http import Reply, Transport
from scanner.net.words import heard

COIN: Final = "0x1::aptos_coin::AptosCoin"
"""APT as a coin: what lies in an account's coin store and in its fungible store, together."""

FUNGIBLE: Final = "0xa"
"""APT as a fungible asset: what lies in the fungible store alone."""

_BY_MODULE: Final = (
    "the account has no key of its own (a multisig or resource account), and only the module "
    "behind it decides who may spend from it"
)
_MOST: Final = 1 << 64
_NO_VERSION: Final = ("version_not_found", "version_pruned", "block_pruned")
_NO_ACCOUNT: Final = ("account_not_found", "resource_not_found")


@dataclass(frozen=True, slots=True)
class Block:
    """height: the block's. version: of its last transaction. hash: of all history up to it, hex."""

    height: int
    version: int
    hash: str
    time: int


class AptosReader(OneReader):
    """One full node's REST API; its URL ends in /v1. A Reader."""

    ability = ReaderAbility(Reach.WINDOW, batch=5, workers=2, chunk=300)

    def __init__(self, endpoint: Endpoint, network: Network) -> None:
        super().__init__(endpoint, network)
        self._row = network
        self._http = Transport(endpoint)
        self._versions: dict[str, int] = {}
        self._decimals: dict[str, int] = {}

    def check(self) -> None:
        """See Reader. Raises SourceRejectedError."""
        info = self._ledger()
        seen = str(take(self._name, info, int, "chain_id"))
        if seen != self._chain:
            what = f"is on chain {seen}, not on {self._network} ({self._chain})"
            raise SourceRejectedError(self._name, what)

    def pin(self, height: int | None) -> BlockRef:
        """See Reader. Blocks that a node shows are final."""
        chosen = self._number(self._ledger(), "block_height") if height is None else height
        block = self._block(chosen)
        self._versions[block.hash] = block.version
        return BlockRef(self._network, self._chain, block.height, block.hash, block.time)

    def hash_at(self, height: int) -> str:
        """See Reader."""
        block = self._block(height)
        self._versions[block.hash] = block.version
        return block.hash

    def other_counts(self, height: int) -> list[Counted]:
        """See CountingReader. A ledger version lies in a block, seldom at its end."""
        reply = self._http.get(f"blocks/by_version/{height}")
        if reply.status in (404, 410) and _code(reply.json()) in _NO_VERSION:
            return []
        self._answered(reply, height)
        number = self._number(reply.json(), "block_height")
        block = self._block(number)
        if not self._number(reply.json(), "first_version") <= height <= block.version:
            raise SourceUnavailableError(self._name, "answered with another version's block")
        self._versions[block.hash] = block.version
        at = BlockRef(self._network, self._chain, block.height, block.hash, block.time)
        return [Counted("ledger version", at, exact=height == block.version)]

    def read(self, queries: Sequence[BalanceQuery], at: BlockRef) -> list[Answer]:
        """See Reader."""
        version = self._version(at)
        return [self._read(query, version, at.height) for query in queries]

    def holders_at(self, at: BlockRef) -> list[Holder]:
        """See HolderReader. Of a block that is not shown whole, the last word is not known."""
        reply = self._http.get(f"blocks/by_height/{at.height}?with_transactions=true")
        self._answered(reply, at.height)
        block = take(self._name, reply.json(), dict)
        listed = block.get("transactions")
        count = self._number(block, "last_version") - self._number(block, "first_version") + 1
        if not isinstance(listed, list) or len(listed) != count:
            return []
        if named(self._name, listed[-1], HEX_32, "accumulator_root_hash") != at.hash:
            raise SourceUnavailableError(self._name, "shows another block than the pinned one")
        return holders_of(self._row, listed)

    def key_policy(self, address: Address, at: BlockRef) -> KeyPolicy:
        """See KeyReader. An account without a resource of its own has the key of its address.

        Raises SourceUnavailableError.
        """
        version = self._version(at)
        reply = self._http.get(f"accounts/{address.text}?ledger_version={version}")
        if reply.status == 404 and _code(reply.json()) in (
            "account_not_found",
            "resource_not_found",
        ):
            self._still_kept(reply, version, at.height)
            own = PolicyKey(KeyKind.ACCOUNT, address.payload)
            return KeyPolicy((single("the key of the address", own, hides=True),), at.height)
        self._answered(reply, at.height)
        self._still_kept(reply, version, at.height)
        text = take(self._name, reply.json(), str, "authentication_key")
        try:
            key = bytes.fromhex(text.removeprefix("0x"))
        except ValueError:
            key = b""
        if len(key) != 32:
            raise SourceUnavailableError(self._name, "names an invalid authentication key")
        if not any(key):  # a resource or multisig account, which its owners sign for otherwise
            return KeyPolicy((), at.height, disputed=_BY_MODULE)
        way = single("authentication key", PolicyKey(KeyKind.ACCOUNT, key), hides=True)
        return KeyPolicy((way,), at.height)

    def _version(self, at: BlockRef) -> int:
        if at.hash not in self._versions:
            seen = self.hash_at(at.height)
            if seen != at.hash:
                raise ReorgError(self._name, at.height, at.hash, seen)
        return self._versions[at.hash]

    def probe(self) -> dict[str, str]:
        """See Reader."""
        info = self._ledger()
        oldest = clip(str(info.get("oldest_block_height")))
        return {
            "blocks": f"{oldest} to {clip(str(info.get('block_height')))}",
            "oldest version": clip(str(info.get("oldest_ledger_version"))),
        }

    def close(self) -> None:
        """See Reader."""
        self._http.close()

    def _ledger(self) -> dict[str, object]:
        reply = self._http.get()
        reply.raise_for_status()
        return take(self._name, reply.json(), dict)

    def _block(self, height: int) -> Block:
        reply = self._http.get(f"blocks/by_height/{height}")
        self._answered(reply, height)
        block = reply.json()
        if self._number(block, "block_height") != height:
            raise SourceUnavailableError(self._name, "answered with another block")
        version = self._number(block, "last_version")
        reply = self._http.get(f"transactions/by_version/{version}")
        self._answered(reply, height)
        last = reply.json()
        if self._number(last, "version") != version:
            raise SourceUnavailableError(self._name, "answered with another transaction")
        root = named(self._name, last, HEX_32, "accumulator_root_hash")
        time = self._number(block, "block_timestamp") // 1_000_000
        return Block(height, version, root, time)

    def _read(self, query: BalanceQuery, version: int, height: int) -> Answer:
        if query.address.format != "aptos":
            return Refusal(f"{query.address.format} is not an Aptos account")
        wrong = self._wrong_asset(query.holding)
        if wrong:
            return Refusal(wrong)
        asset = query.holding.contract or COIN
        place = f"accounts/{query.address.text}/balance/{quote(asset, safe='')}"
        reply = self._http.get(f"{place}?ledger_version={version}")
        self._answered(reply, height)
        self._still_kept(reply, version, height)
        amount = take(self._name, reply.json(), int)
        if not 0 <= amount < _MOST:
            raise SourceUnavailableError(self._name, "answered with an invalid balance")
        # Read as a coin, APT is all of it; a row of the fungible part is not to be added to that.
        part = query.holding.contract == FUNGIBLE
        caution = "part of the address's APT row, not in addition to it" if part else ""
        return Reading({Part.LIQUID: amount}, caution=caution)

    def _wrong_asset(self, holding: Holding) -> str:
        """Why an asset cannot be read; "" if it can. Of an asset that is not there all hold 0."""
        if holding.contract not in self._decimals:
            if holding.is_native:
                function, kind, arguments = "0x1::coin::decimals", COIN, []
            else:
                function, kind = "0x1::fungible_asset::decimals", "0x1::fungible_asset::Metadata"
                arguments = [holding.contract]
            asked = {"function": function, "type_arguments": [kind], "arguments": arguments}
            reply = self._http.post_json(asked, "view")
            if reply.status == 400:
                return f"there is no asset {clip(holding.contract)}"
            reply.raise_for_status()
            self._decimals[holding.contract] = take(self._name, reply.json(), int, 0)
        seen = self._decimals[holding.contract]
        if seen == holding.decimals:
            return ""
        return f"{holding.asset} has {seen} decimals on the chain, not {holding.decimals}"

    def _answered(self, reply: Reply, height: int) -> None:
        """Raise what the API's own error codes mean."""
        if reply.status in (404, 410):
            problem = reply.json()
            code = problem.get("error_code") if isinstance(problem, dict) else None
            if code in ("version_pruned", "block_pruned"):
                raise HeightPrunedError(self._name, height, "it keeps no state that old")
            if code in ("version_not_found", "block_not_found"):
                tip = self._number(self._ledger(), "block_height")
                if height > tip:
                    raise HeightNotReachedError(self._name, height, tip)
                raise SourceUnavailableError(self._name, f"does not find block {height}")
        reply.raise_for_status()
        chain = reply.headers.get("x-aptos-chain-id")
        if chain is not None and chain != self._chain:
            raise SourceRejectedError(self._name, f"answered for chain {heard(self._name, chain)}")

    def _still_kept(self, reply: Reply, version: int, height: int) -> None:
        """See by an answer's headers that the node has the state of a version, now."""
        try:
            newest = int(reply.headers["x-aptos-ledger-version"])
            oldest = int(reply.headers["x-aptos-ledger-oldest-version"])
        except (KeyError, ValueError):
            what = "does not say which versions it has: a proxy may drop its headers"
            raise SourceUnavailableError(self._name, what) from None
        if version < oldest:
            raise HeightPrunedError(self._name, height, f"its oldest version is {oldest}")
        if version > newest:
            raise SourceUnavailableError(self._name, f"is behind, at version {newest}")

    def _number(self, value: object, key: str) -> int:
        """A number, which this API writes as text."""
        text = take(self._name, value, str, key)
        if not (text.isascii() and text.isdigit() and len(text) < 21):
            raise SourceUnavailableError(self._name, f"gave an invalid answer: {key}")
        return int(text)


def _code(problem: object) -> object:
    return problem.get("error_code") if isinstance(problem, dict) else None
