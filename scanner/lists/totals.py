"""A list's own totals: one line for a coin, or for a whole group such as "ETH(ALL)"."""

from __future__ import annotations

import re

from scanner.errors import AmountFormatError, UnknownAssetError, clip
from scanner.lists.numbers import TWO_MEANINGS, amount_of, decimals_in, height_of, negative
from scanner.model.amount import ambiguous_dot
from scanner.model.claim import DeclaredTotal
from scanner.model.registry import Registry

_GROUP = re.compile(r"(.*?)\s*\(ALL\)", re.IGNORECASE | re.DOTALL)


def group_decimals(registry: Registry, group: str) -> int | None:
    """The most decimals that an asset of a group has on any network; None if there is no group."""
    decimals = [
        holding.decimals
        for holding in registry.holdings()
        if registry.group(holding.asset) == group
    ]
    return max(decimals, default=None)


def declared_total(
    registry: Registry,
    row: int,
    coin: str,
    height: str,
    amount: str,
    label: str = "",
    decimal_mark: str = "",
    dots_doubted: bool = False,
) -> DeclaredTotal:
    """Read one line of a totals block; amounts are whole coins. label: its network, if it says.

    decimal_mark: "dot" or "comma" where the user says it. dots_doubted: as in `TableLayout`.

    A line that cannot be read has no amount and says why: it is never dropped. A group's amount
    is in the most decimals any of its assets has.
    """
    name = coin.strip()
    match = _GROUP.fullmatch(name)
    asset = network = reason = ""
    decimals: int | None = None
    if match:
        asset = match[1].strip().upper()
        decimals = group_decimals(registry, asset)
        reason = "" if decimals is not None else f"unknown group {clip(name)!r}"
    else:
        try:
            holding = registry.resolve(name, label)
            asset, network, decimals = holding.asset, holding.network, holding.decimals
        except UnknownAssetError as e:
            reason = str(e)
    base_units: int | None = None
    if decimals is not None:
        try:
            base_units = _amount(amount, decimals, decimal_mark, dots_doubted)
        except AmountFormatError as e:
            reason = f"total {clip(amount)!r}: {e.reason}"
    number = height_of(height, decimal_mark, dots_doubted=dots_doubted)
    return DeclaredTotal(
        row, name, asset, network, decimals or 0, base_units, number, bool(match), reason,
        _places(amount, decimal_mark),
    )  # fmt: skip


def _amount(text: str, decimals: int, decimal_mark: str, dots_doubted: bool) -> int:
    if dots_doubted and ambiguous_dot(text):
        raise AmountFormatError(text, TWO_MEANINGS)
    try:
        return amount_of(text, decimals, decimal_mark)
    except AmountFormatError as e:
        if negative(text):
            raise AmountFormatError(text, "negative") from e
        raise


def _places(amount: str, decimal_mark: str) -> int | None:
    """Digits after the decimal mark as printed: a total with four was rounded to four."""
    text = amount.strip()
    return decimals_in(text, decimal_mark) if text else None
