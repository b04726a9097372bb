"""Reads the amount of a row in the unit that its file says, or says why it cannot be sure."""

from __future__ import annotations

from collections.abc import Mapping

from scanner.errors import AmountFormatError, UnknownAssetError, clip
from scanner.lists.layout import TableLayout
from scanner.lists.marks import Marks
from scanner.lists.numbers import TWO_MEANINGS, careful_amount, is_whole, negative, shows_comma
from scanner.lists.spoken import mixed_units, parted_number
from scanner.model.amount import ambiguous_dot, grouped_amount, parse_amount
from scanner.model.claim import Row
from scanner.model.finding import Finding, FindingKind
from scanner.model.network import Holding
from scanner.model.registry import Registry

MUCH = 100
"""A whole number of more than this part of all coins is more likely in base units."""


class BadCellError(ValueError):
    """One cell makes the row unreadable. column: from 1, 0 for the row as a whole."""

    def __init__(self, column: int, kind: FindingKind, reason: str) -> None:
        super().__init__(reason)
        self.column, self.kind, self.reason = column, kind, reason


class _DoubtError(ValueError):
    """An amount is stated in a way that contradicts itself."""

    def __init__(self, kind: FindingKind, reason: str) -> None:
        super().__init__(reason)
        self.kind = kind


class AmountReader:
    """Reads amounts by one layout. at: where fields are. asides: takes why one is not taken.

    marks: what rows of the same file have shown so far, where they come one by one.
    """

    def __init__(
        self,
        layout: TableLayout,
        registry: Registry,
        at: Mapping[str, int],
        asides: list[Row],
        marks: Marks | None = None,
    ) -> None:
        self._layout, self._registry, self._asides = layout, registry, asides
        self._at, self._decimals = at.get("amount", -1), at.get("decimals", -1)
        self._base, self._mark = layout.unit_is_base, layout.decimal
        self._told_unit = bool(self._decimals >= 0 or layout.of_coin or layout.unit_decimals)
        self._dots_may_group = self._mark == "comma"
        self._doubt_dots = layout.dots_doubted
        commas = layout.delimiter == "," and not layout.typed
        self._label = self._at + 1 if commas and self._at + 1 in layout.labels else -1
        self._marks = None if self._mark or layout.dots_doubted else marks
        careful = self._told_unit or self._dots_may_group or self._doubt_dots
        self._plain = not careful and self._label < 0 and self._marks is None
        self.wholes: set[bool] = set()
        """Whether amounts beside decimals were whole numbers."""

    def read(self, cells: list[str], holding: Holding, limit: int, line: int) -> int | None:
        """The amount in base units; None where it is not stated or cannot be read for sure.

        limit: base units of which more than MUCH times are more than can be. Raises BadCellError.
        """
        text = cells[self._at]
        decimals = 0 if self._base else holding.decimals
        if self._plain:  # nothing below would look at such an amount: lists have many
            try:
                amount = parse_amount(text, decimals)
                if amount <= limit:
                    return amount
            except AmountFormatError:
                pass
        return self._read(cells, text, decimals, holding, limit, line)

    def _read(
        self, cells: list[str], text: str, decimals: int, holding: Holding, limit: int, line: int
    ) -> int | None:
        """Read an amount that something is said of, or that cannot be taken as it is written."""
        if self._told_unit:
            try:
                decimals = self._decimals_of(cells, holding, line)
            except _DoubtError as e:
                return self._doubt(e.kind, str(e), holding, line)
        if self._dots_may_group and "." in text:
            amount = self._careful(text, decimals, holding, line)
        else:
            try:
                amount = parse_amount(text, decimals)
            except AmountFormatError:
                amount = self._careful(text, decimals, holding, line)
        if amount is None:
            return None
        doubted = self._doubt_dots or (
            self._marks is not None and self._compare(self._marks, text, line)
        )
        if doubted and ambiguous_dot(text):
            reason = f"{clip(text)!r}: {TWO_MEANINGS}"
            return self._doubt(FindingKind.BAD_AMOUNT, reason, holding, line)
        if self._label >= 0 and (reason := self._parted(text, cells[self._label])):
            return self._doubt(FindingKind.BAD_AMOUNT, reason, holding, line)
        if amount > limit and (reason := _unlikely(amount, limit * MUCH, holding)):
            return self._doubt(FindingKind.UNIT_DOUBTED, reason, holding, line)
        return amount

    def _parted(self, text: str, label: str) -> str:
        if self._base and len(text.strip()) > 3:  # neither decimals nor a first group of thousands
            return ""
        return parted_number(text, label)

    def _compare(self, marks: Marks, text: str, line: int) -> bool:
        """Whether the file has shown the comma; told where an amount before is concerned."""
        if not marks.comma and shows_comma(text):
            marks.comma = text
            if marks.dotted:
                reason = (
                    f"{clip(text)!r} uses a comma as decimal mark, but {clip(marks.dotted)!r} "
                    "before it was read with a dot: use --columns decimal=.., comma or dot"
                )
                self._asides.append(Finding(FindingKind.NOT_UNDERSTOOD, reason, line))
                told = "amounts were read with the dot, and the file has the comma"
                self._asides.append(Finding(FindingKind.UNIT_DOUBTED, told))
        elif not (marks.comma or marks.dotted) and ambiguous_dot(text):
            marks.dotted = text
        return bool(marks.comma)

    def _careful(self, text: str, decimals: int, holding: Holding, line: int) -> int | None:
        if negative(text):
            reason = f"amount {clip(text)!r}: negative, and no address can hold less than zero"
            raise BadCellError(self._at + 1, FindingKind.NEGATIVE_AMOUNT, reason)
        try:
            return careful_amount(text, decimals, self._mark)
        except AmountFormatError as e:
            reason = f"amount {clip(text)!r}: {e.reason}"
            if self._layout.unit_is_base:
                reason += "; base units are whole numbers: if it is in whole coins, use --unit coin"
            return self._doubt(FindingKind.BAD_AMOUNT, reason, holding, line)

    def _decimals_of(self, cells: list[str], holding: Holding, line: int) -> int:
        """Decimals to read the amount with, where the file says more of it than a number."""
        layout = self._layout
        of = layout.of_coin
        if of and not self._is_named(of, holding):
            reason = f"the column's name says {of}, the row is of {holding.asset}"
            raise _DoubtError(FindingKind.NOT_UNDERSTOOD, reason)
        if layout.unit_decimals not in (None, holding.decimals):
            reason = f"the unit in the column's name is not a unit of {holding.asset}"
            raise _DoubtError(FindingKind.UNIT_DOUBTED, reason)
        if self._decimals < 0 or layout.unit_is_base or layout.coins_said:
            return 0 if layout.unit_is_base else holding.decimals
        stated, amount = cells[self._decimals].strip(), cells[self._at].strip()
        if stated != str(holding.decimals):
            reason = f"decimals {clip(stated)!r}; {holding.asset} has {holding.decimals}"
            raise _DoubtError(FindingKind.UNIT_DOUBTED, reason)
        whole = is_whole(amount, self._mark)
        if amount and whole not in self.wholes:
            self.wholes.add(whole)
            if len(self.wholes) > 1:
                self._doubt(FindingKind.UNIT_DOUBTED, mixed_units(amount), holding, line)
        return 0 if whole else holding.decimals

    def _is_named(self, coin: str, holding: Holding) -> bool:
        try:
            return self._registry.resolve(coin, holding.network) == holding
        except UnknownAssetError:
            return self._registry.asset_named(coin) == holding.asset

    def _doubt(self, kind: FindingKind, reason: str, holding: Holding, line: int) -> int | None:
        """Say why the row's amount is not taken. The row stays a claim without one."""
        told = Finding(kind, reason, line, holding.asset, holding.network)
        self._asides.append(told)
        return None


def _unlikely(amount: int, most: int, holding: Holding) -> str:
    """Why an amount read as whole coins is doubted; "" where it has a fraction and can exist."""
    coins, fraction = divmod(amount, 10**holding.decimals)
    if amount <= most and fraction:
        return ""
    smaller = grouped_amount(coins, holding.decimals)
    why = (
        "more than can exist" if amount > most else "a whole number and a large part of the supply"
    )
    return (
        f"{coins:,} {holding.asset} is {why}; as base units it is {smaller}: "
        "use --unit base, or --unit coin to read it as written"
    )
