"""Totals of a snapshot as a table for people, as CSV and as JSON."""

from __future__ import annotations

import csv
import io
import sys

from scanner.model.balance import Evidence
from scanner.reports.amounts import percent, short_coins
from scanner.reports.grid import Cell, Column, print_grid
from scanner.reports.jsontext import pretty
from scanner.reports.text import defuse
from scanner.snapshots.tally import SHOWN_EVIDENCE, AssetTotal
from scanner.store.queries import SnapshotTotals

CSV_COLUMNS = (
    "snapshot", "complete", "asset", "decimals", "claimed", "verified",
    *(e.value for e in SHOWN_EVIDENCE),
    "unverified", "unavailable_rows", "shortfall", "surplus", "liabilities", "reserve_ratio",
)  # fmt: skip


def write_totals(totals: SnapshotTotals, form: str) -> None:
    """Write totals to stdout. form: "table", "csv" or "json"."""
    if form == "table":
        print_totals(totals)
        return
    data = totals_csv(totals) if form == "csv" else totals_json(totals)
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def totals_json(totals: SnapshotTotals) -> bytes:
    """The one object of `totals --json`: assets by name, fixed key order, newline at the end.

    Equal totals give equal bytes.
    """
    return pretty(totals.to_json())


def totals_csv(totals: SnapshotTotals) -> bytes:
    """One line per asset, amounts in base units with `decimals` beside them."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(CSV_COLUMNS)
    for record in totals_records(totals):
        writer.writerow([_cell(record[name]) for name in CSV_COLUMNS])
    return out.getvalue().encode("utf-8")


def totals_records(totals: SnapshotTotals) -> list[dict[str, object]]:
    """One flat record per asset with the keys of CSV_COLUMNS; amounts are strings."""
    return [_record(totals, a) for a in totals.assets]


def _record(totals: SnapshotTotals, asset: AssetTotal) -> dict[str, object]:
    evidence = {e.value: str(asset.by_evidence.get(e, 0)) for e in SHOWN_EVIDENCE}
    return {
        "snapshot": totals.snapshot,
        "complete": totals.complete,
        "asset": asset.asset,
        "decimals": asset.decimals,
        "claimed": str(asset.claimed),
        "verified": str(asset.verified),
        **evidence,
        "unverified": str(asset.unverified),
        "unavailable_rows": asset.unavailable_rows,
        "shortfall": str(asset.shortfall),
        "surplus": str(asset.surplus),
        "liabilities": None if asset.liabilities is None else str(asset.liabilities),
        "reserve_ratio": asset.reserve_ratio,
    }


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return defuse(str(value))


def print_totals(totals: SnapshotTotals) -> None:
    """Print the table for people: whole coins, only columns that say something."""
    evidence: list[Evidence] = [
        e for e in SHOWN_EVIDENCE if any(a.by_evidence.get(e, 0) for a in totals.assets)
    ]
    owed = any(a.liabilities is not None for a in totals.assets)
    columns = [Column("asset")]
    columns += [Column(t, right=True) for t in ("claimed", "verified", "of claimed")]
    columns += [Column(e.value, right=True) for e in evidence]
    columns += [
        Column(t, right=True) for t in ("not verified", "no answer", "shortfall", "surplus")
    ]
    if owed:
        columns += [Column("liabilities", right=True), Column("ratio", right=True)]
    rows = [_row(a, evidence, owed) for a in totals.assets]
    state = "complete" if totals.complete else "INCOMPLETE: not every balance has been read"
    print_grid(columns, rows, title=f"Totals of snapshot {totals.snapshot}: {state}")


def _row(asset: AssetTotal, evidence: list[Evidence], owed: bool) -> list[str | Cell]:
    def coins(amount: int, style: str = "") -> Cell:
        text = short_coins(amount, asset.decimals) if amount else "-"
        return Cell(text, style if amount else "dim")

    row: list[str | Cell] = [Cell(asset.asset, "bold"), coins(asset.claimed)]
    row += [coins(asset.verified, "bold"), percent(asset.verified, asset.claimed)]
    row += [coins(asset.by_evidence.get(e, 0)) for e in evidence]
    row.append(coins(asset.unverified, "yellow"))
    row.append(_rows_without_answer(asset.unavailable_rows))
    row += [coins(asset.shortfall, "bold red"), coins(asset.surplus)]
    if owed:
        known = asset.liabilities is not None
        row.append(coins(asset.liabilities or 0) if known else "unknown")
        row.append(asset.reserve_ratio or "-")
    return row


def _rows_without_answer(rows: int) -> Cell:
    return Cell(f"{rows:,} rows", "yellow") if rows else Cell("-", "dim")
