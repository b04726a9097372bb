"""One endpoint's place in a fleet: its answers are looked at before they are counted."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import TypeVar

from scanner.chains.fleet.apart import read_apart
from scanner.chains.fleet.canary import Canaries
from scanner.chains.fleet.interface import (
    Answer,
    KeyBatchReader,
    KeyReader,
    Reader,
    Reading,
    Refusal,
    State,
)
from scanner.chains.fleet.quorum import operator_of
from scanner.chains.interface import Reach
from scanner.errors import ReorgError, SourceRejectedError, SourceUnavailableError
from scanner.model.addresses.interface import Address
from scanner.model.balance import BalanceQuery
from scanner.model.block import BlockRef
from scanner.model.key_policy import KeyPolicy

T = TypeVar("T")

_REMEMBERED = 64  # pinned blocks that an endpoint was found to have


class Seat:
    """A Reader as the pool sees it. Safe to use from several threads."""

    def __init__(self, reader: Reader, chain_id: str, canaries: Canaries) -> None:
        self.reader = reader
        self.name = reader.endpoint.name
        self.operator = operator_of(reader.endpoint)
        self.chain_id = reader.endpoint.chain or chain_id
        self.own = reader.endpoint.own
        self._canaries = canaries
        self._lock = threading.Lock()
        self._checked = False
        self._had: dict[str, None] = {}
        self._at_tip = reader.ability.reach is Reach.TIP
        self._witness: BalanceQuery | None = None  # the last query that it answered

    def check(self) -> None:
        """Make sure, once, that it is on the right chain and synced. Raises SourceError."""
        with self._lock:
            if not self._checked:
                self.reader.check()
                self._checked = True

    def doubt(self) -> None:
        """Have it checked before it is asked again: a balancer may have led elsewhere meanwhile."""
        with self._lock:
            self._checked = False

    def hash_at(self, height: int) -> str:
        """See Reader.hash_at."""
        return self.reader.hash_at(height)

    def read(self, queries: Sequence[BalanceQuery], at: BlockRef) -> list[Answer]:
        """What this endpoint says, one answer a query, in order.

        It has the pinned block, its canaries sang, and every answer that names a state names the
        pinned one (with reach TIP: one that is not older), or is a Refusal.
        Raises SourceError; SourceUnavailableError also for a wrong number of answers, and with
        reach TIP for a state that is older.
        """
        self._has_pinned(at)
        self._canaries.check(self.reader, queries, at)
        answers = self.reader.read(queries, at)
        if len(answers) != len(queries):
            what = f"gave {len(answers)} answers to {len(queries)} questions"
            raise SourceUnavailableError(self.name, what)
        bound = [self._bound(answer, at) for answer in answers]
        if isinstance(bound[0], Reading):
            self._witness = queries[0]
        return bound

    def read_apart(self, queries: Sequence[BalanceQuery], at: BlockRef) -> list[Answer]:
        """As `read`, of queries that it failed to read together: see `fleet.apart`."""
        return read_apart(lambda some: self.read(some, at), queries, self._witness)

    def key_policy(self, address: Address, at: BlockRef) -> KeyPolicy:
        """Which keys may spend from an account, as this endpoint says. Raises SourceError."""
        if not isinstance(self.reader, KeyReader):
            raise SourceRejectedError(self.name, "cannot say which keys an account has")
        self._has_pinned(at)
        return self._of_the_block(self.reader.key_policy(address, at), at)

    def key_policies(self, addresses: Sequence[Address], at: BlockRef) -> list[KeyPolicy | Refusal]:
        """As `key_policy`, one answer an account, in order. Raises SourceError."""
        if not isinstance(self.reader, KeyBatchReader):
            raise SourceRejectedError(self.name, "cannot tell the keys of several accounts")
        self._has_pinned(at)
        answers = self.reader.key_policies(addresses, at)
        if len(answers) != len(addresses):
            what = f"told the keys of {len(answers)} accounts instead of {len(addresses)}"
            raise SourceUnavailableError(self.name, what)
        return [a if isinstance(a, Refusal) else self._of_the_block(a, at) for a in answers]

    def _of_the_block(self, policy: KeyPolicy, at: BlockRef) -> KeyPolicy:
        if policy.height < at.height or (policy.height > at.height and not self._at_tip):
            what = f"gave the keys of block {policy.height}, not of {at.height}"
            raise SourceUnavailableError(self.name, what)
        return policy

    def having(self, at: BlockRef, task: Callable[[], T]) -> T:
        """Carry out a task that asks this endpoint, once it was found to have the pinned block.

        Raises ReorgError, and what the task raises.
        """
        self._has_pinned(at)
        return task()

    def _has_pinned(self, at: BlockRef) -> None:
        if not self._at_tip and at.hash not in self._had:
            self.still_has(at)
            self._remember(at)

    def still_has(self, at: BlockRef) -> None:
        """Raise ReorgError if its block at the pinned height is another one."""
        seen = self.reader.hash_at(at.height)
        if seen != at.hash:
            raise ReorgError(self.name, at.height, at.hash, seen)

    def _remember(self, at: BlockRef) -> None:
        with self._lock:
            self._had[at.hash] = None
            while len(self._had) > _REMEMBERED:
                del self._had[next(iter(self._had))]

    def _new_enough(self, answer: Reading, at: BlockRef) -> Answer:
        """A node that is behind may catch up, or another one be there: asked again, then."""
        if answer.state is None:
            return Refusal("its answer does not say which state it is from")
        if answer.state.height < at.height:
            what = f"its newest state is block {answer.state.height}, older than {at.height}"
            raise SourceUnavailableError(self.name, what)
        return answer

    def _bound(self, answer: Answer, at: BlockRef) -> Answer:
        if isinstance(answer, Refusal):
            return answer
        if self._at_tip:
            return self._new_enough(answer, at)
        state = answer.state
        if state is not None and not _is_pinned(state, at):
            return Refusal(f"answered for block {state.height} {state.hash}".rstrip())
        return answer


def _is_pinned(state: State, at: BlockRef) -> bool:
    return state.height == at.height and state.hash in ("", at.hash)
