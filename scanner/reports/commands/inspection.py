"""What is in a published list: rows, assets, networks, claimed sums, its own totals, problems."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TextIO

from scanner.model.amount import counted
from scanner.model.claim import Claim, DeclaredTotal, ListSummary, Row
from scanner.model.finding import WEIGHTS, Finding, FindingKind, Weight, worst_first
from scanner.model.understood import Account, Role
from scanner.ownership.signed_texts import SignedTexts
from scanner.reports.figures.amounts import counted_rows, whole_coins
from scanner.reports.figures.signed_texts import text_lines
from scanner.reports.figures.words import MEANINGS, WEIGHT_WORDS
from scanner.reports.tables.grid import Cell, Column, print_grid
from scanner.reports.tables.text import printable

MOST_TOTALS = 20
"""Totals that differ are all told, for a list has few: each is another asset's."""
FIRST_FEW = 5
"""How many places of each kind of problem are named."""
MOST_TOLD = 10
"""How many reasons of a kind are told, where many rows have the same ones."""
MOST_REASONS = 1000
"""How many reasons of a kind are told apart; a hostile file may give each row its own."""
_PLACE = re.compile(r"field [0-9]+: ", re.ASCII)
MOST_DECLARED = 1000
"""How many lines of a totals block are kept; a hostile file may hold nothing else."""
MOST_TYPES = 50
"""How many different row types are told apart; the rest counts as OTHER_TYPES."""
MOST_TEXTS = 20
"""How many signed texts are told; a list that has one says more about itself than one of many."""
OTHER_TYPES = "(others)"


@dataclass(slots=True)
class HoldingSum:
    """Rows of one asset on one network.

    claimed: base units of the rows that state an amount, each once; where no row does (`stated` is
    0), nothing is claimed, which is not zero.
    signed: rows with at least one signature. without_amount: rows that state none. duplicates:
    rows that repeat an earlier one.
    """

    asset: str
    network: str
    decimals: int
    rows: int = 0
    claimed: int = 0
    signed: int = 0
    without_amount: int = 0
    duplicates: int = 0

    @property
    def stated(self) -> int:
        """Rows that state an amount."""
        return self.rows - self.without_amount

    def add(self, claim: Claim, duplicate: bool) -> None:
        """Count one row."""
        self.rows += 1
        self.signed += bool(claim.signatures)
        self.without_amount += claim.amount is None
        self.duplicates += duplicate
        if claim.amount is not None and not duplicate:
            self.claimed += claim.amount


@dataclass(slots=True)
class Problems:
    """Findings by kind: how many, and the first few.

    reasons: of each kind, how often each reason was given, and in which line first, without the
    place that it names; of MOST_REASONS at most, None for more.
    """

    counts: Counter[FindingKind] = field(default_factory=Counter)
    examples: dict[FindingKind, list[Finding]] = field(default_factory=dict)
    reasons: dict[FindingKind, dict[str, list[int]] | None] = field(default_factory=dict)

    def add(self, finding: Finding) -> None:
        """Count one finding."""
        self.counts[finding.kind] += 1
        kept = self.examples.setdefault(finding.kind, [])
        if len(kept) < (MOST_TOTALS if finding.kind is FindingKind.TOTAL_DIFFERS else FIRST_FEW):
            kept.append(finding)
        reasons = self.reasons.setdefault(finding.kind, {})
        if reasons is not None:
            reason = _PLACE.sub("", finding.reason, count=1)
            reasons.setdefault(reason, [0, finding.row or 0])[0] += 1
            if len(reasons) > MOST_REASONS:
                self.reasons[finding.kind] = None

    @property
    def weights(self) -> set[Weight]:
        """What they do to the exit status."""
        return {WEIGHTS[kind] for kind in self.counts}


@dataclass(slots=True)
class Inspection:
    """Counts a list while it is read; its size does not grow with the list.

    types: the publisher's own labels of rows, and how many rows have each. declared_lines: lines
    of the totals block, of which `declared` keeps the first. texts: what signed rows sign.
    """

    holdings: dict[tuple[str, str], HoldingSum] = field(default_factory=dict)
    declared: list[DeclaredTotal] = field(default_factory=list)
    declared_lines: int = 0
    problems: Problems = field(default_factory=Problems)
    types: Counter[str] = field(default_factory=Counter)
    texts: SignedTexts = field(default_factory=SignedTexts)

    def add(self, row: Row, duplicate: bool) -> None:
        """Take in one readable row or declared total; unreadable rows come as findings."""
        if isinstance(row, Claim):
            place = row.asset, row.network
            known = self.holdings.get(place)
            if known is None:
                known = self.holdings[place] = HoldingSum(*place, row.decimals)
            known.add(row, duplicate)
            if row.signatures:
                self.texts.add(row.message, 1, row.row)
            if row.row_type:
                known_type = row.row_type in self.types or len(self.types) < MOST_TYPES
                self.types[row.row_type if known_type else OTHER_TYPES] += 1
        elif isinstance(row, DeclaredTotal):
            self.declared_lines += 1
            if len(self.declared) < MOST_DECLARED:
                self.declared.append(row)

    def sums(self) -> list[HoldingSum]:
        """By asset, then network."""
        return [self.holdings[place] for place in sorted(self.holdings)]


def inspection_json(name: str, summary: ListSummary, found: Inspection) -> dict[str, object]:
    """The object of `lists inspect --json`; amounts are strings in base units."""
    return {
        "file": name,
        "sha256": summary.sha256,
        "size": summary.size,
        "format": summary.format,
        "variant": summary.variant,
        "data_rows": summary.data_rows,
        "claims": summary.claims,
        "unreadable": summary.unreadable,
        "understood": [_account(account) for account in summary.accounts],
        "notes": dict(sorted(summary.notes.items())),
        "types": dict(sorted(found.types.items())),
        "holdings": [_holding(h) for h in found.sums()],
        "texts": [
            {"text": t.text, "rows": t.rows, "first_row": t.first}
            for t in found.texts.most_signed[:MOST_TEXTS]
        ],
        "declared_lines": found.declared_lines,
        "declared_totals": [_declared(d) for d in found.declared],
        "problems": [_problem(kind, found.problems) for kind in _kinds(found.problems)],
    }


def _account(account: Account) -> dict[str, object]:
    return {
        "part": account.part,
        "role": account.role.value,
        "meaning": account.meaning,
        "example": account.example,
    }


def _holding(sums: HoldingSum) -> dict[str, object]:
    return {
        "asset": sums.asset,
        "network": sums.network,
        "decimals": sums.decimals,
        "rows": sums.rows,
        "claimed": str(sums.claimed) if sums.stated else None,
        "signed": sums.signed,
        "without_amount": sums.without_amount,
        "duplicates": sums.duplicates,
    }


def _declared(total: DeclaredTotal) -> dict[str, object]:
    return {
        "row": total.row,
        "coin": total.coin,
        "asset": total.asset,
        "network": total.network,
        "decimals": total.decimals,
        "amount": None if total.amount is None else str(total.amount),
        "height": total.height,
        "group": total.group,
        "reason": total.reason,
    }


def _problem(kind: FindingKind, problems: Problems) -> dict[str, object]:
    return {
        "kind": kind.value,
        "weight": WEIGHTS[kind].value,
        "count": problems.counts[kind],
        "first": [{"row": f.row, "reason": f.reason} for f in problems.examples[kind]],
    }


def _kinds(problems: Problems) -> Iterable[FindingKind]:
    return worst_first(kind for kind in FindingKind if problems.counts[kind])


def print_inspection(name: str, summary: ListSummary, found: Inspection, out: TextIO) -> None:
    """Print it for people."""
    _print_accounts(summary, out)
    variant = f", {summary.variant}" if summary.variant else ""
    lines = [
        f"{name}: {summary.format}{variant}, {summary.size:,} bytes, sha256 {summary.sha256}",
        f"{counted(summary.data_rows, 'row')}: {counted(summary.claims, 'claim')}, "
        f"{summary.unreadable:,} unreadable",
    ]
    lines += [f"{key}: {value}" for key, value in sorted(summary.notes.items())]
    lines += [
        f"{counted(count, 'row')} of type {label!r}" for label, count in sorted(found.types.items())
    ]
    _write(out, lines)
    _print_holdings(found, out)
    _write(out, text_lines(found.texts))
    _print_declared(found, out)
    for kind in _kinds(found.problems):
        _write(out, _problem_lines(kind, found.problems))
    if not found.problems.counts:
        _write(out, ["Every row was read, and the list agrees with itself."])


def _print_accounts(summary: ListSummary, out: TextIO) -> None:
    """How every part of the file was understood, before anything that follows from it."""
    columns = [Column("part of the file"), Column("read as"), Column("example")]
    print_grid(columns, [_account_row(account) for account in summary.accounts], stream=out)


def _account_row(account: Account) -> list[str | Cell]:
    said = {
        Role.USED: Cell(account.meaning),
        Role.NEEDLESS: Cell(f"not needed: {account.meaning}", "dim"),
        Role.UNKNOWN: Cell("not understood", "yellow"),
    }
    return [account.part, said[account.role], " ".join(account.example.split())]


def _print_holdings(found: Inspection, out: TextIO) -> None:
    columns = [Column("asset"), Column("network")]
    numbers = ("rows", "signed", "claimed", "no amount", "repeated")
    columns += [Column(title, right=True) for title in numbers]
    print_grid(columns, [_holding_row(h) for h in found.sums()], stream=out)


def _holding_row(sums: HoldingSum) -> list[str | Cell]:
    counts = [f"{sums.rows:,}", f"{sums.signed:,}", _claimed(sums)]
    warnings = [_warn(sums.without_amount), _warn(sums.duplicates)]
    return [sums.asset, sums.network, *counts, *warnings]


def _print_declared(found: Inspection, out: TextIO) -> None:
    if not found.declared:
        return
    columns = [Column("line", right=True), Column("the list's own total"), Column("asset")]
    columns += [Column("network"), Column("amount", right=True)]
    rows = [
        [str(d.row), d.coin, d.asset, d.network or ("all" if d.group else ""), _amount(d)]
        for d in found.declared
    ]
    print_grid(columns, rows, stream=out)
    if found.declared_lines > len(found.declared):
        _write(out, [f"and {found.declared_lines - len(found.declared):,} more totals lines"])


def _amount(total: DeclaredTotal) -> str:
    if total.amount is None:
        return "unreadable"
    return whole_coins(total.amount, total.decimals)


def _claimed(sums: HoldingSum) -> str:
    if sums.rows == sums.duplicates:  # claimed, and counted where it is claimed first
        return "-"
    return whole_coins(sums.claimed, sums.decimals) if sums.stated else "not stated"


def _warn(count: int) -> Cell:
    return Cell(f"{count:,}", "yellow") if count else Cell("-", "dim")


def _problem_lines(kind: FindingKind, problems: Problems) -> list[str]:
    count, examples = problems.counts[kind], problems.examples[kind]
    lines = [f"{WEIGHT_WORDS[WEIGHTS[kind]]}: {kind.value}, {count:,} ({MEANINGS[kind]})"]
    reasons = problems.reasons[kind]
    if reasons and len(reasons) < count and count > FIRST_FEW:
        return lines + _reason_lines(reasons)
    lines += [f"  line {f.row}: {f.reason}" if f.row else f"  {f.reason}" for f in examples]
    if count > len(examples):
        lines.append(f"  and {count - len(examples):,} more (after a snapshot: scanner show)")
    return lines


def _reason_lines(reasons: Mapping[str, Sequence[int]]) -> list[str]:
    """Each reason once, the most frequent first."""
    often = sorted(reasons.items(), key=lambda item: -item[1][0])
    lines = [
        f"  {counted_rows(rows)}, first in line {line}: {reason}"
        for reason, (rows, line) in often[:MOST_TOLD]
    ]
    if len(often) > MOST_TOLD:
        lines.append(f"  and {len(often) - MOST_TOLD:,} more reasons")
    return lines


def _write(out: TextIO, lines: Iterable[str]) -> None:
    for line in lines:
        out.write(printable(line) + "\n")
