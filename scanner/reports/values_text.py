"""Values in US dollars as a table for people, as CSV and as JSON: each beside its price's date."""

from __future__ import annotations

import io
from collections.abc import Mapping
from datetime import datetime
from typing import TextIO

from scanner.model.amount import format_amount, rescale
from scanner.prices.interface import CURRENCY
from scanner.reports.amounts import percent, short_coins
from scanner.reports.grid import Cell, Column, print_grid
from scanner.reports.jsontext import pretty
from scanner.reports.values import (
    SPANS,
    AssetValue,
    PriceState,
    SnapshotValue,
    ValueReport,
)
from scanner.reports.writers import write_csv

_CENTS = 2  # decimals of a value

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
}
"""Columns of `value --csv`, in order, with their kinds."""


def usd(cents: int | None) -> str | None:
    """Whole cents as decimal text with two digits after the dot: -5 -> "-0.05"."""
    if cents is None:
        return None
    sign, digits = ("-" if cents < 0 else ""), str(abs(cents)).rjust(_CENTS + 1, "0")
    return f"{sign}{digits[:-_CENTS]}.{digits[-_CENTS:]}"


def signed_percent(by: int, of: int) -> str | None:
    """by / of in percent with two decimals, towards 0; None where there is no whole."""
    if of <= 0:
        return None
    hundredths = abs(by) * 10_000 // of
    return usd(-hundredths if by < 0 else hundredths)


def value_json(report: ValueReport) -> bytes:
    """The one object of `value --json`: amounts and values as strings, fixed key order."""
    now = report.now
    return pretty(
        {
            **_head(now),
            "currency": CURRENCY,
            **_sums(now),
            "against": {span: _then(report, span) for span in report.then},
            "assets": [_asset(report, value) for value in now.assets],
        }
    )


def value_csv(report: ValueReport) -> bytes:
    """One line per asset, amounts in base units with `decimals` beside them."""
    out = io.BytesIO()
    write_csv(out, VALUE_COLUMNS, [_record(report, value) for value in report.now.assets])
    return out.getvalue()


def _head(value: SnapshotValue) -> dict[str, object]:
    return {
        "snapshot": value.taken.snapshot,
        "at": value.taken.at.isoformat(),
        "complete": value.complete,
        "priced": value.priced,
    }


def _sums(value: SnapshotValue) -> dict[str, object]:
    return {
        "claimed_usd": usd(value.claimed),
        "verified_usd": usd(value.verified),
        "unverified_usd": usd(value.unverified),
    }


def _then(report: ValueReport, span: str) -> dict[str, object] | None:
    then = report.then[span]
    if then is None:
        return None
    by = None
    if report.now.complete and report.now.priced and then.priced:
        by = report.now.verified - then.verified
    return {
        **_head(then),
        **_sums(then),
        "verified_by_usd": usd(by),
        "verified_by_percent": None if by is None else signed_percent(by, then.verified),
    }


def _asset(report: ValueReport, value: AssetValue) -> dict[str, object]:
    price = value.price
    return {
        "asset": value.asset,
        "decimals": value.total.decimals,
        "claimed": str(value.total.claimed),
        "verified": str(value.total.verified),
        "unverified": str(value.total.unverified),
        "price_usd": None if price is None else price.text,
        "price_at": None if price is None else price.at.isoformat(),
        "price_source": None if price is None else price.source,
        "price_state": value.state.value,
        "claimed_usd": usd(value.claimed),
        "verified_usd": usd(value.verified),
        "unverified_usd": usd(value.unverified),
        "share_percent": share(report.now, value),
        "change": {span: change(report, value, span) for span in report.then},
    }


def share(of: SnapshotValue, value: AssetValue) -> str | None:
    """An asset's part of the verified value of all that have a price, in percent, rounded down."""
    if value.verified is None or not of.verified:
        return None
    return usd(value.verified * 10_000 // of.verified)


def change(report: ValueReport, value: AssetValue, span: str) -> dict[str, object] | None:
    """How the verified amount and its value changed since an earlier snapshot.

    None where there is none, either is incomplete, or the asset was not in it. The value's change
    is None without a price on either side.
    """
    then = report.then[span]
    old = None if then is None else then.of(value.asset)
    if then is None or old is None or not report.now.complete:
        return None
    decimals = max(value.total.decimals, old.total.decimals)
    before = rescale(old.total.verified, old.total.decimals, decimals)
    by = rescale(value.total.verified, value.total.decimals, decimals) - before
    known = value.verified is not None and old.verified is not None
    return {
        "snapshot": then.taken.snapshot,
        "verified_by_coins": format_amount(by, decimals),
        "verified_by_percent": signed_percent(by, before),
        "verified_by_usd": usd((value.verified or 0) - (old.verified or 0)) if known else None,
    }


def _record(report: ValueReport, value: AssetValue) -> dict[str, object]:
    flat = _asset(report, value)
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


def print_values(report: ValueReport, stream: TextIO) -> None:
    """Print the table for people, and under it what must be known to read it."""
    now = report.now
    spans = [span for span, then in report.then.items() if then is not None]
    titles = ("verified", "price $", "verified $", "share", "not verified $", "claimed $")
    columns = [Column("asset"), *(Column(title, right=True) for title in titles)]
    for span in spans:
        columns += [Column(f"amount, 1 {span}", right=True), Column(f"$, 1 {span}", right=True)]
    columns += [Column("price of"), Column("source")]
    rows = [_row(report, value, spans) for value in now.assets]
    rows.append(_sum_row(report, spans))
    state = "" if now.complete else " (INCOMPLETE: not every balance has been read)"
    title = f"Value of snapshot {now.taken.snapshot} at {_short(now.taken.at)}{state}"
    print_grid(columns, rows, title=title, stream=stream)


def notes(report: ValueReport) -> list[str]:
    """Sentences for people about what the numbers leave out."""
    now = report.now
    said = ["prices are what their sources say: no evidence, and no part of a verified total"]
    if not now.complete:
        said.append("the snapshot is incomplete: its values are lower bounds")
    for state, words in (
        (PriceState.STALE, "stale prices, too far from the snapshot's time, not used"),
        (PriceState.NONE, "no price"),
    ):
        names = [v.asset for v in now.assets if v.is_missing and v.state is state]
        if names:
            said.append(f"{words}: {', '.join(names)}: not in the sums")
    for span, then in report.then.items():
        if then is None:
            said.append(f"no complete snapshot of this publisher from about a {span} before")
        else:
            said.append(
                f"a {span} before: snapshot {then.taken.snapshot} at {_short(then.taken.at)}"
            )
    return said


def _row(report: ValueReport, value: AssetValue, spans: list[str]) -> list[str | Cell]:
    price, total = value.price, value.total
    stale = value.state is PriceState.STALE
    row: list[str | Cell] = [
        Cell(value.asset, "bold"),
        short_coins(total.verified, total.decimals),
        Cell("-", "yellow") if price is None else Cell(price.text, "yellow" if stale else ""),
        _money(value.verified, "bold"),
        percent(value.verified, report.now.verified) if value.verified is not None else "-",
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
        since += ["", _since(_then(report, span))[1]]
    words = "" if now.priced else "without what has no price"
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


def grouped(text: str) -> str:
    """Decimal text with grouped digits: "-1234.56" -> "-1,234.56"."""
    sign, digits = ("-", text[1:]) if text.startswith("-") else ("", text)
    whole, _, fraction = digits.partition(".")
    return f"{sign}{int(whole):,}.{fraction}"


def _short(at: datetime) -> str:
    return at.strftime("%Y-%m-%d %H:%M")
