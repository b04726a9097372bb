"""Adds up what rows state, and compares it with a list's own totals and with what can be.

Sums of parts of a list may be made apart and merged, so that they need not pass one process.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from scanner.lists.units import Units, doubt
from scanner.model.amount import counted, grouped_amount, rescale
from scanner.model.claim import Claim, DeclaredTotal, Unit
from scanner.model.finding import Finding, FindingKind
from scanner.model.registry import Registry

_MOST_HEIGHTS = 8

Adder = Callable[[int | None, int | None, bool], None]
"""add(amount, height, duplicate): takes in one claim of a coin; the first two as in `Claim`."""


@dataclass(slots=True)
class _Sum:
    """What some of the rows add up to: of one coin name on a network, or of several.

    once: duplicates left out. doubled: amounts of duplicates alone. unstated: rows without one.
    heights: that rows state, a few of them; None where one states none.
    """

    decimals: int
    once: int = 0
    doubled: int = 0
    stated: int = 0
    unstated: int = 0
    units: Units = field(default_factory=Units)
    heights: set[int | None] = field(default_factory=set)

    @property
    def rows(self) -> int:
        """How many rows are in it."""
        return self.stated + self.unstated

    def add(self, amount: int | None, height: int | None, duplicate: bool) -> None:
        if height not in self.heights and len(self.heights) < _MOST_HEIGHTS:
            self.heights.add(height)
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
        self.heights |= other.heights


@dataclass(slots=True)
class _Declared:
    """Totals lines of one name, added up.

    places: the fewest decimals any of them was printed with. heights: that they state. beside: one
    of them stands among the rows. last: the amount of the last one.
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
    heights: set[int] = field(default_factory=set)
    beside: bool = False
    last: int = 0

    def add(self, total: DeclaredTotal, amount: int) -> None:
        places = total.places if total.places is not None else 0
        self.places = min(self.places, places) if self.lines else places
        self.amount += amount
        self.lines += 1
        self.beside |= total.beside
        self.last = amount
        if total.height is not None and len(self.heights) < _MOST_HEIGHTS:
            self.heights.add(total.height)

    def merge(self, later: _Declared) -> None:
        self.places = min(self.places, later.places)
        self.amount += later.amount
        self.lines += later.lines
        self.heights |= later.heights
        self.beside |= later.beside
        self.last = later.last


@dataclass(slots=True)
class Sums:
    """What the rows of a list, or of a part of it, add up to; and the totals that it states."""

    _sums: dict[tuple[str, str, str], _Sum] = field(default_factory=dict)
    _declared: dict[str, _Declared] = field(default_factory=dict)
    _unreadable: list[Finding] = field(default_factory=list)

    @property
    def empty(self) -> bool:
        """Whether no row was added."""
        return not self._sums

    def add(self, claim: Claim, duplicate: bool = False) -> None:
        """Take in a claim. duplicate: whether it repeats another one and is not counted."""
        self.adder(claim)(claim.amount, claim.height, duplicate)

    def adder(self, claim: Claim) -> Adder:
        """What takes in the amounts of claims of the same coin as written, asset and network."""
        named = claim.coin.upper(), claim.asset, claim.network
        total = self._sums.get(named)
        if total is None:
            total = self._sums[named] = _Sum(claim.decimals)
        return total.add

    def declare(self, total: DeclaredTotal) -> None:
        """Take in a line of the list's own totals."""
        if total.amount is None:
            reason = f"the list's total for {total.coin!r} cannot be checked: {total.reason}"
            self._unreadable.append(
                Finding(FindingKind.TOTAL_UNREADABLE, reason, total.row, total.asset, total.network)
            )
            return
        declared = self._declared.get(total.coin.upper())
        if declared is None:
            declared = self._declared[total.coin.upper()] = _Declared(
                total.row, total.coin, total.asset, total.network, total.group, total.decimals
            )
        declared.add(total, total.amount)

    def merge(self, later: Sums) -> None:
        """Take in the sums of the part that comes next."""
        for named, rows in later._sums.items():
            mine = self._sums.setdefault(named, _Sum(rows.decimals))
            mine.merge(rows)
            mine.units.merge(rows.units)
        for name, total in later._declared.items():
            known = self._declared.setdefault(name, total)
            if known is not total:
                known.merge(total)
        self._unreadable += later._unreadable

    def findings(self, registry: Registry, unit: str = "", unreadable: int = 0) -> list[Finding]:
        """What is wrong with totals, then with units.

        unit: what the reader took for granted, as in `ListSummary`; "" if nothing.
        unreadable: how many rows could not be read, which a total may be of.
        """
        return _Comparisons(registry, self._sums, self._declared, unit, unreadable).findings(
            self._unreadable
        )


class _Comparisons:
    """Totals beside sums of one list."""

    def __init__(
        self,
        registry: Registry,
        sums: dict[tuple[str, str, str], _Sum],
        declared: dict[str, _Declared],
        unit: str,
        unreadable: int,
    ) -> None:
        self._registry, self._sums, self._declared = registry, sums, declared
        self._unit, self._unreadable = unit, unreadable
        self._agreed: set[str] = set()

    def findings(self, unreadable: list[Finding]) -> list[Finding]:
        """Totals that cannot be read (`unreadable`) come after those that can."""
        found, moments = [], []
        for declared in self._declared.values():
            told, moment = self._compare(declared), self._moment(declared)
            if told is not None and moment and told.kind is FindingKind.TOTAL_DIFFERS:
                told = replace(told, reason=f"{told.reason}; {moment}")
            elif moment:
                moments.append(self._finding(FindingKind.BAD_HEIGHT, declared, moment))
            found += [told] if told is not None else []
        return [*found, *unreadable, *moments, *self._units()]

    def _moment(self, declared: _Declared) -> str:
        """What is to say where a total of one network is of a block that none of its rows states.

        It is of another moment, however well the amounts agree. "" where nothing is to say.
        """
        if not declared.network or not declared.heights:
            return ""
        rows = self._sum(lambda _, *place: place == (declared.asset, declared.network))
        if not rows.rows or rows.heights & declared.heights or len(rows.heights) >= _MOST_HEIGHTS:
            return ""
        said = ", ".join(map(str, sorted(declared.heights)))
        stated = sorted(height for height in rows.heights if height is not None)
        reason = f"the list's total for {declared.name!r} is of block {said}, its rows "
        reason += f"of {', '.join(map(str, stated))}" if stated else "state no block"
        return f"{reason}: choose one with --at {declared.network}=.."

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
            other = Unit.COIN if self._unit == Unit.BASE else Unit.BASE
            reason = f"the list's total for {declared.name!r} agrees with its rows in another unit"
            return self._finding(
                FindingKind.UNIT_DOUBTED, declared, f"{reason}: use --unit {other}"
            )
        reason = compared[0].reason()
        if declared.beside:  # it may be of a part of the list: of a section, or a day
            if any(comparison.of_parts for comparison in compared):
                self._agreed.add(group)
                return None
            reason = _beside(declared, reason)
            return self._finding(FindingKind.TOTAL_UNREADABLE, declared, reason)
        kind = FindingKind.TOTAL_DIFFERS
        if self._unreadable:
            reason += f"; {counted(self._unreadable, 'row')} of the list could not be read"
            if any(comparison.more for comparison in compared):  # which may be the rest of it
                kind = FindingKind.TOTAL_UNREADABLE
        return self._finding(kind, declared, reason)

    def _finding(self, kind: FindingKind, declared: _Declared, reason: str) -> Finding:
        return Finding(kind, reason, declared.row, declared.asset, declared.network)


def _beside(declared: _Declared, reason: str) -> str:
    """What is said of lines of totals among the rows that do not agree with all rows."""
    if declared.lines == 1:
        return f"{reason}; that line stands among the rows, and may be of some of them"
    return (
        f"{declared.lines} lines of totals of {declared.name} stand among the rows: none was "
        "counted, and they do not say of which rows each is"
    )


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
    def more(self) -> bool:
        """Whether the line says more than the rows add up to."""
        return self._says > self._adds

    @property
    def rounded(self) -> bool:
        """Whether the line has fewer decimals than the asset, and is right as far as printed: cut,
        or rounded to the nearest.

        Printed to at least three digits: 6 for 6.9 is no rounding, 449.5140 for 449.51400581 is.
        449.5141 is none either: it says more than there is, by more than half of its last digit.
        """
        places = self._declared.places
        if self._declared.lines != 1 or places >= self._decimals:
            return False
        last_digit = 10 ** (self._decimals - places)
        less = self._adds - self._says
        right = -last_digit <= 2 * less < 2 * last_digit
        return bool(right and self._says >= 100 * last_digit)

    @property
    def of_parts(self) -> bool:
        """Whether the lines are of parts, and the last one is what they and all rows add up to."""
        last = rescale(self._declared.last, self._declared.decimals, self._decimals)
        return self._declared.lines > 2 and last == self._adds and self._says == 2 * self._adds

    def in_other_unit(self, unit: str) -> bool:
        """Whether it is equal as soon as the rows, read as `unit`, are read as the other one."""
        scale = 10**self._decimals
        if unit == Unit.BASE:
            return self._adds > 0 and self._says == self._adds * scale
        return self._adds > 0 and self._says * scale == self._adds

    def reason(self) -> str:
        """What is said, what is there, and by how much they differ."""
        difference = self._says - self._adds
        says, adds, by = (
            grouped_amount(amount, self._decimals)
            for amount in (self._says, self._adds, abs(difference))
        )
        text = f"the list says {self._declared.name} is {says}, its rows add up to {adds}: "
        text += f"{by} {'more' if difference > 0 else 'less'} than the rows"
        if self.rounded:
            return f"{text}; equal to the {self._declared.places} decimals that are printed"
        if self._doubled and difference == self._doubled:
            return f"{text}; equal if its duplicates are counted again"
        return text
