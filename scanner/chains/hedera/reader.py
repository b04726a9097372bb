"""Reads Hedera accounts from mirror nodes, at the end of a block's time.

A mirror node answers at a consensus timestamp by the last balance that it wrote down before, which
may be a quarter of an hour old or much more: the account's transfers between the two are added.
Historic answers carry *today's* token balances, so tokens are not read.
Source: the mirror node REST API (blocks, accounts/{id}?timestamp, transactions).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final
from urllib.parse import parse_qs, urlsplit

from scanner.chains.fleet.interface import Answer, OneReader, ReaderAbility, Refusal, liquid
from scanner.chains.fleet.rest import Rest
from scanner.chains.hedera.keys import account_key
from scanner.chains.interface import Reach
from scanner.chains.shape import take
from scanner.errors import HeightNotReachedError, SourceRejectedError, SourceUnavailableError
from scanner.model.addresses.interface import Address
from scanner.model.balance import BalanceQuery
from scanner.model.block import BlockRef
from scanner.model.endpoint import Endpoint
from scanner.model.key_policy import KeyPolicy
from scanner.model.network import Network

MARKERS: Final = {"mainnet": (95_421_653, "1779562740.189823000")}
"""Chain id -> a block's number and when it began."""

PAGES: Final = 20
"""Pages of a hundred transactions that are read for one account."""

_STAMP: Final = re.compile(r"[0-9]{1,12}\.[0-9]{9}", re.ASCII)
_ACCOUNT: Final = re.compile(r"\d{1,10}\.\d{1,10}\.\d{1,19}", re.ASCII)
_HASH: Final = re.compile(r"0x[0-9a-f]{96}")


class HederaReader(OneReader):
    """One mirror node. A Reader. Heights are block numbers."""

    ability = ReaderAbility(Reach.ANY, batch=2, workers=4, chunk=500)

    def __init__(self, endpoint: Endpoint, network: Network) -> None:
        super().__init__(endpoint, network)
        self._rest = Rest(endpoint)
        self._ends: dict[str, str] = {}

    def check(self) -> None:
        """See Reader. Raises SourceRejectedError."""
        marker = MARKERS.get(self._chain)
        if marker is None:
            return
        reply = self._rest.get(f"api/v1/blocks/{marker[0]}")
        if reply.status == 404 or self._stamp(reply.json(), "timestamp", "from") != marker[1]:
            what = f"is on another network than {self._network}: set the endpoint's url or chain"
            raise SourceRejectedError(self._name, what)

    def pin(self, height: int | None) -> BlockRef:
        """See Reader. Blocks that a mirror shows are final."""
        block = self._newest() if height is None else self._block(height)
        number, block_hash = self._rest.number(block, "number"), self._hash(block)
        end = self._stamp(block, "timestamp", "to")
        return BlockRef(self._network, self._chain, number, block_hash, int(end.split(".")[0]))

    def hash_at(self, height: int) -> str:
        """See Reader."""
        return self._hash(self._block(height))

    def read(self, queries: Sequence[BalanceQuery], at: BlockRef) -> list[Answer]:
        """See Reader."""
        end = self._end(at)
        return [self._one(query, end) for query in queries]

    def key_policy(self, address: Address, at: BlockRef) -> KeyPolicy:
        """See KeyReader. The mirror tells the account as it was at a time.

        Raises SourceRejectedError and SourceUnavailableError.
        """
        end = self._end(at)
        path = f"api/v1/accounts/{address.text}?timestamp=lte:{end}&transactions=false"
        reply = self._rest.get(path)
        if reply.status == 404:
            raise SourceRejectedError(self._name, "does not know the account")
        reply.raise_for_status()
        found = reply.json()
        if self._rest.text(found, "account") != address.text:
            raise self._rest.broken("it answers for another account")
        return account_key(self._name, take(self._name, found, object, "key"), at.height)

    def _end(self, at: BlockRef) -> str:
        if at.hash not in self._ends:
            self._ends[at.hash] = self._stamp(self._block(at.height), "timestamp", "to")
        return self._ends[at.hash]

    def probe(self) -> dict[str, str]:
        """See Reader."""
        return {
            "newest block": str(self._rest.number(self._newest(), "number")),
            "history": "any height",
        }

    def close(self) -> None:
        """See Reader."""
        self._rest.close()

    def _one(self, query: BalanceQuery, end: str) -> Answer:
        if not query.holding.is_native:
            return Refusal("mirror nodes do not have token balances of the past")
        account = query.address.text
        reply = self._rest.get(f"api/v1/accounts/{account}?timestamp=lte:{end}&transactions=false")
        if reply.status == 404:
            return Refusal("not found, in an answer that does not name a time")
        reply.raise_for_status()
        found = reply.json()
        if self._rest.text(found, "account") != account:
            return Refusal("answered for another account")
        seen = self._stamp(found, "balance", "timestamp")
        if _nanoseconds(seen) > _nanoseconds(end):
            return Refusal("answered for a later moment")
        moved = 0
        for transaction in self._transactions(account, seen, end):
            if transaction is None:
                return Refusal(f"more than {PAGES * 100:,} transactions since the balance it has")
            moved += self._moved(transaction, account)
        amount = self._rest.number(found, "balance", "balance") + moved
        if amount < 0:
            raise self._rest.broken("the transfers of an account do not fit its balance")
        return liquid(amount)

    def _transactions(self, account: str, start: str, end: str) -> Iterator[object | None]:
        """Transactions of an account after `start` and up to `end`; None at last if too many."""
        path = (
            f"api/v1/transactions?account.id={account}&timestamp=gt:{start}&timestamp=lte:{end}"
            "&limit=100&order=asc"
        )
        after = _nanoseconds(start)
        for _ in range(PAGES):
            page = self._rest.json(path)
            for transaction in take(self._name, page, list, "transactions"):
                when = _nanoseconds(self._stamp(transaction, "consensus_timestamp"))
                if not after < when <= _nanoseconds(end):
                    raise self._rest.broken("it lists a transaction twice, or of another time")
                after = when
                if not _names(transaction, account):
                    raise self._rest.broken("it lists a transaction of another account")
                yield transaction
            more = take(self._name, page, object, "links", "next")
            if more is None:
                return
            if not isinstance(more, str) or not _goes_on(more, account):
                raise self._rest.broken("its next page is invalid")
            path = more
        yield None

    def _moved(self, transaction: object, account: str) -> int:
        total = everybody = 0
        for transfer in take(self._name, transaction, list, "transfers"):
            amount = take(self._name, transfer, int, "amount")
            everybody += amount
            whose = self._rest.text(transfer, "account")
            if not _ACCOUNT.fullmatch(whose):
                raise self._rest.broken("a transfer is nobody's")
            total += amount if whose == account else 0
        if everybody:  # what one account gives, others get
            raise self._rest.broken("the transfers of a transaction do not add up to zero")
        return total

    def _newest(self) -> object:
        return take(
            self._name, self._rest.json("api/v1/blocks?limit=1&order=desc"), object, "blocks", 0
        )

    def _block(self, height: int) -> object:
        reply = self._rest.get(f"api/v1/blocks/{height}")
        if reply.status == 404:
            tip = self._rest.number(self._newest(), "number")
            if height > tip:
                raise HeightNotReachedError(self._name, height, tip)
            raise SourceUnavailableError(self._name, f"does not have block {height}")
        reply.raise_for_status()
        block = reply.json()
        if self._rest.number(block, "number") != height:
            raise self._rest.broken("it shows another block than the one asked for")
        return block

    def _hash(self, block: object) -> str:
        found = self._rest.text(block, "hash")
        if not _HASH.fullmatch(found):
            raise self._rest.broken("a block's hash is invalid")
        return found

    def _stamp(self, value: object, *path: str) -> str:
        found = self._rest.text(value, *path)
        if not _STAMP.fullmatch(found):
            raise self._rest.broken("a timestamp is invalid")
        return found


def _names(value: object, account: str) -> bool:
    """Whether an account is named somewhere: as who gives or gets coins, tokens or NFTs."""
    if isinstance(value, dict | list):
        inside = value.values() if isinstance(value, dict) else value
        return any(_names(inner, account) for inner in inside)
    return value == account


def _goes_on(link: str, account: str) -> bool:
    """Whether a next page is one of the same account's transactions."""
    parts = urlsplit(link)
    asked = parse_qs(parts.query).get("account.id")
    return link.startswith("/api/v1/transactions?") and asked == [account]


def _nanoseconds(stamp: str) -> int:
    return int(stamp.replace(".", ""))
