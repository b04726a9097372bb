"""What an address held, and how strong the evidence for it is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from scanner.model.addresses.interface import Address
from scanner.model.network import Holding


class Evidence(StrEnum):
    """Who says so, strongest first."""

    PROVEN = "proven"  # state proof or own full scan, checked against a block hash
    AGREED = "agreed"  # several independent providers gave the same
    REPORTED = "reported"  # one provider
    LATEST_ONLY = "latest_only"  # the network cannot answer at a height
    UNAVAILABLE = "unavailable"  # nobody could say; never the same as 0


class BalanceQuery(NamedTuple):
    """Ask for one holding of one address."""

    address: Address
    holding: Holding


@dataclass(frozen=True, slots=True)
class Balance:
    """The answer to one query.

    amount: base units; None exactly when evidence is UNAVAILABLE.
    sources: names of the endpoints that said so, sorted.
    reason: why it is unavailable, or a caution beside a good answer; else "".
    detail: machine-readable extras for the stored record (immature coinbase, frozen flag),
        JSON text or "".
    """

    amount: int | None
    evidence: Evidence
    sources: tuple[str, ...] = ()
    reason: str = ""
    detail: str = ""

    def __post_init__(self) -> None:
        if (self.amount is None) != (self.evidence is Evidence.UNAVAILABLE):
            raise ValueError("a balance has an amount unless it is unavailable")
        if self.amount is not None and self.amount < 0:
            raise ValueError("a balance cannot be negative")


def unavailable(reason: str, *sources: str) -> Balance:
    """Make the answer for an item nobody could read: not zero, but unknown, with the reason."""
    return Balance(None, Evidence.UNAVAILABLE, tuple(sorted(sources)), reason)
