"""Ownership verdicts for machines and people: one JSON object per row, and a summary."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from scanner.lists.sums import Adder, Sums
from scanner.model.claim import Claim, DeclaredTotal, Row, UnreadableRow
from scanner.model.control import DERIVED, Binding, Control, ControlResult
from scanner.model.finding import WEIGHTS, Finding, FindingKind, Weight
from scanner.model.registry import Registry
from scanner.model.statement import StatedBy, StatementRule
from scanner.ownership.signed_texts import SignedTexts
from scanner.ownership.statement import settle, settled_alike
from scanner.reports.tables.jsontext import compact

VERIFIED, NOT_STATED, ASSERTED, UNREADABLE = "verified", "not_stated", "asserted", "unreadable"
CLASSES = (
    *(VERIFIED, NOT_STATED, ASSERTED),
    *("mismatch", "malformed", "unsupported", "unsigned", UNREADABLE),
)
"""What a row can count as; every data row counts as exactly one."""

FIRST_FEW = 5
"""How many rows of each class the summary names."""

_KINDS: Mapping[Control, FindingKind] = {
    Control.CONTROLS: FindingKind.OWNER_UNPROVEN,
    Control.MISMATCH: FindingKind.BAD_SIGNATURE,
    Control.MALFORMED: FindingKind.MALFORMED_PROOF,
    Control.UNSUPPORTED: FindingKind.UNSUPPORTED_SCHEME,
    Control.UNSIGNED: FindingKind.UNSIGNED,
}


_NAMES: Mapping[FindingKind, str] = {
    FindingKind.OWNER_UNPROVEN: ASSERTED,
    FindingKind.NOT_STATED: NOT_STATED,
}


def row_object(row: Claim | UnreadableRow, result: ControlResult | None) -> dict[str, object]:
    """Make the object that `scanner verify --jsonl` writes for one data row.

    result: None exactly for a row that gave no claim: it has the same keys, and its reason starts
    with the kind of its finding. Raises ValueError.
    """
    if isinstance(row, Claim) and result is not None:
        return _verdict(row, result)
    if isinstance(row, UnreadableRow):
        return _unreadable(row)
    raise ValueError("a claim has a verdict")


def finding_object(finding: Finding) -> dict[str, object]:
    """Make the object that `scanner verify --jsonl` writes for what is said beside the rows.

    It has no `control`: nothing is judged by it. `row` is null where it is about the file.
    """
    return {
        "row": finding.row,
        "finding": finding.kind.value,
        "weight": finding.weight.value,
        "asset": finding.asset,
        "network": finding.network,
        "reason": finding.reason,
    }


def _verdict(claim: Claim, result: ControlResult) -> dict[str, object]:
    row, coin, asset, network, address, _, _, _, _, _, _, _, _, _ = claim[:]
    control, binding, freshness, scheme, required, who, reason, _, statement, by, _ = result[:]
    return {
        "row": row,
        "asset": asset,
        "network": network,
        "coin": coin,
        "address": address,
        "control": control,
        "binding": binding,
        "freshness": freshness,
        "statement": statement,
        "stated_by": by,
        "scheme": scheme,
        "required": required,
        "signed_by": who,
        "reason": reason,
    }


def _unreadable(row: UnreadableRow) -> dict[str, object]:
    wrong = WEIGHTS[FindingKind(row.kind)] is Weight.FALSE
    place = f", column {row.column}" if row.column else ""
    shown = f" ({row.text})" if row.text else ""
    return {
        "row": row.row,
        "asset": "",
        "network": "",
        "coin": "",
        "address": "",
        "control": (Control.MALFORMED if wrong else Control.UNSUPPORTED).value,
        "binding": "none",
        "freshness": "none",
        "statement": "none",
        "stated_by": "",
        "scheme": "",
        "required": 0,
        "signed_by": [],
        "reason": f"{row.kind}{place}: {row.reason}{shown}",
    }


def control_kind(result: ControlResult) -> FindingKind | None:
    """Name the finding of a verdict alone, whatever the text claims; None if control is shown."""
    return None if result.shows_control else _KINDS[result.control]


def finding_kind(result: ControlResult) -> FindingKind | None:
    """Name the finding a verdict makes; None when the row is verified."""
    if result.is_proof:
        return None
    return FindingKind.NOT_STATED if result.shows_control else _KINDS[result.control]


@dataclass(slots=True)
class OwnershipSummary:
    """Counts verdicts as they pass; its size does not grow with the list.

    counts: per (asset, network), how many rows of each class. samples: per class, the first few
    rows as (row, what, reason). rows: how many data rows were counted;
    by_weight: how many of them are false or not shown. texts: what the signed rows sign;
    stated_by: how many of the verified rows are stated in which way. told, told_counts: what the
    reader says beside the rows, the first few of each kind and how many. sums: what rows add up
    to, which decides what unit they may be in. derived: per network, the
    verified rows whose address is made from the key.
    """

    counts: dict[tuple[str, str], Counter[str]] = field(default_factory=dict)
    samples: dict[str, list[tuple[int, str, str]]] = field(default_factory=dict)
    by_weight: Counter[Weight] = field(default_factory=Counter)
    rows: int = 0
    texts: SignedTexts = field(default_factory=SignedTexts)
    stated_by: Counter[StatedBy] = field(default_factory=Counter)
    derived: Counter[str] = field(default_factory=Counter)
    told: dict[FindingKind, list[Finding]] = field(default_factory=dict)
    told_counts: Counter[FindingKind] = field(default_factory=Counter)
    sums: Sums = field(default_factory=Sums)

    def add(self, row: Claim | UnreadableRow, result: ControlResult | None) -> None:
        """Count one data row; result is None exactly for a row that gave no claim.

        Raises ValueError.
        """
        if isinstance(row, UnreadableRow):
            self._add_unreadable(row)
        elif result is None:
            raise ValueError("a claim has a verdict")
        else:
            self.add_verdict(row, result)

    def tell(self, finding: Finding) -> None:
        """Take in what the reader says beside the rows: it counts as no row."""
        kept = self.told.setdefault(finding.kind, [])
        if len(kept) < FIRST_FEW:
            kept.append(finding)
        self.told_counts[finding.kind] += 1

    def merge(self, later: OwnershipSummary) -> None:
        """Take in the summary of the rows that come next in the file."""
        for place, counts in later.counts.items():
            self.counts.setdefault(place, Counter()).update(counts)
        for name, samples in later.samples.items():
            kept = self.samples.setdefault(name, [])
            kept.extend(samples[: FIRST_FEW - len(kept)])
        for kind, findings in later.told.items():
            seen = self.told.setdefault(kind, [])
            seen.extend(findings[: FIRST_FEW - len(seen)])
        self.told_counts.update(later.told_counts)
        self.by_weight.update(later.by_weight)
        self.rows += later.rows
        self.texts.merge(later.texts)
        self.stated_by.update(later.stated_by)
        self.derived.update(later.derived)
        self.sums.merge(later.sums)

    def doubt_units(self, registry: Registry, unit: str) -> list[Finding]:
        """Take in doubts about the unit of all amounts together, once all rows are; returns them.

        unit: as in `ListSummary`. The totals themselves are not judged here.
        """
        found = self.sums.findings(registry, unit)
        doubts = [finding for finding in found if finding.kind is FindingKind.UNIT_DOUBTED]
        for finding in doubts:
            self.tell(finding)
        return doubts

    def add_verdict(self, claim: Claim, result: ControlResult) -> None:
        """Count one claim."""
        self.add_text(claim)
        kind = finding_kind(result)
        if kind is None:
            self.add_verified(claim.asset, claim.network, result.binding, result.stated_by, 1)
            return
        name = _NAMES.get(kind, result.control.value)
        what = f"{claim.asset} on {claim.network}, {claim.address}"
        self._count(claim.asset, claim.network, name)
        self._sample(name, claim.row, what, result.reason)
        self.by_weight[WEIGHTS[kind]] += 1

    def add_text(self, claim: Claim) -> None:
        """Count what a claim signs."""
        if claim.signatures:
            self.texts.add(claim.message, 1, claim.row)

    def add_verified(
        self, asset: str, network: str, binding: Binding, stated_by: StatedBy, rows: int
    ) -> None:
        """Count verified rows that are alike."""
        self._count(asset, network, VERIFIED, rows)
        self.stated_by[stated_by] += rows
        if binding is DERIVED:
            self.derived[network] += rows

    def _add_unreadable(self, row: UnreadableRow) -> None:
        self._count("", "", UNREADABLE)
        self._sample(UNREADABLE, row.row, row.kind, row.reason)
        self.by_weight[WEIGHTS[FindingKind(row.kind)]] += 1

    def total(self, name: str) -> int:
        """How many rows are of one class."""
        return sum(c[name] for c in self.counts.values())

    @property
    def weights(self) -> set[Weight]:
        """What the rows do to the exit status; where there are none, nothing is verified."""
        told = {WEIGHTS[kind] for kind in self.told_counts}
        return told | (set(self.by_weight) if self.rows else {Weight.UNSHOWN})

    def _count(self, asset: str, network: str, name: str, rows: int = 1) -> None:
        self.rows += rows
        place = asset, network
        counts = self.counts.get(place)
        if counts is None:
            counts = self.counts[place] = Counter()
        counts[name] += rows

    def _sample(self, name: str, row: int, what: str, reason: str) -> None:
        kept = self.samples.setdefault(name, [])
        if len(kept) < FIRST_FEW:
            kept.append((row, what, reason))


_Key = tuple[str, str, str, str, bool, tuple[object, ...], tuple[object, ...]]
"""What rows have in common that are alike: coin, asset, network, text, whether anything is signed,
and what the verdict says before and behind who signed."""


@dataclass(slots=True)
class _Alike:
    """Verified rows that differ in line, address, signer and amount only: all but the first one.

    first, result: line and settled verdict of the first one. shown: the object of its JSON line.
    add: takes an amount into their sum.
    """

    first: int
    result: ControlResult
    shown: dict[str, object]
    add: Adder
    rows: int = 0


def render_block(
    judged: Iterable[tuple[Row, ControlResult | None]], *, lines: bool, rule: StatementRule
) -> tuple[OwnershipSummary, bytes]:
    """Count one block of a list and, if wanted, write its JSON lines; runs in worker processes.

    judged: rows in file order, each with its verdict; None where the row is no claim.
    lines: whether to write them. rule: what counts as the publisher's claim.
    """
    summary, written = OwnershipSummary(), bytearray()
    shown: dict[str, object] | None
    rows_alike: dict[_Key, _Alike] = {}
    last: _Key | None = None
    alike: _Alike | None = None
    for row, verdict in judged:
        if isinstance(row, Claim) and verdict is not None:
            # Taken apart at once, as everywhere on the way of a row: see `scanner.model.claim`.
            line, coin, asset, network, address, _, _, amount, height, text, given, _, _, _ = row[:]
            key = coin, asset, network, text, any(given), verdict[:5], verdict[6:]
            if alike is None or key != last:  # nearly always the same, which is quicker to see
                last, alike = key, rows_alike.get(key)
            if alike is None:
                shown = _first(summary, row, verdict, rule, rows_alike, key)
            else:
                alike.rows += 1
                alike.add(amount, height, False)
                shown = alike.shown
                shown["row"], shown["address"], shown["signed_by"] = line, address, verdict[5]
        else:
            shown = _no_claim(summary, row, verdict)
        if lines and shown is not None:
            written += compact(shown)  # kept apart, each would hold a kilobyte
    for (_, asset, network, text, *_), alike in rows_alike.items():
        if alike.rows:
            result = alike.result
            summary.add_verified(asset, network, result.binding, result.stated_by, alike.rows)
            summary.texts.add(text, alike.rows, alike.first)
    return summary, bytes(written)


def _first(
    summary: OwnershipSummary,
    claim: Claim,
    verdict: ControlResult,
    rule: StatementRule,
    rows_alike: dict[_Key, _Alike],
    key: _Key,
) -> dict[str, object]:
    """Count a claim by itself; the object of its line. If it is verified, others may be alike."""
    add = summary.sums.adder(claim)
    add(claim.amount, claim.height, False)
    result = settle(verdict, claim, rule)
    summary.add_verdict(claim, result)
    shown = _verdict(claim, result)
    if result.is_proof and settled_alike(verdict, claim, rule):
        rows_alike[key] = _Alike(claim.row, result, shown, add)
    return shown


def _no_claim(
    summary: OwnershipSummary, row: Row, verdict: ControlResult | None
) -> dict[str, object] | None:
    """Take in what is no claim; the object of its line, None where it has none."""
    if isinstance(row, DeclaredTotal):
        summary.sums.declare(row)
        return None
    if isinstance(row, Finding):
        summary.tell(row)
        return finding_object(row)
    summary.add(row, verdict)
    return row_object(row, verdict)


def count_texts(judged: Iterable[tuple[Row, ControlResult | None]]) -> SignedTexts:
    """What one block of a list signs; for a look at the whole list before it is judged."""
    texts = SignedTexts()
    texts.add_claims(row for row, _ in judged if isinstance(row, Claim))
    return texts
