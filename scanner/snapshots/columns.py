"""Results of many claims by column: what is done to a column costs a fraction of a call a row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from scanner.model.balance import Balance
from scanner.model.control import ControlResult
from scanner.snapshots.values import NumberedClaim, RowResult

Columns = Sequence[Sequence[Any]]
"""Many rows by column: each as long as the others."""


class ResultColumns(NamedTuple):
    """Claims that have a verdict and a balance, with both; every column as long as the others.

    numbers to claimed: of the claims; claimed is their amount, base units, None where not stated.
    verdicts, balances: the fields of ControlResult and of Balance, in their order.
    """

    numbers: Sequence[int]
    duplicates: Sequence[bool]
    assets: Sequence[str]
    networks: Sequence[str]
    keys: Sequence[str]
    decimals: Sequence[int]
    claimed: Sequence[int | None]
    verdicts: Columns
    balances: Columns


def by_column(rows: Sequence[Sequence[Any]], width: int) -> Columns:
    """Rows of `width` values as that many columns. Raises ValueError for a row of another width."""
    return list(zip(*rows, strict=True)) if rows else [()] * width


def result_columns(results: Sequence[RowResult]) -> ResultColumns:
    """Results by column. Raises TypeError where one has no verdict or no balance."""
    numbered, controls, balances, _ = by_column(results, len(RowResult._fields))
    numbers, claims, duplicates = by_column(numbered, len(NumberedClaim._fields))
    return ResultColumns(
        numbers,
        duplicates,
        [claim.asset for claim in claims],
        [claim.network for claim in claims],
        [claim.address_key for claim in claims],
        [claim.decimals for claim in claims],
        [claim.amount for claim in claims],
        by_column(controls, len(ControlResult._fields)),
        by_column(balances, len(Balance._fields)),
    )
