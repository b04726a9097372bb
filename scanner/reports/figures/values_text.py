"""Values in US dollars as a table for people and as CSV: each beside its price's date."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TextIO

from scanner.reports.figures.amounts import dollars, in_short, known_coins, percent
from scanner.reports.figures.other_chains import COLUMN, Chain, chain_cell
from scanner.reports.figures.values import (
    SPANS,
    AssetValue,
    PriceState,
    ValueReport,
)
from scanner.reports.figures.values_json import (
    asset_object,
    change,
    grouped,
    sums_then,
    usd,
)
from scanner.reports.tables.grid import Cell, Column, print_grid
from scanner.reports.tables.writers import write_csv

VALUE_COLUMNS: Mapping[str, str] = {
    "snapshot": "int",
    "complete": "bool",
    "snapshot_at": "text",
    "asset": "text",
    "decimals": "int",
    "claimed": "text",
    "verified": "text",
    "unverified": "text",
    "price_usd": "text",
    "price_at": "text",
    "price_source": "text",
    "price_state": "text",
    "claimed_usd": "text",
    "verified_usd": "text",
    "unverified_usd": "text",
    "share_percent": "text",
    **{
        f"{span.name}_{name}": "text"
        for span in SPANS
        for name in ("at", "verified_by_coins", "verified_by_percent", "verified_by_usd")
    },
    COLUMN: "text",
}
"""Columns of `value --format csv`, in order, with their kinds."""


def value_csv(report: ValueReport, chains: Mapping[str, Iterable[Chain]]) -> bytes:
    """One line per asset, amounts in base units with `decimals` beside them.

    chains: as `chains_of_assets` finds them.
    """
    out = io.BytesIO()
    records = [
        {**_record(report, value), COLUMN: chain_cell(chains.get(value.asset, ()))}
        for value in report.now.assets
    ]
    write_csv(out, VALUE_COLUMNS, records)
    return out.getvalue()


def _record(report: ValueReport, value: AssetValue) -> dict[str, object]:
    flat = asset_object(report, value)
    changes = flat.pop("change")
    found: dict[str, object] = {
        "snapshot": report.now.taken.snapshot,
        "complete": report.now.complete,
        "snapshot_at": report.now.taken.at.isoformat(),
        **flat,
    }
    for span, then in report.then.items():
        since = changes[span] if isinstance(changes, dict) else None
        found[f"{span}_at"] = None if then is None else then.taken.at.isoformat()
        for name in ("verified_by_coins", "verified_by_percent", "verified_by_usd"):
            found[f"{span}_{name}"] = since[name] if since else None
    return found


def print_short(report: ValueReport, stream: TextIO) -> None:
    """Print a table of 80 columns: dollars verified, their share and change; whole dollars."""
    now = report.now
    span = next((span for span, then in report.then.items() if then is not None), None)
    titles = ["price $", "verified $", "share", "claimed $"]
    titles += [f"$, 1 {span}"] if span else []
    columns = [Column("asset"), *(Column(title, right=True) for title in titles)]
    rows = [_short_row(report, value, span) for value in now.assets]
    if any(value.state is PriceState.USED for value in now.assets):
        since = [_whole(_since(sums_then(report, span))[1])] if span else []
        whole = [_whole(_money(now.verified)), "", _whole(_money(now.claimed))]
        rows.append([Cell("all" if now.priced else "priced", "bold"), "", *whole, *since])
    print_grid(columns, rows, title=_title(report), stream=stream)


def _short_row(report: ValueReport, value: AssetValue, span: str | None) -> list[str | Cell]:
    asset, _, price, verified, share, _, claimed, *_ = _row(report, value, [])
    since = [_whole(_since(change(report, value, span))[1])] if span else []
    if value.state is PriceState.STALE:
        price = Cell(f"{price if isinstance(price, str) else price.text} STALE", "yellow")
    return [asset, price, _whole(verified), share, _whole(claimed), *since]


def _whole(cell: str | Cell) -> str | Cell:
    """Dollars without their cents, from a thousand on."""
    text, style = (cell, "") if isinstance(cell, str) else (cell.text, cell.style)
    whole = text.partition(".")[0]
    return Cell(in_short(whole if "," in whole else text), style)


def _title(report: ValueReport) -> str:
    now = report.now
    state = "" if now.complete else " (INCOMPLETE: not every balance has been read)"
    return f"Value of snapshot {now.taken.snapshot} at {_short(now.taken.at)} UTC{state}"


def print_values(report: ValueReport, stream: TextIO) -> None:
    """Print everything, with cents: a line each is some 180 columns wide."""
    now = report.now
    spans = [span for span, then in report.then.items() if then is not None]
    titles = ("verified", "price $", "verified $", "share", "not verified $", "claimed $")
    columns = [Column("asset"), *(Column(title, right=True) for title in titles)]
    for span in spans:
        columns += [Column(f"amount, 1 {span}", right=True), Column(f"$, 1 {span}", right=True)]
    columns += [Column("price of (UTC)"), Column("source")]
    rows = [_row(report, value, spans) for value in now.assets]
    if any(value.state is PriceState.USED for value in now.assets):
        rows.append(_sum_row(report, spans))
    print_grid(columns, rows, title=_title(report), stream=stream)


def notes(report: ValueReport) -> list[str]:
    """Sentences for people about what the numbers leave out."""
    now = report.now
    said = ["prices are statements of their sources, not evidence: no verified total uses them"]
    if not now.complete:
        said.append("the snapshot is incomplete: its values are lower bounds")
    for state, words in (
        (PriceState.STALE, "stale prices, too far from the snapshot's time, not used"),
        (PriceState.NONE, "no price"),
    ):
        names = [v.asset for v in now.assets if v.is_missing and v.state is state]
        if names:
            said.append(f"{words}: {', '.join(names)}: not in the sums")
    if any(value.is_missing for value in now.assets):
        said.append("'scanner prices import' and 'scanner prices fetch' save prices")
    if silent := [value.asset for value in now.assets if not value.is_told]:
        said.append(f"no source returned a balance of {', '.join(silent)}: not in the sums")
    for span, then in report.then.items():
        if then is None:
            said.append(
                f"there is no complete snapshot from about a {span} earlier to compare with"
            )
        else:
            said.append(
                f"a {span} before: snapshot {then.taken.snapshot} at {_short(then.taken.at)} UTC"
            )
    return said


def _row(report: ValueReport, value: AssetValue, spans: list[str]) -> list[str | Cell]:
    price, total = value.price, value.total
    stale = value.state is PriceState.STALE
    row: list[str | Cell] = [
        Cell(value.asset, "bold"),
        known_coins(total.verified, total.decimals, value.asset),
        Cell("-", "yellow")
        if price is None
        else Cell(dollars(price.text), "yellow" if stale else ""),
        _money(value.verified, "bold"),
        "-" if value.verified is None else percent(value.verified, report.now.verified or 0),
        _money(value.unverified),
        _money(value.claimed),
    ]
    for span in spans:
        row += _since(change(report, value, span))
    when = "no price" if price is None else _short(price.at) + (" STALE" if stale else "")
    row += [Cell(when, "" if value.state is PriceState.USED else "yellow")]
    row.append("" if price is None else price.source)
    return row


def _since(found: dict[str, object] | None) -> list[str | Cell]:
    """Two cells: by how much the amount and the value changed; "-" where there is no telling."""
    by = found["verified_by_percent"] if found else None
    worth = found["verified_by_usd"] if found else None
    return [f"{_plus(str(by))} %" if by else "-", _plus(grouped(str(worth))) if worth else "-"]


def _plus(number: str) -> str:
    return number if number.startswith("-") else f"+{number}"


def _sum_row(report: ValueReport, spans: list[str]) -> list[str | Cell]:
    now = report.now
    since: list[str | Cell] = []
    for span in spans:
        since += ["", _since(sums_then(report, span))[1]]
    words = "" if now.priced else "without assets that have no price, or no balance that was read"
    return [
        Cell("all" if now.priced else "priced", "bold"),
        "",
        "",
        _money(now.verified, "bold"),
        "",
        _money(now.unverified),
        _money(now.claimed),
        *since,
        words,
        "",
    ]


def _money(cents: int | None, style: str = "") -> Cell:
    text = usd(cents)
    return Cell("-", "yellow") if text is None else Cell(grouped(text), style)


def _short(at: datetime) -> str:
    return at.strftime("%Y-%m-%d %H:%M")
