"""Which keys an account has, as a quorum of operators says it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from scanner.chains.fleet.interface import Refusal
from scanner.chains.fleet.pool import M, Pool
from scanner.chains.fleet.seat import Seat
from scanner.errors import SourceError, SourceRejectedError, SourceUnavailableError
from scanner.model.addresses.interface import Address
from scanner.model.balance import Evidence
from scanner.model.block import BlockRef
from scanner.model.key_policy import KeyPolicy

T = TypeVar("T")


class Keys:
    """The keys of accounts, as a quorum says. Safe to use from several threads.

    An account of which alone no usable answer comes is rejected, so that it costs no other row its
    place: where the same endpoints answer about another account, before and after.
    """

    def __init__(self, pool: Pool[Seat], quorum: int) -> None:
        self._pool, self._quorum = pool, quorum
        self._witness: Address | None = None  # the last account that was told of

    def policy(self, address: Address, at: BlockRef) -> KeyPolicy:
        """See `agreed_policy`. Raises what the pool raises."""
        try:
            found = agreed_policy(self._pool, address, at, self._quorum)
        except SourceUnavailableError as e:
            if e.retry_after is not None or not self._others_are_told(at):
                raise
            raise SourceRejectedError(e.endpoint, e.what) from None
        self._witness = address
        return found

    def policies(
        self, addresses: Sequence[Address], at: BlockRef
    ) -> list[KeyPolicy | SourceRejectedError]:
        """See `agreed_policies`; one by one where no answer to all of them can be used."""
        try:
            found = agreed_policies(self._pool, addresses, at, self._quorum)
        except SourceUnavailableError as e:
            if e.retry_after is not None or len(addresses) < 2:
                raise
            return self._one_by_one(addresses, at)
        for address, said in zip(addresses, found, strict=True):
            if isinstance(said, KeyPolicy):
                self._witness = address
        return found

    def _others_are_told(self, at: BlockRef) -> bool:
        if self._witness is None:
            return False
        try:
            agreed_policy(self._pool, self._witness, at, self._quorum)
        except SourceError:
            return False
        return True

    def _one_by_one(
        self, addresses: Sequence[Address], at: BlockRef
    ) -> list[KeyPolicy | SourceRejectedError]:
        found: dict[int, KeyPolicy | SourceRejectedError] = {}
        odd: list[int] = []
        for n, address in enumerate(addresses):
            try:
                found[n] = self._told(address, at)
            except SourceUnavailableError:
                if odd:  # the second one, and nobody was told of: it is not the account
                    raise
                odd.append(n)
        return [found[n] if n in found else self._told(a, at) for n, a in enumerate(addresses)]

    def _told(self, address: Address, at: BlockRef) -> KeyPolicy | SourceRejectedError:
        try:
            return self.policy(address, at)
        except SourceRejectedError as e:
            return e


def agreed_policy(pool: Pool[Seat], address: Address, at: BlockRef, quorum: int) -> KeyPolicy:
    """Ask as many operators as the quorum wants; whoever differs makes the answer `disputed`.

    Nobody is outvoted here: a key that one operator does not know of is a doubt, and the row is
    not verified. The height told is the lowest. Raises what the pool raises.
    """
    return agreed(pool, lambda s: s.key_policy(address, at), quorum)


def agreed(pool: Pool[M], ask: Callable[[M], KeyPolicy], quorum: int) -> KeyPolicy:
    """As `agreed_policy`, of members that are asked in another way."""
    return _agreed(_from_operators(pool, ask, quorum), quorum)


def agreed_policies(
    pool: Pool[Seat], addresses: Sequence[Address], at: BlockRef, quorum: int
) -> list[KeyPolicy | SourceRejectedError]:
    """As `agreed_policy` for several accounts, all of them asked of one endpoint in one question.

    An account that an endpoint refuses is asked for alone, so that others are asked for it, too;
    what everybody rejects stands in its place. Raises what the pool raises for everything else.
    """
    said = _from_operators(pool, lambda s: s.key_policies(addresses, at), quorum)
    found: list[KeyPolicy | SourceRejectedError] = []
    for n, address in enumerate(addresses):
        answers = [(name, answers[n]) for name, answers in said]
        told = [(name, a) for name, a in answers if not isinstance(a, Refusal)]
        if len(told) == len(answers):
            found.append(_agreed(told, quorum))
            continue
        try:
            found.append(agreed_policy(pool, address, at, quorum))
        except SourceRejectedError as e:
            found.append(e)
    return found


def _from_operators(pool: Pool[M], task: Callable[[M], T], quorum: int) -> list[tuple[str, T]]:
    """What as many operators say, each with its endpoint's name."""
    found: list[tuple[str, T]] = []
    asked: list[str] = []
    while len(asked) < quorum:
        said, seat = pool.run(task, avoid=tuple(asked))
        asked.append(seat.operator)
        found.append((seat.name, said))
    return found


def _agreed(found: Sequence[tuple[str, KeyPolicy]], quorum: int) -> KeyPolicy:
    first = found[0][1]
    other = next((name for name, p in found if _said(p) != _said(first)), "")
    lowest = min(p.height for _, p in found)
    if other:
        why = f"{found[0][0]} and {other} name different keys for the account: ask again"
        return KeyPolicy((), lowest, disputed=why)
    evidence = Evidence.AGREED if quorum > 1 else first.evidence
    return replace(first, height=lowest, evidence=evidence)


def _said(policy: KeyPolicy) -> object:
    return policy.ways
