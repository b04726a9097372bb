"""Verdicts about announced transactions: one JSON object per row, and a summary for people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TextIO

from scanner.model.amount import counted
from scanner.model.finding import WEIGHTS, Weight
from scanner.ownership.bitcoin.announcements import UnreadableAnnouncement
from scanner.ownership.bitcoin.by_transaction import Announcement, Kind
from scanner.reports.commands.ownership import finding_kind
from scanner.reports.figures.amounts import all_rows
from scanner.reports.figures.other_chains import apart, chain_lines
from scanner.reports.tables.jsontext import compact
from scanner.reports.tables.text import printable
from scanner.snapshots.announced import JudgedAnnouncement


def announcement_object(judged: JudgedAnnouncement) -> dict[str, object]:
    """Make the object that `scanner verify-transactions --jsonl` writes for one row.

    amount: base units as text, "" where none is announced or known. decimals: base units are
    10^-decimals of a coin; null where there is no amount. txid, height and block_hash are the
    judged transaction's; height is null where there is none. chain: the chain id or name that was
    asked, "" if nobody was.
    """
    said, result, transaction = judged.said, judged.result, judged.transaction
    return {
        "row": said.row,
        "network": said.network,
        "address": said.address if isinstance(said, UnreadableAnnouncement) else said.address.text,
        **_announced(said),
        "control": result.control,
        "binding": result.binding,
        "freshness": result.freshness,
        "scheme": result.scheme,
        "required": result.required,
        "signed_by": result.signed_by,
        "txid": transaction.txid if transaction else "",
        "height": transaction.block.height if transaction else None,
        "block_hash": transaction.block.hash if transaction else "",
        "evidence": judged.evidence,
        "source": judged.source,
        "reason": result.reason,
        "chain": judged.chain,
    }


def _announced(said: Announcement | UnreadableAnnouncement) -> dict[str, object]:
    if isinstance(said, UnreadableAnnouncement):
        return {"kind": "", "amount": "", "decimals": None, "digest": ""}
    known = said.kind is Kind.SEND_TO_SELF and isinstance(said.amount, int)
    return {
        "kind": said.kind,
        "amount": str(said.amount) if known else "",
        "decimals": said.decimals if known else None,
        "digest": said.digest.hex(),
    }


@dataclass(slots=True)
class TransactionSummary:
    """What the rows came to. weights: what they do to the exit status."""

    weights: set[Weight] = field(default_factory=set)
    counts: Counter[str] = field(default_factory=Counter)
    chains: set[tuple[str, str]] = field(default_factory=set)

    @classmethod
    def of(cls, rows: Sequence[JudgedAnnouncement]) -> TransactionSummary:
        """Count all rows; where there are none, nothing is verified."""
        made = cls(set() if rows else {Weight.UNSHOWN})
        for judged in rows:
            kind = finding_kind(judged.result)
            made.counts["verified" if kind is None else WEIGHTS[kind].value] += 1
            if kind is not None:
                made.weights.add(WEIGHTS[kind])
            if judged.chain:
                made.chains.add((judged.said.network, judged.chain))
        return made


def render_transactions(rows: Iterable[JudgedAnnouncement]) -> bytes:
    """One JSON object a line, in file order."""
    return b"".join(compact(announcement_object(judged)) for judged in rows)


def print_transactions(rows: Sequence[JudgedAnnouncement], stream: TextIO) -> TransactionSummary:
    """Write a line for each row, who was passed over, what was no real network, one sentence."""
    summary = TransactionSummary.of(rows)
    for judged in rows:
        stream.write(printable(_line(judged)) + "\n")
    for line in _passed_over(rows):
        stream.write(printable(line) + "\n")
    for line in chain_lines(apart(summary.chains)):
        stream.write(printable(line) + "\n")
    stream.write(_sentence(summary, len(rows)) + "\n")
    return summary


def _line(judged: JudgedAnnouncement) -> str:
    shown = announcement_object(judged)
    said_by = f" ({judged.evidence} by {judged.source})" if judged.source else ""
    return (
        f"line {shown['row']}: {shown['network']} {shown['address']}: "
        f"{shown['control']}{said_by}: {shown['reason']}"
    )


def _passed_over(rows: Sequence[JudgedAnnouncement]) -> list[str]:
    """A line for each endpoint that others had to stand in for, with its first reason."""
    failures = [failure for judged in rows for failure in judged.passed_over]
    counts = Counter(failure.endpoint for failure in failures)
    first = {failure.endpoint: failure.what for failure in reversed(failures)}
    return [
        f"{name} was passed over for {counted(count, 'row')}: {first[name]}"
        for name, count in sorted(counts.items())
    ]


def _sentence(summary: TransactionSummary, rows: int) -> str:
    if not rows:
        return "The file announces no transactions: nothing is verified."
    verified, wrong = summary.counts["verified"], summary.counts[Weight.FALSE.value]
    if verified == rows:
        return f"{all_rows(rows)} verified: the announced transactions were made."
    return (
        f"{counted(rows, 'row')}: {verified:,} verified, {wrong:,} false, "
        f"{rows - verified - wrong:,} not verified."
    )
