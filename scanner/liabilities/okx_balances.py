"""Balances in OKX's Merkle trees: three coins, decimal text that is itself hashed.

The hashed fields stand side by side without separators, so only one spelling of a number may be
taken: no plus, no leading or trailing zeros, at most eight decimals. Where one amount ends and the
next begins no hash says all the same: 1.5, 23, 7 and 1.52, 3, 7 and 1.5, 2, 37 are one text.
A negative balance, which lowers the sum, is read like any other, for `negative` to tell.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

NOT_BOUND = (
    "the root does not bind the totals: amounts are hashed side by side, so trees of other totals "
    "have the same root; compare the totals, or the file's SHA-256, with what others were shown"
)
"""The published format's own fault, in both of its forms: only the file binds them."""

COINS = ("BTC", "ETH", "USDT")
DECIMALS = 8

_CANONICAL = re.compile(r"(-?)(0|[1-9][0-9]{0,19})(?:\.([0-9]{0,7}[1-9]))?", re.ASCII)

Amounts = tuple[int, ...]
"""One integer a coin, in hundred-millionths, in the order of COINS."""

ZERO: Amounts = (0,) * len(COINS)


class BalancesError(ValueError):
    """Not three canonical balances. The text says in what."""


def read_balances(value: object) -> Amounts:
    """Read a JSON object of exactly BTC, ETH and USDT. Raises BalancesError."""
    if not isinstance(value, dict) or tuple(sorted(value)) != COINS:
        raise BalancesError("balances must name BTC, ETH and USDT, and nothing else")
    return tuple(_read(coin, value[coin]) for coin in COINS)


def _read(coin: str, text: object) -> int:
    match = _CANONICAL.fullmatch(text) if isinstance(text, str) else None
    if match is None or text == "-0":
        raise BalancesError(f"{coin} {str(text)[:40]!r} is not a canonical decimal")
    return int(match[1] + match[2] + (match[3] or "").ljust(DECIMALS, "0"))


def negative(amounts: Sequence[int]) -> str:
    """What is said of the first negative balance; "" if there is none."""
    pairs = zip(COINS, amounts, strict=True)
    found = next(((coin, n) for coin, n in pairs if n < 0), None)
    return f"{found[0]} is negative: {decimal(found[1])} hides what is owed" if found else ""


def add(parts: Iterable[Amounts]) -> Amounts:
    """Add up coin by coin."""
    return tuple(map(sum, zip(ZERO, *parts, strict=True)))


def decimal(amount: int) -> str:
    """The only spelling of an amount: 150000000 -> "1.5"."""
    whole, fraction = divmod(abs(amount), 10**DECIMALS)
    text = f"{fraction:0{DECIMALS}d}".rstrip("0")
    return ("-" if amount < 0 else "") + (f"{whole}.{text}" if text else str(whole))


def plain(amounts: Sequence[int]) -> bytes:
    """The balances as they are hashed into a node: side by side, so of several amounts one text."""
    return "".join(map(decimal, amounts)).encode()


def as_json(amounts: Sequence[int]) -> bytes:
    """The balances as they are hashed into a user's leaf: JSON without spaces."""
    pairs = (f'"{coin}":"{decimal(n)}"' for coin, n in zip(COINS, amounts, strict=True))
    return ("{" + ",".join(pairs) + "}").encode()


def shown(amounts: Sequence[int]) -> str:
    """The balances for a sentence: "BTC 1.5, ETH 0, USDT 2"."""
    return ", ".join(f"{coin} {decimal(n)}" for coin, n in zip(COINS, amounts, strict=True))
