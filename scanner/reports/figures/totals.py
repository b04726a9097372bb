"""Totals of a snapshot as a table for people, as CSV and as JSON."""

from __future__ import annotations

import io
import sys
from collections.abc import Mapping, Sequence

from scanner.model.balance import Evidence
from scanner.reports.figures.amounts import claimed_share, counted_rows, short_coins
from scanner.reports.tables.grid import Cell, Column, print_grid
from scanner.reports.tables.jsontext import pretty
from scanner.reports.tables.writers import write_csv
from scanner.snapshots.tally import SHOWN_EVIDENCE, AssetTotal
from scanner.store.reading.queries import SnapshotTotals

TOTAL_COLUMNS: Mapping[str, str] = {
    "snapshot": "int",
    "complete": "bool",
    "asset": "text",
    "decimals": "int",
    "claimed": "text",
    "verified": "text",
    **{e.value: "text" for e in SHOWN_EVIDENCE},
    "unverified": "text",
    "unavailable_rows": "int",
    "shortfall": "text",
    "surplus": "text",
    "liabilities": "text",
    "reserve_ratio": "text",
}
"""Columns of `totals --csv` and of the export, in order, with their kinds."""


Ratios = Sequence[Mapping[str, object]]
"""As `ratio_objects` makes them."""


def write_totals(totals: SnapshotTotals, form: str, ratios: Ratios = ()) -> None:
    """Write totals to stdout. form: "table", "csv" or "json"."""
    if form == "table":
        print_totals(totals, ratios)
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
    out = io.BytesIO()
    write_csv(out, TOTAL_COLUMNS, totals_records(totals))
    return out.getvalue()


def totals_records(totals: SnapshotTotals) -> list[dict[str, object]]:
    """One flat record per asset with the keys of TOTAL_COLUMNS; amounts are strings."""
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


def print_totals(totals: SnapshotTotals, ratios: Ratios = ()) -> None:
    """Print the table for people: whole coins, only columns that say something.

    ratios: whose evidence stands beside the ratio, for it is as strong as its weaker side.
    """
    levels = {str(r["asset"]): _levels(r) for r in ratios}
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
    if levels:
        columns.append(Column("reserves / liabilities are"))
    rows = [_row(a, evidence, owed) for a in totals.assets]
    if levels:
        rows = [[*r, levels.get(a.asset, "")] for r, a in zip(rows, totals.assets, strict=True)]
    state = "complete" if totals.complete else "INCOMPLETE: not every balance has been read"
    print_grid(columns, rows, title=f"Totals of snapshot {totals.snapshot}: {state}")


def _levels(ratio: Mapping[str, object]) -> str:
    held = str(ratio["reserves_evidence"] or "nothing").replace("_", " ")
    return f"{held} / {str(ratio['liabilities_evidence']).replace('_', ' ')}"


def _row(asset: AssetTotal, evidence: list[Evidence], owed: bool) -> list[str | Cell]:
    def coins(amount: int, style: str = "") -> Cell:
        text = short_coins(amount, asset.decimals) if amount else "-"
        return Cell(text, style if amount else "dim")

    row: list[str | Cell] = [Cell(asset.asset, "bold"), coins(asset.claimed)]
    told = asset.verified + asset.unverified + asset.shortfall
    share = claimed_share(asset.claimed, asset.verified, told=told, unread=asset.unavailable_rows)
    row += [coins(asset.verified, "bold"), share or "-"]
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
    return Cell(counted_rows(rows), "yellow") if rows else Cell("-", "dim")
