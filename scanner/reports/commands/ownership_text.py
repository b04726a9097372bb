"""The ownership summary for people: a table per asset and network, then what was not verified."""

from __future__ import annotations

from typing import TextIO

from scanner.model.amount import counted
from scanner.model.finding import WEIGHTS, Finding, FindingKind, Weight, worst_first
from scanner.model.statement import StatedBy, StatementRule
from scanner.ownership.changeable import CHANGEABLE_KINDS
from scanner.ownership.key_policy import NOT_ASKED
from scanner.reports.commands.ownership import (
    ASSERTED,
    CLASSES,
    NOT_STATED,
    UNREADABLE,
    VERIFIED,
    OwnershipSummary,
)
from scanner.reports.figures.amounts import all_rows
from scanner.reports.figures.signed_texts import text_lines
from scanner.reports.figures.words import MEANINGS, STATED_BY, WEIGHT_WORDS
from scanner.reports.tables.grid import Cell, Column, print_grid
from scanner.reports.tables.text import printable
from scanner.settings.tables import load_registry

HEADINGS = {
    "mismatch": "signed by another key or over another message",
    "malformed": "address or signature cannot be decoded",
    NOT_STATED: "signed, but it is not verified that the text claims these reserves",
    ASSERTED: "signed, but it is not verified that the signer owns the address",
    "unsupported": "could not be decided here: the reason says why",
    "unsigned": "no signature published",
    UNREADABLE: "row could not be read",
}
_FALSE = {"mismatch"}
UNCHECKED = (
    "not checked here: duplicates, totals and heights of the list; 'scanner lists inspect' does"
)
"""What a reader of verdicts about keys alone may take for granted."""
NO_CHAIN = (
    "not checked here: what any address holds, and who owns a contract or an account by now; "
    "'scanner snapshot' asks the chains"
)
"""The same of what no file can say."""


def print_ownership(summary: OwnershipSummary, rule: StatementRule, stream: TextIO) -> None:
    """Print counts per asset and network, the first few rows of each problem, and one sentence.

    The texts that were signed stand before them, with what they count as under the rule.
    """
    used = [c for c in CLASSES if c == VERIFIED or summary.total(c)]
    columns = [Column("asset"), Column("network"), Column("rows", right=True)]
    columns += [Column(name, right=True) for name in used]
    rows: list[list[str | Cell]] = []
    for (asset, network), counts in sorted(summary.counts.items()):
        cells = [_count(name, counts[name]) for name in used]
        rows.append([asset or "?", network or "?", f"{counts.total():,}", *cells])
    print_grid(columns, rows, stream=stream)
    for line in (*text_lines(summary.texts, rule), *cautions(summary)):
        stream.write(printable(line) + "\n")
    for name in CLASSES:
        for line in _problem(summary, name):
            stream.write(printable(line) + "\n")
    for kind in worst_first(summary.told):
        for line in _told(summary, kind, summary.told[kind]):
            stream.write(printable(line) + "\n")
    if summary.rows:
        stream.write(f"{UNCHECKED}\n{NO_CHAIN}\n")
    stream.write(sentence(summary) + "\n")


def cautions(summary: OwnershipSummary) -> list[str]:
    """How verified rows are weaker than others: in what states them, or whose keys were asked."""
    named = summary.stated_by[StatedBy.NAMED]
    lines = [f"{counted(named, 'row')}: {STATED_BY[StatedBy.NAMED]}"] if named else []
    networks = load_registry().networks
    unasked = sum(
        rows
        for name, rows in summary.derived.items()
        if name in networks and networks[name].kind in CHANGEABLE_KINDS
    )
    if unasked:
        lines.append(f"{unasked:,} of the verified rows: {NOT_ASKED}")
    return lines


def _told(summary: OwnershipSummary, kind: FindingKind, findings: list[Finding]) -> list[str]:
    total = summary.told_counts[kind]
    lines = [f"{WEIGHT_WORDS[WEIGHTS[kind]]}: {kind.value}, {total:,} ({MEANINGS[kind]})"]
    lines += [f"  line {f.row}: {f.reason}" if f.row else f"  {f.reason}" for f in findings]
    if total > len(findings):
        lines.append(f"  and {total - len(findings):,} more (all of them: --jsonl FILE)")
    return lines


def _count(name: str, number: int) -> Cell:
    if number == 0 or name == VERIFIED:
        return Cell(f"{number:,}" if number else "-")
    return Cell(f"{number:,}", "bold red" if name in _FALSE else "yellow")


def _problem(summary: OwnershipSummary, name: str) -> list[str]:
    samples = summary.samples.get(name, [])
    if not samples:
        return []
    total = summary.total(name)
    lines = [f"{name}: {total:,} ({HEADINGS[name]})"]
    lines += [f"  line {row}: {what}: {reason}" for row, what, reason in samples]
    if total > len(samples):
        lines.append(f"  and {total - len(samples):,} more (all of them: --jsonl FILE)")
    return lines


def sentence(summary: OwnershipSummary) -> str:
    """What came of it, in one sentence."""
    rows, verified = summary.rows, summary.total(VERIFIED)
    if not rows:
        return "The list has no rows: nothing is verified."
    doubts = [kind for kind in summary.told_counts if WEIGHTS[kind] is not Weight.NOTE]
    if rows == verified and doubts:
        signed = f"{all_rows(rows)} {'was' if rows == 1 else 'were'} signed for"
        return f"{signed}, but some of the list was not understood."
    if rows == verified:
        return f"{all_rows(rows)} verified: the keys behind each address signed."
    wrong = summary.by_weight[Weight.FALSE]
    return (
        f"{counted(rows, 'row')}: {verified:,} verified, {wrong:,} false, "
        f"{rows - verified - wrong:,} not verified."
    )
