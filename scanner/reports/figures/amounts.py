"""Amounts for people: exact, or with the decimals that are read; shares without floats."""

from __future__ import annotations

from collections.abc import Iterable

from markupsafe import Markup, escape

from scanner.model.amount import counted, format_amount, grouped_amount

NOT_READ = "not read"
"""In the place of an amount that addresses hold and no source returned: nobody was asked, nobody
answered, or nothing could be asked. It is not 0; the rows' reasons say which it is."""


NOT_KNOWN = "not known"
"""In the place of an amount that would be worked out of what was not read; it is not 0 either."""


def whole_coins(base_units: int, decimals: int) -> str:
    """Write base units as whole coins with grouped digits, exact: 44951400000, 8 -> "449.514"."""
    return grouped_amount(base_units, decimals)


READ_WITH = {"BTC": 8, "ETH": 4}
"""Decimals of an asset's amounts where they are read and not copied; others have 4, dollars 2."""

_DOLLARS = ("USD", "DAI", "EUR", "TUSD", "BUSD", "PYUSD", "GUSD")


def reading_coins(base_units: int, decimals: int, asset: str) -> str:
    """Write an amount with the decimals that its asset is read with, cut towards 0.

    Filled with zeros where the asset has fewer: amounts of one asset stand below each other. What
    would read 0 and is not is "<0.0001", without a sign: a shortfall must not round away.
    """
    places = READ_WITH.get(asset, 2 if asset.startswith(_DOLLARS) else 4)
    least = 10 ** max(0, decimals - places)
    cut = abs(base_units) // least
    if base_units and not cut:
        return f"<{format_amount(1, places)}"
    whole, _, fraction = format_amount(cut, min(places, decimals)).partition(".")
    sign = "-" if base_units < 0 else ""
    return f"{sign}{int(whole):,}.{fraction.ljust(places, '0')}"


def known_coins(base_units: int | None, decimals: int, asset: str, absent: str = NOT_READ) -> str:
    """As `reading_coins`; `absent` for an amount that nobody told, which is not 0."""
    return absent if base_units is None else reading_coins(base_units, decimals, asset)


def added(amounts: Iterable[int | None]) -> int | None:
    """The sum of the amounts that are known; None where there are some and none is known."""
    every = list(amounts)
    known = [amount for amount in every if amount is not None]
    return sum(known) if known or not every else None


def less(now: int | None, before: int | None) -> int | None:
    """now - before; None where one of them is not known."""
    return None if now is None or before is None else now - before


def percent(part: int, whole: int, digits: int = 2) -> str:
    """Write part/whole in percent, rounded down, "-" when there is no whole.

    Rounded down so that 99.999 % never reads 100 %.
    """
    if whole <= 0:
        return "-"
    scale = int(10**digits)
    value = part * 100 * scale // whole
    return f"{value // scale:,}.{value % scale:0{digits}d} %"


def claimed_share(claimed: int | None, verified: int | None) -> str | None:
    """The verified part of what is claimed, in percent; None where one of them is not known.

    Where nobody answered, nothing of what is claimed was read, which is not 0 % of it.
    """
    if not claimed or verified is None:
        return None
    return percent(verified, claimed)


def dollars(price: str) -> str:
    """A price with grouped digits, all of them: "67187.335" -> "67,187.335"."""
    whole, dot, fraction = price.partition(".")
    return f"{int(whole):,}{dot}{fraction}"


MOST_IN_A_LINE = 24
"""Characters of a number that never breaks over lines: half of a number reads as another one."""


def fits(text: str) -> Markup:
    """A number for a page; only one that is too long for any table may break, on paper."""
    words = escape(text)
    if len(text) <= MOST_IN_A_LINE:
        return words
    return Markup('<span class="long">{}</span>').format(words)


MOST_IN_A_CELL = 14
"""Characters of an amount in a table of 80 columns."""


def in_short(amount: str) -> str:
    """An amount of `reading_coins` that fits a cell: first without decimals, then as a power."""
    whole = amount.partition(".")[0]
    if len(amount) <= MOST_IN_A_CELL:
        return amount
    if len(whole) <= MOST_IN_A_CELL:
        return whole
    digits = whole.replace(",", "")
    return f"{digits[0]}.{digits[1:3]}e{len(digits) - 1}"


def counted_rows(rows: int) -> str:
    """A number of rows in words: "1 row", "1,234 rows"."""
    return counted(rows, "row")


def all_rows(rows: int) -> str:
    """All of a number of rows, to begin a sentence: "All 3 rows", "1 of 1 row"."""
    return "1 of 1 row" if rows == 1 else f"All {rows:,} rows"
