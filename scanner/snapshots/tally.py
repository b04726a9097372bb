"""Adds up what was found, per asset: integers only, order does not matter, no clock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from scanner.model.balance import Evidence

SHOWN_EVIDENCE = tuple(e for e in Evidence if e is not Evidence.UNAVAILABLE)


@dataclass(frozen=True, slots=True)
class AssetTotal:
    """One asset's totals over all networks, in base units of `decimals`.

    decimals: the most among the asset's holdings in the list. Duplicates are counted once.
    claimed: what the rows state. verified: balances found of rows whose control is proof, split
    by evidence in `by_evidence`. unverified: balances found of the other rows.
    unavailable_rows: rows whose balance nobody could say. shortfall, surplus: sums of the rows'
    differences where a row states an amount and a balance was found.
    liabilities: None where none are known. reserve_ratio: verified / liabilities, six decimals,
    rounded down; None where a side is missing or incomplete.
    """

    asset: str
    decimals: int
    claimed: int
    verified: int
    by_evidence: Mapping[Evidence, int]
    unverified: int
    unavailable_rows: int
    shortfall: int
    surplus: int
    liabilities: int | None = None
    reserve_ratio: str | None = None

    def to_json(self) -> dict[str, object]:
        """The object that `scanner totals --json` shows: amounts as strings."""
        raise NotImplementedError
