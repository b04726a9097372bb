"""One endpoint as the reader sees it: checked to be on the right chain, asked at a pinned block."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from secrets import token_bytes
from typing import Final

from scanner.chains.evm import blocks
from scanner.chains.evm.hexes import data, hexed, quantity
from scanner.chains.fleet.faults import Fault, RpcError
from scanner.chains.fleet.quorum import operator_of
from scanner.chains.fleet.rpc import Rpc
from scanner.errors import (
    HeightPrunedError,
    ReorgError,
    SourceError,
    SourceRejectedError,
    SourceUnavailableError,
)
from scanner.model.block import BlockRef
from scanner.model.endpoint import Endpoint
from scanner.model.network import Network

_PROBED = bytes(20)  # the zero address: it exists in every state
MOST_ANSWERED: Final = 16_384
"""Bytes of a contract's answer: a wallet of 250 owners names them in half of it. A hostile one
answers every question with megabytes, which would all be remembered."""
_CALL_LIMIT: Final = 2 * MOST_ANSWERED + 4_096  # as hex, with what stands around it
_SEES_ITS_NUMBER: Final = frozenset(
    {"1", "10", "56", "61", "130", "137", "8453", "10001", "43114", "59144"}
)
"""Chain ids of networks on which every client's NUMBER is the number of the block that is run."""
_KEPT_BY_ALL = 128  # states of this many blocks are kept by every node


class Node:
    """An endpoint with what was learnt about it. Safe to use from several threads.

    chain_id: the decimal EIP-155 id it must be on; of a test chain with a name after a colon, which
        is part of what the chain is called: "1:dev".
    mark: height and hash of a block that it must have; None: nothing is known of the chain.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        chain_id: str,
        rpc: Rpc | None = None,
        mark: tuple[int, str] | None = None,
    ) -> None:
        self.endpoint = endpoint
        self.name = endpoint.name
        self.operator, self.own = operator_of(endpoint), endpoint.own
        self.chain_id = chain_id
        self._mark = mark
        self.rpc = rpc or Rpc(endpoint)
        self._lock = threading.RLock()
        self._checked = False
        self._by_hash: bool | None = None
        self._skills: dict[object, object] = {}

    def check(self) -> None:
        """Make sure, once, that the endpoint is on the right chain and synced.

        Raises SourceRejectedError if it is not, SourceUnavailableError if it does not say.
        """
        with self._lock:
            if self._checked:
                return
            found = quantity(self.name, self.rpc.ask("eth_chainId"), "chain id")
            wanted = self.chain_id.partition(":")[0]
            if str(found) != wanted:
                raise SourceRejectedError(
                    self.name, f"is on chain {found}, not {wanted}: set the endpoint's url or chain"
                )
            self._check_synced()
            self._check_mark()
            self._checked = True

    def _check_mark(self) -> None:
        """Tell a network from a chain that somebody gave its id: by a block that only it has."""
        if self._mark is None:
            return
        height, known = self._mark
        found = blocks.header(self.rpc, height)
        if found is None:
            raise SourceUnavailableError(
                self.name,
                f"does not give block {height}, which identifies the network: name another "
                "endpoint",
            )
        if found.hash != known:
            raise SourceRejectedError(
                self.name,
                f"is another chain of the same id: its block {height} is not {known}. Name another "
                f'endpoint; of a test chain, say chain = "{self.chain_id}:dev"',
            )

    def _check_synced(self) -> None:
        try:
            state = self.rpc.ask("eth_syncing")
        except RpcError as e:
            if e.fault is Fault.UNSUPPORTED:  # gateways that only pass on synced nodes
                return
            raise
        if state is False or state is None:
            return
        if isinstance(state, dict) and "currentBlock" in state and "highestBlock" in state:
            now = quantity(self.name, state["currentBlock"], "current block")
            goal = quantity(self.name, state["highestBlock"], "highest block")
            if now >= goal > 0:
                return
            where = f" (block {now} of {goal})"
        else:
            where = ""
        raise SourceRejectedError(
            self.name, f"is still syncing{where}: wait for it, or name another endpoint"
        )

    def skill(self, key: object, find: Callable[[], object]) -> object:
        """Remember what `find` found out about this endpoint; it runs once per key."""
        with self._lock:
            if key not in self._skills:
                self._skills[key] = find()
            return self._skills[key]

    def forget(self, key: object) -> None:
        """Find `key` out again when next asked."""
        with self._lock:
            self._skills.pop(key, None)

    @contextmanager
    def pinned(self, at: BlockRef) -> Iterator[object]:
        """Give the block parameter for calls at `at`; no answer from another block gets through.

        By hash (EIP-1898) where the endpoint takes that. Else by number, and the hash of that
        number is read before and after: answers count only if it was `at` both times.
        Errors about the block itself come out as ReorgError, HeightPrunedError or
        SourceUnavailableError (the endpoint lags behind). Raises SourceError.
        """
        try:
            if self.takes_hash(at):
                yield {"blockHash": at.hash, "requireCanonical": True}
            else:
                self.confirm(at)
                yield hex(at.height)
                self.confirm(at)
        except RpcError as e:
            if self.about_block(e):
                raise self.explain(at, e) from None
            raise

    @staticmethod
    def about_block(fault: RpcError) -> bool:
        """Whether an error is about the block asked for, not about the question."""
        return fault.fault in (Fault.NO_BLOCK, Fault.PRUNED)

    def hash_at(self, height: int) -> str:
        """The hash of its block at a height. Raises HeightNotReachedError and others."""
        return blocks.at_height(self.rpc, height).hash

    def takes_hash(self, at: BlockRef) -> bool:
        """Whether the endpoint takes a block by hash; tried once, with the block wanted.

        And with a hash that no block has: a gateway that answers this as well looks at no hash.
        Raises SourceError.
        """
        with self._lock:
            if self._by_hash is None:
                block = {"blockHash": at.hash, "requireCanonical": True}
                try:
                    answer = self.rpc.ask("eth_getBalance", hexed(_PROBED), block)
                    quantity(self.name, answer, "balance")
                except RpcError as e:
                    if self.about_block(e):
                        raise self.explain(at, e) from None
                    self._by_hash = False
                else:
                    self._by_hash = not self._answers_anything()
            return self._by_hash

    def _answers_anything(self) -> bool:
        """Whether it gives a balance at a block that does not exist."""
        nowhere = {"blockHash": hexed(token_bytes(32)), "requireCanonical": True}
        try:
            return isinstance(self.rpc.ask("eth_getBalance", hexed(_PROBED), nowhere), str)
        except RpcError:
            return False

    def ran_in(self, at: BlockRef, number: int, time: int) -> None:
        """Check what a call says of the block that it ran in. Raises SourceRejectedError.

        Some nodes run a call on top of the block. Not everywhere is the number that a program sees
        the block's (on Arbitrum it is Ethereum's): there, its time has to be that of the block.
        """
        if number in (at.height, at.height + 1):
            return
        numbered = self.chain_id.partition(":")[0] in _SEES_ITS_NUMBER
        if not numbered and (at.time is None or time == at.time):
            return
        raise SourceRejectedError(
            self.name,
            f"ran a call for block {at.height} in block {number}: it ignores the block that it "
            "is asked about. Name another endpoint",
        )

    def confirm(self, at: BlockRef) -> None:
        """Check that the endpoint still has `at` at its height. Raises ReorgError if not."""
        found = blocks.header(self.rpc, at.height)
        if found is None:
            raise self._behind(at)
        if found.hash != at.hash:
            raise ReorgError(self.name, at.height, at.hash, found.hash)

    def explain(self, at: BlockRef, fault: RpcError) -> SourceError:
        """Find out what an error about the block means: re-organised, pruned, or lagging."""
        try:
            self.confirm(at)
        except SourceError as e:
            return e
        if fault.fault is Fault.PRUNED or self._is_deep(at):
            return HeightPrunedError(self.name, at.height, fault.text)
        return SourceUnavailableError(self.name, f"does not find its own block: {fault.text}")

    def _is_deep(self, at: BlockRef) -> bool:
        """Whether `at` lies so deep that a missing state was thrown away, not yet to come."""
        try:
            return blocks.tip(self.rpc).number - at.height > _KEPT_BY_ALL
        except SourceError:
            return False

    def _behind(self, at: BlockRef) -> SourceUnavailableError:
        return SourceUnavailableError(self.name, f"its chain has not reached block {at.height}")

    def call(self, to: bytes, payload: bytes, at: BlockRef) -> bytes:
        """eth_call at the block. b"" for no code or a revert.

        to: b"" runs `payload` as creation code and gives what it returns (EIP-6492 asks so).
        Raises ReorgError, HeightPrunedError, SourceUnavailableError, RpcError otherwise;
        SourceRejectedError for an answer of more than MOST_ANSWERED bytes.
        """
        request = {"data": hexed(payload)}
        if to:
            request["to"] = hexed(to)
        try:
            with self.pinned(at) as block:
                answer = self.rpc.ask("eth_call", request, block, limit=_CALL_LIMIT)
                return data(self.name, answer, "call result")
        except RpcError as e:
            if e.fault is Fault.REVERTED:
                return b""
            raise

    def state(
        self, account: bytes, slots: Sequence[bytes], at: BlockRef
    ) -> tuple[bytes, tuple[int, ...]]:
        """Code and the values of storage slots at the block. Raises as `call` does."""
        with self.pinned(at) as block:
            code = data(self.name, self.rpc.ask("eth_getCode", hexed(account), block), "code")
            found = []
            for slot in slots:
                answer = self.rpc.ask("eth_getStorageAt", hexed(account), hexed(slot), block)
                word = data(self.name, answer, "storage")
                found.append(int.from_bytes(word))
        return code, tuple(found)

    def close(self) -> None:
        """Close the connections."""
        self.rpc.close()


def node_of(endpoint: Endpoint, network: Network) -> Node:
    """A network's node: on the network's own chain by its mark, or on the chain that is said."""
    chain = endpoint.chain or network.chain_id
    return Node(endpoint, chain, mark=network.mark if chain == network.chain_id else None)
