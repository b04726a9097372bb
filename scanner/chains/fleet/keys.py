"""Which keys an account has, as a quorum of operators says it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from scanner.chains.fleet.interface import Refusal
from scanner.chains.fleet.pool import M, Pool
from scanner.chains.fleet.quorum import winner
from scanner.chains.fleet.seat import Seat
from scanner.chains.fleet.settle import canvass
from scanner.errors import SourceError, SourceRejectedError, SourceUnavailableError
from scanner.model.addresses.interface import Address
from scanner.model.balance import Evidence
from scanner.model.block import BlockRef
from scanner.model.key_policy import KeyPolicy, Way, Weighted

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
    """Ask operators until so many as the quorum wants say the same, and fewer anything else.

    Whoever is outvoted is named in the policy's note; without a winner the answer is `disputed`.
    The height told is the lowest. Raises what the pool raises.
    """
    return agreed(pool, lambda s: s.key_policy(address, at), quorum)


def agreed(pool: Pool[M], ask: Callable[[M], KeyPolicy], quorum: int) -> KeyPolicy:
    """As `agreed_policy`, of members that are asked in another way."""
    told, _ = _asked(pool, lambda member, _: [ask(member)], 1, quorum)
    return _outcome(told[0], quorum)


def agreed_policies(
    pool: Pool[Seat], addresses: Sequence[Address], at: BlockRef, quorum: int
) -> list[KeyPolicy | SourceRejectedError]:
    """As `agreed_policy` for several accounts, all of them asked of one endpoint in one question.

    An account that an endpoint refuses is asked for alone, so that others are asked for it, too;
    what everybody rejects stands in its place. Raises what the pool raises for everything else.
    """

    def ask(seat: Seat, numbers: Sequence[int]) -> Sequence[KeyPolicy | Refusal]:
        return seat.key_policies([addresses[n] for n in numbers], at)

    found: list[KeyPolicy | SourceRejectedError] = []
    told, refused = _asked(pool, ask, len(addresses), quorum)
    for n, address in enumerate(addresses):
        if n not in refused:
            found.append(_outcome(told[n], quorum))
            continue
        try:
            found.append(agreed_policy(pool, address, at, quorum))
        except SourceRejectedError as e:
            found.append(e)
    return found


def _asked(
    pool: Pool[M],
    ask: Callable[[M, Sequence[int]], Sequence[KeyPolicy | Refusal]],
    count: int,
    quorum: int,
) -> tuple[list[_Told], set[int]]:
    """What operators say of accounts 0 to `count` - 1, and which of these somebody refused."""
    told: list[_Told] = [[] for _ in range(count)]
    refused: set[int] = set()

    def open_() -> list[int]:
        numbers = (n for n in range(count) if n not in refused)
        return [n for n in numbers if _won(told[n], quorum) is None]

    def heard(member: M, answers: tuple[Sequence[int], Sequence[KeyPolicy | Refusal]]) -> bool:
        for number, answer in zip(*answers, strict=True):
            if isinstance(answer, Refusal):
                refused.add(number)
            else:
                told[number].append((member.name, member.operator, answer))
        return bool(open_())

    def put(member: M) -> tuple[Sequence[int], Sequence[KeyPolicy | Refusal]]:
        numbers = open_()
        return numbers, ask(member, numbers)

    if count:
        canvass(pool, put, heard, quorum)
    return told, refused


_Told = list[tuple[str, str, KeyPolicy]]
"""Endpoint, its operator, and which keys it names for an account."""


def _outcome(told: _Told, quorum: int) -> KeyPolicy:
    return _won(told, quorum) or _disputed(told)


def _won(told: _Told, quorum: int) -> KeyPolicy | None:
    won = winner([(operator, _said(policy)) for _, operator, policy in told], quorum)
    if won is None:
        return None
    same = [policy for _, _, policy in told if _said(policy) == won[0]]
    others = [name for name, _, policy in told if _said(policy) != won[0]]
    words = f"{' and '.join(sorted(others))} named other keys instead" if others else ""
    return replace(
        same[0],
        height=min(policy.height for policy in same),
        note="; ".join(filter(None, (same[0].note, words))),
        evidence=Evidence.AGREED if quorum > 1 else same[0].evidence,
    )


def _disputed(told: _Told) -> KeyPolicy:
    name, _, first = told[0]
    other = next(other for other, _, policy in told if _said(policy) != _said(first))
    why = f"{name} and {other} name different keys for the account: ask again"
    return KeyPolicy((), min(policy.height for _, _, policy in told), disputed=why)


def _said(policy: KeyPolicy) -> tuple[object, bool]:
    """What is compared: that nobody can say whose an account is, is not that it is nobody's.

    In which order ways and members are listed is each server's own affair.
    """
    return tuple(sorted(map(_in_order, policy.ways))), bool(policy.disputed)


def _in_order(way: Way) -> tuple[str, int, tuple[_Member, ...]]:
    return way.name, way.threshold, tuple(sorted(map(_member, way.members)))


def _member(member: Weighted) -> _Member:
    by = member.by
    if isinstance(by, Way):
        return (1, *_in_order(by), member.weight, member.hides)
    return (0, by.kind.value, by.value, member.weight, member.hides)


_Member = tuple[Any, ...]
"""A member in a form that can be put in order: a key or a way, weight, whether it hides."""
