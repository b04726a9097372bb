"""Compares a stored snapshot of the demonstration's list with what its chains were loaded with."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from scanner.demo.faults import Fault
from scanner.demo.publication import PublishedRow
from scanner.model.amount import rescale
from scanner.model.finding import Finding, FindingKind
from scanner.snapshots.tally import AssetTotal
from scanner.store.database.engine import Store
from scanner.store.reading import queries
from scanner.store.reading.history import verified_rows


@dataclass(frozen=True, slots=True)
class Comparison:
    """How the scan compares with the truth.

    found: what the scan said of each fault, in the order they were planted; None for nothing.
    verified: rows that are verified; what is listed twice counts once. wrong: one sentence for
    everything that differs; empty means that the totals are right to the last base unit, and that
    the findings are the planted faults and no other.
    """

    found: tuple[Finding | None, ...]
    verified: int
    wrong: tuple[str, ...]


def compare(
    store: Store,
    snapshot_id: int,
    rows: Sequence[PublishedRow],
    lines: Sequence[int],
    faults: Sequence[Fault],
) -> Comparison:
    """Read back everything the snapshot stored and hold it against the rows.

    lines: the line of each row in the published file. Raises StoreError.
    """
    wrong: list[str] = []
    if not queries.head(store, snapshot_id).complete:
        wrong.append("the snapshot is not complete")
    findings = [f.finding for f in queries.findings(store, snapshot_id)]
    found, others = _match(findings, faults, lines)
    wrong += [
        f"the scan did not find the planted {fault.kind.value}: {fault.story}"
        for fault, finding in zip(faults, found, strict=True)
        if finding is None
    ]
    wrong += [_unplanted(finding) for finding in others]
    wrong += _compare_signers(store, snapshot_id, rows, lines)
    assets = [a for a in queries.asset_totals(store, snapshot_id) if not _is_owed_alone(a)]
    wrong += _compare_totals(assets, rows)
    verified = verified_rows(store, snapshot_id)
    if verified > sum(row.held is not None and row.proves_control for row in rows):
        wrong.append(f"{verified} rows are verified, more than are true")
    return Comparison(tuple(found), verified, tuple(wrong))


def _match(
    findings: Sequence[Finding], faults: Sequence[Fault], lines: Sequence[int]
) -> tuple[list[Finding | None], list[Finding]]:
    """Find for each fault its findings: of its kinds, at its line, or of the list as a whole.

    Returns the first one of each (None where one is missing), and what is left over.
    """
    left = list(findings)

    def take(kind: FindingKind, line: int | None) -> Finding | None:
        for finding in left:
            in_totals = line is None and finding.row is not None and finding.row < lines[0]
            if finding.kind is kind and (in_totals or finding.row in (line, None)):
                left.remove(finding)
                return finding
        return None

    found: list[Finding | None] = []
    for fault in faults:
        line = None if fault.row is None else lines[fault.row]
        taken = [take(kind, line) for kind in (fault.kind, *fault.also)]
        found.append(taken[0] if all(taken) else None)
    return found, left


def _is_owed_alone(total: AssetTotal) -> bool:
    """Whether nothing of an asset is claimed or found, and only something owed."""
    return total.liabilities is not None and not total.claimed and not total.verified


def _unplanted(finding: Finding) -> str:
    where = f"line {finding.row}: " if finding.row is not None else ""
    return f"{where}the scan found {finding.kind.value}, which was not planted: {finding.reason}"


_CLAIMED = ("claimed", "unavailable_rows")
"""What an asset adds up to, whoever answers."""


def expected_totals(rows: Sequence[PublishedRow]) -> dict[str, dict[str, int | None]]:
    """What each asset must add up to, in base units of its most precise holding.

    Keys: claimed, verified, unverified, unavailable_rows, shortfall, surplus. What is listed twice
    counts once; an amount that cannot be read is no claim, and no surplus. What no row of an asset
    has an answer for is None, and no 0.
    """
    decimals: dict[str, int] = defaultdict(int)
    for row in rows:
        decimals[row.holding.asset] = max(decimals[row.holding.asset], row.holding.decimals)
    totals: dict[str, dict[str, int]] = {}
    for row in rows:
        if row.fault is FindingKind.DUPLICATE:
            continue
        names = ("claimed", "verified", "unverified", "unavailable_rows", "shortfall", "surplus")
        total = totals.setdefault(row.holding.asset, dict.fromkeys(names, 0))
        _add_row(total, row, decimals[row.holding.asset])
    answered = {row.holding.asset for row in rows if row.held is not None}
    return {
        asset: {n: a if asset in answered or n in _CLAIMED else None for n, a in total.items()}
        for asset, total in totals.items()
    }


def _add_row(total: dict[str, int], row: PublishedRow, decimals: int) -> None:
    claimed = rescale(row.claimed, row.holding.decimals, decimals)
    total["claimed"] += claimed
    if row.held is None:
        total["unavailable_rows"] += 1
        return
    held = rescale(row.held, row.holding.decimals, decimals)
    total["verified" if row.proves_control else "unverified"] += held
    if row.fault not in (FindingKind.DIFFERS_NOW, FindingKind.BAD_AMOUNT):
        total["shortfall"] += max(0, claimed - held)
        total["surplus"] += max(0, held - claimed)


def _compare_signers(
    store: Store, snapshot_id: int, rows: Sequence[PublishedRow], lines: Sequence[int]
) -> list[str]:
    """See that a multisig was refused for its count of distinct keys, not for something else."""
    wanted = {n: row.signers for n, row in zip(lines, rows, strict=True) if row.signers}
    wrong = []
    for view in queries.rows(store, snapshot_id, kinds=(FindingKind.BAD_SIGNATURE,)):
        signers = wanted.pop(view.claim.row, None)
        if signers is None or view.control is None:
            continue
        counted = len(view.control.signed_by), view.control.required
        if counted != signers:
            wrong.append(
                f"line {view.claim.row}: {counted[0]} of {counted[1]} keys were counted, "
                f"{signers[0]} of {signers[1]} signed"
            )
    return wrong + [f"line {line}: the keys were not counted" for line in wanted]


def _compare_totals(assets: Sequence[AssetTotal], rows: Sequence[PublishedRow]) -> list[str]:
    wanted = expected_totals(rows)
    wrong = []
    for total in assets:
        truth = wanted.pop(total.asset, None)
        if truth is None:
            wrong.append(f"{total.asset} has a total and no rows")
            continue
        for name, amount in truth.items():
            shown = getattr(total, name)
            if shown != amount:
                wrong.append(f"{total.asset}: {name} is {shown}, the chains hold {amount}")
        if sum(found or 0 for found in total.by_evidence.values()) != (total.verified or 0):
            wrong.append(
                f"{total.asset}: the amounts by evidence do not add up to the verified amount"
            )
    return wrong + [f"{asset} has rows and no total" for asset in wanted]
