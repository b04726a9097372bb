"""Checks a list against itself while it is read: totals, duplicates, heights.

Nothing is kept of a row but a digest, sums and counts, so a list of any length fits.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from scanner.lists.seen import SeenKeys
from scanner.model.amount import format_amount, rescale
from scanner.model.claim import Claim, DeclaredTotal, Row, UnreadableRow
from scanner.model.finding import Finding, FindingKind
from scanner.model.registry import Registry

MAX_DETAILED = 1000
"""Duplicates that `findings` names one by one; the rest are one finding with their number."""

_MOST_HEIGHTS = 8


@dataclass(slots=True)
class _Sum:
    """What the rows of one asset and network, or of one group, add up to.

    once: duplicates left out. doubled: amounts of duplicates alone. unstated: rows without one.
    """

    decimals: int
    once: int = 0
    doubled: int = 0
    stated: int = 0
    unstated: int = 0

    def add(self, amount: int | None, duplicate: bool) -> None:
        if amount is None:
            self.unstated += 1
            return
        self.stated += 1
        if duplicate:
            self.doubled += amount
        else:
            self.once += amount

    def merge(self, other: _Sum) -> None:
        """Take in a sum of as many decimals or fewer."""
        self.once += rescale(other.once, other.decimals, self.decimals)
        self.doubled += rescale(other.doubled, other.decimals, self.decimals)
        self.stated += other.stated
        self.unstated += other.unstated


@dataclass(slots=True)
class _Declared:
    """Totals lines about one asset and network, or one group, added up.

    places: the fewest decimals any of them was printed with.
    """

    row: int
    name: str
    decimals: int
    amount: int = 0
    places: int = 0
    lines: int = 0

    def add(self, total: DeclaredTotal, amount: int) -> None:
        places = total.places if total.places is not None else 0
        self.places = min(self.places, places) if self.lines else places
        self.amount += amount
        self.lines += 1


@dataclass(slots=True)
class _Heights:
    """Heights that rows of one asset and network state: height -> first row, and how many."""

    first: dict[int, int] = field(default_factory=dict)
    more: int = 0

    def add(self, height: int, row: int) -> None:
        if height not in self.first:
            if len(self.first) < _MOST_HEIGHTS:
                self.first[height] = row
            else:
                self.more += 1


class ListAudit:
    """Observes every row of one list, in file order, then tells what is wrong with the list.

    The same for `lists inspect` and for an import: `observe` each row, then `findings` once.
    """

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._seen = SeenKeys()
        self._sums: dict[tuple[str, str], _Sum] = {}
        self._heights: dict[tuple[str, str], _Heights] = {}
        self._declared: dict[tuple[str, str], _Declared] = {}
        self._findings: list[Finding] = []
        self._unreadable: Counter[str] = Counter()
        self.duplicates = 0

    def observe(self, row: Row) -> bool:
        """Take in one row. Returns whether it repeats an earlier claim and must not be counted.

        The first row of several wins: same asset, network and decoded address.
        """
        if isinstance(row, Claim):
            return self._claim(row)
        if isinstance(row, DeclaredTotal):
            self._total(row)
        else:
            self._unreadable[row.kind] += 1
        return False

    def findings(self) -> list[Finding]:
        """What is wrong with the list as a whole, totals first. Unreadable rows are not in it:
        each is a row of its own, `finding_of` words it.
        """
        return [*self._totals(), *self._mixed_heights(), *self._findings, *self._further()]

    def _claim(self, claim: Claim) -> bool:
        place = claim.asset, claim.network
        first = self._seen.first_row("\0".join((*place, _holder(claim))), claim.row)
        duplicate = first != claim.row
        if duplicate:
            self.duplicates += 1
            if self.duplicates <= MAX_DETAILED:
                self._findings.append(duplicate_of(claim, first))
        total = self._sums.get(place)
        if total is None:
            total = self._sums[place] = _Sum(claim.decimals)
        total.add(claim.amount, duplicate)
        if claim.height is not None:
            heights = self._heights.get(place)
            if heights is None:
                heights = self._heights[place] = _Heights()
            heights.add(claim.height, claim.row)
        return duplicate

    def _total(self, total: DeclaredTotal) -> None:
        if total.amount is None:
            reason = f"the list's total for {total.coin!r} cannot be checked: {total.reason}"
            self._findings.append(
                Finding(FindingKind.TOTAL_UNREADABLE, reason, total.row, total.asset, total.network)
            )
            return
        key = ("(ALL)" if total.group else total.network), total.asset
        declared = self._declared.get(key)
        if declared is None:
            declared = _Declared(total.row, total.coin, total.decimals)
            self._declared[key] = declared
        declared.add(total, total.amount)

    def _totals(self) -> list[Finding]:
        found = []
        for (network, asset), declared in self._declared.items():
            group = network == "(ALL)"
            rows = self._rows_of(asset, "" if group else network, declared.decimals)
            if group and not rows.stated:
                rows = self._lines_of(asset, declared.decimals)
            finding = self._compare(declared, rows, asset, "" if group else network)
            if finding is not None:
                found.append(finding)
        return found

    def _rows_of(self, asset: str, network: str, decimals: int) -> _Sum:
        """What the rows of an asset on a network add up to; network "" means the whole group."""
        total = _Sum(decimals)
        for (its_asset, its_network), part in self._sums.items():
            if network:
                wanted = (its_asset, its_network) == (asset, network)
            else:
                wanted = self._registry.group(its_asset) == asset
            if wanted:
                total.merge(part)
        return total

    def _lines_of(self, group: str, decimals: int) -> _Sum:
        """What the per-coin lines of a group add up to, for lists whose rows state no amounts."""
        total = _Sum(decimals)
        for (network, asset), line in self._declared.items():
            if network != "(ALL)" and self._registry.group(asset) == group:
                total.merge(_Sum(line.decimals, once=line.amount, stated=line.lines))
        return total

    def _compare(self, declared: _Declared, rows: _Sum, asset: str, network: str) -> Finding | None:
        if not rows.stated and rows.unstated:
            return None  # the list states amounts only as totals: there is nothing to add up
        if rows.unstated:
            reason = (
                f"the list's total for {declared.name!r} cannot be checked: "
                f"{rows.unstated} of its rows state no amount"
            )
            return Finding(FindingKind.TOTAL_UNREADABLE, reason, declared.row, asset, network)
        difference = declared.amount - rows.once
        if difference == 0:
            return None
        kind = FindingKind.TOTAL_DIFFERS
        says = format_amount(declared.amount, declared.decimals)
        adds = format_amount(rows.once, declared.decimals)
        by = format_amount(abs(difference), declared.decimals)
        reason = f"the list says {declared.name} is {says}, its rows add up to {adds}: "
        reason += f"{by} {'more' if difference > 0 else 'less'} than the rows"
        if _is_rounding(declared, difference):
            kind = FindingKind.TOTAL_ROUNDED
            reason += f"; equal to the {declared.places} decimals it is printed with"
        elif difference == rows.doubled:
            reason += "; equal when its duplicates are counted again"
        if self._unreadable:
            reason += f"; {self._unreadable.total()} rows of the list could not be read"
        return Finding(kind, reason, declared.row, asset, network)

    def _mixed_heights(self) -> list[Finding]:
        found = []
        for (asset, network), heights in self._heights.items():
            if len(heights.first) < 2:
                continue
            named = ", ".join(f"{height} (row {row})" for height, row in heights.first.items())
            more = f" and in {heights.more} rows others" if heights.more else ""
            reason = (
                f"rows of {asset} on {network} state different heights: {named}{more}; "
                "coins moved in between would be counted twice"
            )
            row = list(heights.first.values())[1]
            found.append(Finding(FindingKind.MIXED_HEIGHTS, reason, row, asset, network))
        return found

    def _further(self) -> list[Finding]:
        rest = self.duplicates - MAX_DETAILED
        if rest <= 0:
            return []
        return [Finding(FindingKind.DUPLICATE, f"{rest} more rows repeat earlier ones")]


def finding_of(row: UnreadableRow) -> Finding:
    """The finding for a row that gives no claim."""
    column = f", field {row.column}" if row.column else ""
    return Finding(FindingKind(row.kind), f"row {row.row}{column}: {row.reason}", row.row)


def duplicate_of(claim: Claim, first_row: int) -> Finding:
    """The finding for a claim that repeats the one in `first_row`."""
    reason = f"the same {claim.asset} on {claim.network} as in row {first_row}: counted once"
    return Finding(
        FindingKind.DUPLICATE, reason, claim.row, claim.asset, claim.network, claim.address
    )


def _holder(claim: Claim) -> str:
    """What tells holders apart. Text that is no address is compared as hex where it is hex."""
    key = claim.address_key
    return key.lower() if key[:3].lower() == "?0x" else key


def _is_rounding(declared: _Declared, difference: int) -> bool:
    """Whether a total printed with fewer decimals than the asset has is right as far as printed.

    Printed to at least three digits: 6 for 6.9 is no rounding, 449.5140 for 449.51400581 is.
    """
    if declared.lines != 1 or declared.places >= declared.decimals:
        return False
    last_digit = 10 ** (declared.decimals - declared.places)
    return bool(abs(difference) < last_digit and declared.amount >= 100 * last_digit)
