"""Issued tokens on the XRP Ledger: what a trust line says, in base units without rounding up.

A token's contract is written "CURRENCY.rISSUER": three characters, or 40 hex digits. Amounts have
up to 16 significant digits and an exponent of -96 to 80.
Source: XRPL documentation, "Currency Formats" and account_lines.
"""

from __future__ import annotations

import re
from decimal import Decimal

from scanner.chains.shape import take
from scanner.errors import SourceUnavailableError, clip
from scanner.net.words import heard

_VALUE = re.compile(r"-?\d{1,20}(?:\.\d{1,100})?(?:[eE][+-]?\d{1,2})?", re.ASCII)


def split_contract(contract: str) -> tuple[str, str]:
    """Currency and issuer of a token. Raises ValueError for another text."""
    currency, dot, issuer = contract.rpartition(".")
    if not dot or len(currency) not in (3, 40) or not issuer.startswith("r"):
        raise ValueError(f"not CURRENCY.rISSUER: {clip(contract)!r}")
    return (currency.upper() if len(currency) == 40 else currency), issuer


def line_balance(endpoint: str, line: object, decimals: int) -> tuple[int, str]:
    """What one line of account_lines holds: base units, rounded down, and the exact text.

    A negative balance is what the account itself owes, so it holds 0.
    Raises SourceUnavailableError for a number that is none.
    """
    text = take(endpoint, line, str, "balance")
    if not _VALUE.fullmatch(text):
        what = f"gave an invalid answer: a balance of {heard(endpoint, text)}"
        raise SourceUnavailableError(endpoint, what)
    sign, digits, exponent = Decimal(text).as_tuple()
    # Integers, not Decimal's arithmetic: that one rounds to 28 digits.
    mantissa, power = int("".join(map(str, digits))), int(exponent) + decimals
    whole = mantissa * 10**power if power >= 0 else mantissa // 10**-power
    return (0 if sign else whole), text
