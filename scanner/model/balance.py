"""What an address held, and how strong the evidence for it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from functools import partial
from itertools import repeat
from typing import Any, NamedTuple, Self

from scanner.model.addresses.interface import Address
from scanner.model.network import Holding


class Evidence(StrEnum):
    """Who says so, strongest first."""

    PROVEN = "proven"  # state proof or own full scan, checked against a block hash
    AGREED = "agreed"  # several independent providers gave the same
    REPORTED = "reported"  # one provider
    LATEST_ONLY = "latest_only"  # the network cannot answer at a height
    UNAVAILABLE = "unavailable"  # nobody could say; never the same as 0


_STRENGTH = {evidence: n for n, evidence in enumerate(Evidence)}


def weakest(*evidence: Evidence) -> Evidence:
    """The class of a number that rests on all of these: no chain is stronger than its weakest link.

    At least one is given.
    """
    return max(evidence, key=_STRENGTH.__getitem__)


class BalanceQuery(NamedTuple):
    """Ask for one holding of one address."""

    address: Address
    holding: Holding


class _Fields(NamedTuple):
    amount: int | None
    evidence: Evidence
    sources: tuple[str, ...]
    reason: str
    detail: str


class Balance(_Fields):
    """The answer to one query. A tuple, for there are as many of them as claims.

    amount: base units; None exactly when evidence is UNAVAILABLE.
    sources: names of the endpoints that said so, sorted.
    reason: why it is unavailable, or a caution beside a good answer; else "".
    detail: machine-readable extras for the stored record (immature coinbase, frozen flag),
        JSON text or "".
    """

    __slots__ = ()

    def __new__(
        cls,
        amount: int | None,
        evidence: Evidence,
        sources: tuple[str, ...] = (),
        reason: str = "",
        detail: str = "",
    ) -> Self:
        """Raises ValueError on an amount without evidence, and on a negative one."""
        if (amount is None) != (evidence is Evidence.UNAVAILABLE):
            raise ValueError("a balance has an amount unless it is unavailable")
        if amount is not None and amount < 0:
            raise ValueError("a balance cannot be negative")
        return super().__new__(cls, amount, evidence, sources, reason, detail)

    @classmethod
    # mypy knows tuples' own _make by a signature that cannot be written down.
    def _make(cls, iterable: Iterable[Any]) -> Self:  # type: ignore[override]
        """Make one of its fields, checked; `_replace` comes through here, too."""
        return cls(*iterable)


def with_amounts(pattern: Balance, amounts: Sequence[int]) -> Iterator[Balance]:
    """Make a Balance like `pattern`, which has an amount, for each of many amounts, in order.

    Raises ValueError if one of them is negative. The checks are made once for all: an object at a
    time they were the most expensive part of reading balances.
    """
    if pattern.amount is None or min(amounts, default=0) < 0:
        raise ValueError("a balance has an amount, which cannot be negative")
    rest = (repeat(field) for field in pattern[1:])
    return map(partial(tuple.__new__, Balance), zip(amounts, *rest, strict=False))


def unavailable(reason: str, *sources: str) -> Balance:
    """Make the answer for an item nobody could read: not zero, but unknown, with the reason."""
    return Balance(None, Evidence.UNAVAILABLE, tuple(sorted(sources)), reason)
