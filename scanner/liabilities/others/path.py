"""What checking one user's path of another publisher found."""

from __future__ import annotations

from dataclasses import dataclass

from scanner.liabilities.others.amounts import DECIMALS, Amounts


@dataclass(frozen=True, slots=True)
class Step:
    """One sibling: its hash, its place in the file."""

    hash: str
    place: str


@dataclass(frozen=True, slots=True)
class Path:
    """A path that holds. amounts: the user's, with `decimals`; in coins, or in `unit`.

    root, totals: what it leads to; no totals where the root says none.
    position: the account's place among the leaves, from 0; None where the form has no such.
    account: whose the leaf is, as it is hashed with it.
    """

    amounts: Amounts
    root: str
    totals: Amounts
    steps: tuple[Step, ...]
    decimals: int = DECIMALS
    unit: str = ""
    position: int | None = None
    account: str = ""
