"""Compares a stored snapshot of the demonstration's list with what its chains were loaded with."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from scanner.demo.publication import PublishedRow
from scanner.model.amount import rescale
from scanner.model.finding import Finding, FindingKind
from scanner.snapshots.tally import AssetTotal
from scanner.store.database.engine import Store
from scanner.store.reading import queries


@dataclass(frozen=True, slots=True)
class Planted:
    """One planted fault and what the scan said at its line; found is None if nothing."""

    line: int
    row: PublishedRow
    found: Finding | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """How the scan compares with the truth.

    planted: the faults in the order of the list. wrong: one sentence for everything that differs;
    empty means that the totals are right to the last base unit, and that the findings are the
    planted faults, the rows without a signature and the rows without a chain, and no other.
    """

    planted: tuple[Planted, ...]
    wrong: tuple[str, ...]


def compare(
    store: Store, snapshot_id: int, rows: Sequence[PublishedRow], lines: Sequence[int]
) -> Comparison:
    """Read back everything the snapshot stored and hold it against the rows.

    lines: the line of each row in the published file. Raises StoreError.
    """
    wrong: list[str] = []
    if not queries.head(store, snapshot_id).complete:
        wrong.append("the snapshot is not complete")
    found = {
        (f.finding.row, f.finding.kind): f.finding for f in queries.findings(store, snapshot_id)
    }
    wrong += _compare_findings(found.values(), rows, lines)
    wrong += _compare_signers(store, snapshot_id, rows, lines)
    wrong += _compare_totals(queries.totals(store, snapshot_id).assets, rows)
    planted = tuple(
        Planted(line, row, found.get((line, row.fault)))
        for line, row in zip(lines, rows, strict=True)
        if row.fault is not None
    )
    return Comparison(planted, tuple(wrong))


def expected_findings(
    rows: Sequence[PublishedRow], lines: Sequence[int]
) -> set[tuple[int | None, FindingKind]]:
    """Every finding an honest and complete scan of the rows must give, by line."""
    wanted: set[tuple[int | None, FindingKind]] = set()
    if any(row.fault is FindingKind.NOT_STATED for row in rows):
        wanted.add((None, FindingKind.STATEMENT_UNCHECKED))  # names the text, for the whole list
    for line, row in zip(lines, rows, strict=True):
        if row.fault is not None:
            wanted.add((line, row.fault))
        if not row.signatures[0]:
            wanted.add((line, FindingKind.UNSIGNED))
        if row.held is None:
            wanted.add((line, FindingKind.BALANCE_UNAVAILABLE))
    return wanted


def expected_totals(rows: Sequence[PublishedRow]) -> dict[str, dict[str, int]]:
    """What each asset must add up to, in base units of its most precise holding.

    Keys: claimed, verified, unverified, unavailable_rows, shortfall, surplus.
    """
    decimals: dict[str, int] = defaultdict(int)
    for row in rows:
        decimals[row.holding.asset] = max(decimals[row.holding.asset], row.holding.decimals)
    totals: dict[str, dict[str, int]] = {}
    for row in rows:
        asset = row.holding.asset
        names = ("claimed", "verified", "unverified", "unavailable_rows", "shortfall", "surplus")
        total = totals.setdefault(asset, dict.fromkeys(names, 0))
        claimed = rescale(row.claimed, row.holding.decimals, decimals[asset])
        total["claimed"] += claimed
        if row.held is None:
            total["unavailable_rows"] += 1
            continue
        held = rescale(row.held, row.holding.decimals, decimals[asset])
        total["verified" if row.proves_control else "unverified"] += held
        total["shortfall"] += max(0, claimed - held)
        total["surplus"] += max(0, held - claimed)
    return totals


def _compare_findings(
    found: Iterable[Finding], rows: Sequence[PublishedRow], lines: Sequence[int]
) -> list[str]:
    wanted = expected_findings(rows, lines)
    seen = {(finding.row, finding.kind): finding for finding in found}
    wrong = [
        f"line {line}: {kind.value} was to be found and was not"
        for line, kind in sorted(wanted - set(seen), key=_place)
    ]
    for key in sorted(set(seen) - wanted, key=_place):
        finding = seen[key]
        where = f"line {finding.row}: " if finding.row is not None else ""
        wrong.append(f"{where}nobody planted {finding.kind.value}: {finding.reason}")
    return wrong


def _place(key: tuple[int | None, FindingKind]) -> tuple[int, str]:
    return key[0] or 0, key[1].value


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
    return wrong + [f"line {line}: its keys were not counted" for line in wanted]


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
        if sum(total.by_evidence.values()) != total.verified:
            wrong.append(
                f"{total.asset}: its classes of evidence do not add up to what is verified"
            )
    return wrong + [f"{asset} has rows and no total" for asset in wanted]
