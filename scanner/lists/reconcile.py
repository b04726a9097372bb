"""Checks a list against itself while it is read: totals, duplicates, heights.

Nothing is kept of a row but a digest, sums and counts, so a list of any length fits.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from scanner.lists.seen import SeenKeys
from scanner.lists.units import Units, doubt
from scanner.model.amount import format_amount, rescale
from scanner.model.claim import Claim, DeclaredTotal, ListSummary, Row, UnreadableRow
from scanner.model.finding import Finding, FindingKind
from scanner.model.registry import Registry

MAX_DETAILED = 1000
"""Duplicates that `findings` names one by one; the rest are one finding with their number."""

_MOST_HEIGHTS = 8


@dataclass(slots=True)
class _Sum:
    """What some of the rows add up to: of one coin name on a network, or of several.

    once: duplicates left out. doubled: amounts of duplicates alone. unstated: rows without one.
    """

    decimals: int
    once: int = 0
    doubled: int = 0
    stated: int = 0
    unstated: int = 0
    units: Units = field(default_factory=Units)

    @property
    def rows(self) -> int:
        """How many rows are in it."""
        return self.stated + self.unstated

    def add(self, amount: int | None, duplicate: bool) -> None:
        if amount is None:
            self.unstated += 1
            return
        self.stated += 1
        self.units.add(amount, self.decimals)
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
    """Totals lines of one name, added up.

    places: the fewest decimals any of them was printed with.
    """

    row: int
    name: str
    asset: str
    network: str
    group: bool
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
    """Heights that rows of one network state: height -> first row, and how many more there are.

    None is a height too: such a row is read at the newest block.
    """

    first: dict[int | None, int] = field(default_factory=dict)
    more: int = 0

    def add(self, height: int | None, row: int) -> None:
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
        self._sums: dict[tuple[str, str, str], _Sum] = {}
        self._heights: dict[str, _Heights] = {}
        self._states: dict[tuple[str, str], tuple[str, str]] = {}
        self._declared: dict[str, _Declared] = {}
        self._findings: list[Finding] = []
        self._unreadable: Counter[str] = Counter()
        self._unit = ""
        self._agreed: set[str] = set()
        self._told: Counter[FindingKind] = Counter()
        self.duplicates = 0
        self._repeats: list[tuple[int, bool]] = []

    def observe(self, row: Row) -> bool:
        """Take in one row. Returns whether it repeats an earlier claim and must not be counted.

        The first row of several wins: the same state of the chain (`Registry.state`) and the same
        decoded address, under whatever names.
        """
        if isinstance(row, Claim):
            return self._claim(row)
        if isinstance(row, DeclaredTotal):
            self._total(row)
        elif isinstance(row, Finding):
            self._told[row.kind] += 1
            if self._told[row.kind] <= MAX_DETAILED:
                self._findings.append(row)
        else:
            self._unreadable[row.kind] += 1
        return False

    def findings(self, summary: ListSummary | None = None) -> list[Finding]:
        """What is wrong with the list as a whole, totals first. Unreadable rows are not in it:
        each is a row of its own, `finding_of` words it.

        summary: what the reader took for granted: that is doubted here where totals, amounts or
        repeated addresses speak against it.
        """
        self._unit = summary.unit if summary else ""
        if summary and summary.native_assumed:
            self._doubt_coin()
        told = [*self._totals(), *self._units(), *self._mixed_heights()]
        told += [*self._findings, *self._further()]
        if not (told or self._sums or self._unreadable):
            told.append(Finding(FindingKind.EMPTY_LIST, "the list has no rows: nothing is shown"))
        return told

    def _claim(self, claim: Claim) -> bool:
        place = claim.asset, claim.network
        state = self._states.get(place)
        if state is None:
            state = self._states[place] = self._registry.state(*place)
        first = self._seen.first_row("\0".join((*state, _holder(claim))), claim.row)
        duplicate = first != claim.row
        if duplicate:
            self.duplicates += 1
            if self.duplicates <= MAX_DETAILED:
                self._repeats.append((len(self._findings), claim.amount is not None))
                self._findings.append(duplicate_of(claim, first))
        named = claim.coin.upper(), *place
        total = self._sums.get(named)
        if total is None:
            total = self._sums[named] = _Sum(claim.decimals)
        total.add(claim.amount, duplicate)
        heights = self._heights.get(claim.network)
        if heights is None:
            heights = self._heights[claim.network] = _Heights()
        heights.add(claim.height, claim.row)
        return duplicate

    def _total(self, total: DeclaredTotal) -> None:
        if total.amount is None:
            reason = f"the list's total for {total.coin!r} cannot be checked: {total.reason}"
            self._findings.append(
                Finding(FindingKind.TOTAL_UNREADABLE, reason, total.row, total.asset, total.network)
            )
            return
        declared = self._declared.get(total.coin.upper())
        if declared is None:
            declared = self._declared[total.coin.upper()] = _Declared(
                total.row, total.coin, total.asset, total.network, total.group, total.decimals
            )
        declared.add(total, total.amount)

    def _totals(self) -> list[Finding]:
        found = (self._compare(declared) for declared in self._declared.values())
        return [finding for finding in found if finding is not None]

    def _doubt_coin(self) -> None:
        """Where nothing names a coin, an address with two amounts may well hold two coins."""
        for at, stated in self._repeats:
            if stated:
                found = self._findings[at]
                reason = f"{found.reason}; or of another coin: nothing says which, say --asset"
                self._findings[at] = replace(found, kind=FindingKind.NOT_UNDERSTOOD, reason=reason)
        self._repeats.clear()

    def _units(self) -> list[Finding]:
        """Doubts about the unit of amounts that nothing in the file says."""
        if not self._unit:
            return []
        found = []
        for (_, asset, network), rows in self._sums.items():
            agreed = self._registry.group(asset) in self._agreed
            most = self._registry.supplies.get(asset)
            reason = doubt(self._unit, rows.units, rows.once, rows.decimals, most)
            if reason and not agreed:
                told = f"amounts of {asset} on {network}: {reason}"
                found.append(Finding(FindingKind.UNIT_DOUBTED, told, None, asset, network))
        return found

    def _readings(self, declared: _Declared) -> list[_Sum]:
        """What a totals line may be the sum of, likeliest first; readings without rows left out.

        A name with "(ALL)" is its group. Else the rows of that coin name, on all networks (as in
        files whose rows say the network apart); the rows of what the name means by the tables;
        and for an asset's own name, the whole group.
        """
        groups = self._registry.group
        group = self._sum(lambda _, asset, __: groups(asset) == declared.asset)
        if declared.group:
            parts = group if group.stated else self._lines_of(declared.asset)
            return [part for part in (parts, group) if part.rows][:1]
        readings = [
            self._sum(lambda coin, _, __: coin == declared.name.upper()),
            self._sum(lambda _, *place: place == (declared.asset, declared.network)),
        ]
        if declared.name.upper() == declared.asset.upper():
            readings.append(group)
        return [part for part in readings if part.rows]

    def _sum(self, wanted: Callable[[str, str, str], bool]) -> _Sum:
        """What the rows add up to whose coin name, asset and network are wanted."""
        parts = [part for named, part in self._sums.items() if wanted(*named)]
        total = _Sum(max((part.decimals for part in parts), default=0))
        for part in parts:
            total.merge(part)
        return total

    def _lines_of(self, group: str) -> _Sum:
        """What the per-coin lines of a group add up to, for lists whose rows state no amounts."""
        lines = [
            line
            for line in self._declared.values()
            if not line.group and self._registry.group(line.asset) == group
        ]
        total = _Sum(max((line.decimals for line in lines), default=0))
        for line in lines:
            total.merge(_Sum(line.decimals, once=line.amount, stated=line.lines))
        return total

    def _compare(self, declared: _Declared) -> Finding | None:
        readings = self._readings(declared) or [_Sum(declared.decimals)]
        first = readings[0]
        if first.unstated and not first.stated:
            return None  # the list states amounts only as totals: there is nothing to add up
        if first.unstated:
            reason = (
                f"the list's total for {declared.name!r} cannot be checked: "
                f"{first.unstated} of its rows state no amount"
            )
            return self._finding(FindingKind.TOTAL_UNREADABLE, declared, reason)
        compared = [_Comparison(declared, rows) for rows in readings]
        group = declared.asset if declared.group else self._registry.group(declared.asset)
        if any(comparison.equal for comparison in compared):
            self._agreed.add(group)
            return None
        rounded = next((comparison for comparison in compared if comparison.rounded), None)
        if rounded is not None:
            self._agreed.add(group)
            return self._finding(FindingKind.TOTAL_ROUNDED, declared, rounded.reason())
        if self._unit and any(comparison.in_other_unit(self._unit) for comparison in compared):
            other = "coin" if self._unit == "base" else "base"
            reason = f"the list's total for {declared.name!r} agrees with its rows in another unit"
            return self._finding(
                FindingKind.UNIT_DOUBTED, declared, f"{reason}: say --unit {other}"
            )
        reason = compared[0].reason()
        if self._unreadable:
            reason += f"; {self._unreadable.total()} rows of the list could not be read"
        return self._finding(FindingKind.TOTAL_DIFFERS, declared, reason)

    def _finding(self, kind: FindingKind, declared: _Declared, reason: str) -> Finding:
        return Finding(kind, reason, declared.row, declared.asset, declared.network)

    def _mixed_heights(self) -> list[Finding]:
        found = []
        for network, heights in self._heights.items():
            if len(heights.first) < 2:
                continue
            named = ", ".join(
                f"{'none' if height is None else height} (row {row})"
                for height, row in heights.first.items()
            )
            more = f" and in {heights.more} rows others" if heights.more else ""
            reason = (
                f"rows on {network} state different heights: {named}{more}; coins moved or sold in "
                "between would be counted twice"
            )
            row = list(heights.first.values())[1]
            found.append(Finding(FindingKind.MIXED_HEIGHTS, reason, row, network=network))
        return found

    def _further(self) -> list[Finding]:
        rest = self.duplicates - MAX_DETAILED
        told = [Finding(FindingKind.DUPLICATE, f"{rest} more rows repeat earlier ones")]
        return [
            *told[: rest > 0],
            *(
                Finding(kind, f"{count - MAX_DETAILED} more of this kind")
                for kind, count in self._told.items()
                if count > MAX_DETAILED
            ),
        ]


def finding_of(row: UnreadableRow) -> Finding:
    """The finding for a row that gives no claim."""
    column = f", field {row.column}" if row.column else ""
    return Finding(FindingKind(row.kind), f"row {row.row}{column}: {row.reason}", row.row)


def duplicate_of(claim: Claim, first_row: int) -> Finding:
    """The finding for a claim that repeats the one in `first_row`."""
    reason = (
        f"the same state of the chain as in row {first_row}, {claim.asset} on {claim.network}: "
        "counted once"
    )
    return Finding(
        FindingKind.DUPLICATE, reason, claim.row, claim.asset, claim.network, claim.address
    )


def _holder(claim: Claim) -> str:
    """What tells holders apart. Text that is no address is compared as hex where it is hex."""
    key = claim.address_key
    return key.lower() if key[:3].lower() == "?0x" else key


class _Comparison:
    """One totals line beside one sum of rows, both in the finer of their units."""

    def __init__(self, declared: _Declared, rows: _Sum) -> None:
        self._declared, self._decimals = declared, max(declared.decimals, rows.decimals)
        self._says = rescale(declared.amount, declared.decimals, self._decimals)
        self._adds = rescale(rows.once, rows.decimals, self._decimals)
        self._doubled = rescale(rows.doubled, rows.decimals, self._decimals)

    @property
    def equal(self) -> bool:
        """Equal to the last base unit."""
        return self._says == self._adds

    @property
    def rounded(self) -> bool:
        """Whether the line has fewer decimals than the asset, and is right as far as printed.

        Printed to at least three digits: 6 for 6.9 is no rounding, 449.5140 for 449.51400581 is.
        """
        places = self._declared.places
        if self._declared.lines != 1 or places >= self._decimals:
            return False
        last_digit = 10 ** (self._decimals - places)
        return bool(abs(self._says - self._adds) < last_digit and self._says >= 100 * last_digit)

    def in_other_unit(self, unit: str) -> bool:
        """Whether it is equal as soon as the rows, read as `unit`, are read as the other one."""
        scale = 10**self._decimals
        if unit == "base":
            return self._adds > 0 and self._says == self._adds * scale
        return self._adds > 0 and self._says * scale == self._adds

    def reason(self) -> str:
        """What is said, what is there, and by how much they differ."""
        difference = self._says - self._adds
        says, adds, by = (
            format_amount(amount, self._decimals)
            for amount in (self._says, self._adds, abs(difference))
        )
        text = f"the list says {self._declared.name} is {says}, its rows add up to {adds}: "
        text += f"{by} {'more' if difference > 0 else 'less'} than the rows"
        if self.rounded:
            return f"{text}; equal to the {self._declared.places} decimals it is printed with"
        if self._doubled and difference == self._doubled:
            return f"{text}; equal when its duplicates are counted again"
        return text
