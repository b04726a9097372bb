"""Balances in the paths of other publishers: any coins, decimal text that is itself hashed."""

from __future__ import annotations

import re
from collections.abc import Mapping

from scanner.liabilities.refusal import ShapeError

DECIMALS = 18
MAX_COINS = 2000

_CANONICAL = re.compile(r"(-?)(0|[1-9][0-9]{0,29})(?:\.([0-9]{0,17}[1-9]))?", re.ASCII)
_COIN = re.compile(r"[A-Za-z0-9._-]{1,30}", re.ASCII)

Amounts = Mapping[str, int]
"""Coin -> quintillionths, in the order of the file."""


def read_amounts(value: object, place: str) -> dict[str, int]:
    """An object of coins and canonical decimals: text, no plus, no needless zeros.

    Raises ShapeError.
    """
    if not isinstance(value, dict) or len(value) > MAX_COINS:
        raise ShapeError(place, "not an object of coins and amounts")
    return {_coin(name, place): _amount(text, f"{place}/{name}") for name, text in value.items()}


def _coin(name: str, place: str) -> str:
    if _COIN.fullmatch(name) is None:
        raise ShapeError(place, f"{name[:40]!r} is not a coin's name")
    return name


def _amount(text: object, place: str) -> int:
    match = _CANONICAL.fullmatch(text) if isinstance(text, str) else None
    if match is None or text == "-0":
        raise ShapeError(place, f"{str(text)[:40]!r} is not a canonical decimal")
    return int(match[1] + match[2] + (match[3] or "").ljust(DECIMALS, "0"))


def decimal(amount: int) -> str:
    """The only spelling of an amount."""
    whole, fraction = divmod(abs(amount), 10**DECIMALS)
    text = f"{fraction:0{DECIMALS}d}".rstrip("0")
    return ("-" if amount < 0 else "") + (f"{whole}.{text}" if text else str(whole))


def negative(amounts: Amounts) -> str:
    """What is said of the first negative balance; "" if there is none."""
    coin = next((coin for coin, amount in amounts.items() if amount < 0), None)
    return f"{coin} is negative: {decimal(amounts[coin])} hides what is owed" if coin else ""


def add(one: Amounts, other: Amounts) -> dict[str, int]:
    """Add up coin by coin, in the order of the first."""
    total = dict(one)
    for coin, amount in other.items():
        total[coin] = total.get(coin, 0) + amount
    return total
