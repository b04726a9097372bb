"""Checks a list against itself while it is read: totals, duplicates, heights.

Nothing is kept of a row but a digest, sums and counts, so a list of any length fits.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field, replace

from scanner.lists.days import SEVERAL_DAYS, dated
from scanner.lists.keys import ADDRESS
from scanner.lists.seen import SeenKeys
from scanner.lists.sums import Sums
from scanner.model.amount import counted
from scanner.model.claim import Claim, DeclaredTotal, ListSummary, Row
from scanner.model.finding import Finding, FindingKind
from scanner.model.registry import Registry

MAX_DETAILED = 1000
"""Duplicates that `findings` names one by one; the rest are one finding with their number."""

_MOST_HEIGHTS = 8
_ACCOUNT = re.compile(r"0[xX][0-9a-fA-F]+|(?=\S*\d)\S{20,}")


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
        self._sums = Sums()
        self._heights: dict[str, _Heights] = {}
        self._states: dict[tuple[str, str], tuple[str, str]] = {}
        self._findings: list[Finding] = []
        self._unreadable: Counter[str] = Counter()
        self._told: Counter[FindingKind] = Counter()
        self._days_asked = False
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
            self._sums.declare(row)
        elif isinstance(row, Finding):
            if row.kind is FindingKind.ROWS_DOUBTED and row.reason.startswith(SEVERAL_DAYS):
                if self._days_asked:  # each part of a table asks
                    return False
                self._days_asked = True
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
        if summary and summary.native_assumed:
            self._doubt_coin()
        unit = summary.unit if summary else ""
        told = self._sums.findings(self._registry, unit, self._unreadable.total())
        told += [*self._mixed_heights(), *self._findings, *self._further()]
        if summary and summary.days and any(None in h.first for h in self._heights.values()):
            told.append(dated(summary.days))
        if self._sums.empty and not (told or self._unreadable):
            told.append(
                Finding(FindingKind.EMPTY_LIST, "the list has no rows: nothing is verified")
            )
        return told

    def _claim(self, claim: Claim) -> bool:
        place = claim.asset, claim.network
        state = self._states.get(place)
        if state is None:
            state = self._states[place] = self._registry.state(*place)
        first = self._seen.first_row("\0".join((*state, _holder(claim))), claim.row)
        if first is not None and not _may_be_one(claim.address_key):
            first = None
        duplicate = first is not None  # whatever the row: a line may hold many claims
        if first is not None:
            self.duplicates += 1
            if self.duplicates <= MAX_DETAILED:
                self._repeats.append((len(self._findings), claim.amount is not None))
                self._findings.append(duplicate_of(claim, first))
        self._sums.add(claim, duplicate)
        heights = self._heights.get(claim.network)
        if heights is None:
            heights = self._heights[claim.network] = _Heights()
        heights.add(claim.height, claim.row)
        return duplicate

    def _doubt_coin(self) -> None:
        """Where nothing names a coin, an address with two amounts may well hold two coins."""
        for at, stated in self._repeats:
            if stated:
                found = self._findings[at]
                reason = f"{found.reason}; or it is another coin: nothing names it, use --asset"
                self._findings[at] = replace(found, kind=FindingKind.NOT_UNDERSTOOD, reason=reason)
        self._repeats.clear()

    def _mixed_heights(self) -> list[Finding]:
        found = []
        for network, heights in self._heights.items():
            if len(heights.first) < 2:
                continue
            named = ", ".join(
                f"{'none' if height is None else height} (line {row})"
                for height, row in heights.first.items()
            )
            more = f" and others in {counted(heights.more, 'row')}" if heights.more else ""
            reason = (
                f"rows on {network} state different heights: {named}{more}; coins moved or sold in "
                "between would be counted twice, so only rows of one block can be verified"
            )
            row = list(heights.first.values())[1]
            found.append(Finding(FindingKind.MIXED_HEIGHTS, reason, row, network=network))
        return found

    def _further(self) -> list[Finding]:
        rest = self.duplicates - MAX_DETAILED
        told = [
            Finding(
                FindingKind.DUPLICATE,
                f"{counted(rest, 'more row')} repeat{'s' if rest == 1 else ''} earlier ones",
            )
        ]
        return [
            *told[: rest > 0],
            *(
                Finding(kind, f"{count - MAX_DETAILED:,} more of this kind")
                for kind, count in self._told.items()
                if count > MAX_DETAILED
            ),
        ]


def duplicate_of(claim: Claim, first_row: int) -> Finding:
    """The finding for a claim that repeats the one in `first_row`, which may be its own row."""
    where = "earlier in the same line" if first_row == claim.row else f"in line {first_row}"
    reason = (
        f"the same state of the chain as {where}, {claim.asset} on {claim.network}: counted once"
    )
    return Finding(
        FindingKind.DUPLICATE, reason, claim.row, claim.asset, claim.network, claim.address
    )


def _may_be_one(key: str) -> bool:
    """Whether what is no address of its network may still be one: "undisclosed" twice is not the
    same state of a chain."""
    if key[:1] != "?":
        return True
    return bool(_ACCOUNT.fullmatch(key, 1) or ADDRESS.fullmatch(key, 1))


def _holder(claim: Claim) -> str:
    """What tells holders apart. Text that is no address is compared as hex where it is hex."""
    key = claim.address_key
    return key.lower() if key[:3].lower() == "?0x" else key
