"""The report's pictures: the whole in dollars, reserves against liabilities, ages of the texts.

SVG text without script; colours are CSS classes; the numbers stand in tables beside them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from html import escape
from typing import Any

from scanner.reports.documents.bars import HEIGHT, WIDTH, Segment, stacked_bar
from scanner.reports.figures.amounts import percent
from scanner.reports.figures.values_json import grouped, usd
from scanner.reports.tables.text import printable
from scanner.snapshots.tally import SHOWN_EVIDENCE

Json = Mapping[str, Any]

OVER = Fraction(5, 4)
"""How much of what is owed a bar of reserves can show: the line of 100 % is before its end."""
FRESH = (
    ("block_stamped", "names a block"),
    ("dated", "has a date"),
    ("static", "says no time"),
    ("none", "nothing signed"),
)


def whole_bar(document: Json) -> tuple[str, list[tuple[str, str, str]]]:
    """All assets that have a price as one bar in dollars, and its legend: class, words, dollars.

    "" and none where no asset has a usable price.
    """
    cents = _cents(document)
    if not cents:
        return "", []
    whole = sum(cents.values())
    segments = [Segment(css, f"{_WORDS[css]}: $ {_dollars(n)}", n) for css, n in cents.items()]
    verified = sum(cents.get(e.value, 0) for e in SHOWN_EVIDENCE)
    words = f"verified $ {_dollars(verified)} of $ {_dollars(whole)} claimed or found"
    legend = [(css, _WORDS[css], f"$ {_dollars(n)}") for css, n in cents.items() if n]
    return stacked_bar(segments, whole, words), legend


_WORDS: Mapping[str, str] = {
    **{e.value: f"verified, {e.value.replace('_', ' ')}" for e in SHOWN_EVIDENCE},
    "unverified": "not verified",
    "shortfall": "shortfall",
    "track": "no answer",
}


def _cents(document: Json) -> dict[str, int]:
    """Whole cents by part, over the assets with a usable price; {} if none has one."""
    worths = {a["asset"]: a for a in document.get("value", {}).get("assets", ())}
    found = dict.fromkeys(_WORDS, 0)
    priced = False
    for total in document["totals"]["assets"]:
        worth = worths.get(total["asset"])
        if worth is None or worth["price_state"] != "used":
            continue
        priced = True
        price = Fraction(worth["price_usd"]) * 100 / 10 ** total["decimals"]
        amounts = {**total["by_evidence"], "unverified": total["unverified"],
                   "shortfall": total["shortfall"], "track": total["unanswered"]}  # fmt: skip
        for part, amount in amounts.items():
            found[part] += int(price * int(amount or 0))
    return found if priced else {}


def _dollars(cents: int) -> str:
    return grouped(str(usd(cents)))


def against(verified: int, owed: int, words: str) -> str:
    """Reserves against liabilities: a bar, and a line where it is 100 %. "" if nothing is owed."""
    if owed <= 0:
        return ""
    at_par = int(WIDTH / OVER)
    width = min(int(Fraction(verified, owed) * at_par), WIDTH)
    css = "short" if verified < owed else "enough"
    return (
        f'<svg class="bar par" viewBox="0 0 {WIDTH} {HEIGHT}" preserveAspectRatio="none" '
        f'role="img" aria-label="{escape(printable(words))}">'
        f'<rect class="track" x="0" y="0" width="{WIDTH}" height="{HEIGHT}"/>'
        f'<rect class="{css}" x="0" y="4" width="{width}" height="{HEIGHT - 8}"/>'
        f'<rect class="line" x="{at_par}" y="0" width="4" height="{HEIGHT}"/></svg>'
    )


def ages(counts: Mapping[str, int]) -> tuple[str, list[tuple[str, str, str]]]:
    """Rows by how tightly their text is tied to a time, as one bar with its legend."""
    whole = sum(counts.values())
    if not whole:
        return "", []
    shown = [(name, words, counts.get(name, 0)) for name, words in FRESH]
    segments = [Segment(f"age-{name}", f"{words}: {n:,} rows", n) for name, words, n in shown]
    legend = [(f"age-{name}", words, f"{n:,} rows") for name, words, n in shown if n]
    return stacked_bar(segments, whole, "Ages of the signed texts, by rows"), legend


def concentration(rows: Sequence[Json], assets: Sequence[Json]) -> list[tuple[str, int, str]]:
    """For each asset how much of what is verified lies in its largest rows of the appendix.

    Returns (asset, rows, share in percent, rounded down), only assets with such rows.
    """
    verified = {a["asset"]: (a["decimals"], int(a["verified"] or 0)) for a in assets}
    sums: dict[str, tuple[int, int]] = {}
    for row in rows:
        decimals, _ = verified.get(row["asset"], (row["decimals"], 0))
        count, amount = sums.get(row["asset"], (0, 0))
        scaled = int(row["amount"]) * 10 ** max(decimals - row["decimals"], 0)
        sums[row["asset"]] = count + 1, amount + scaled
    return [
        (asset, count, percent(amount, verified[asset][1]))
        for asset, (count, amount) in sorted(sums.items())
        if asset in verified and verified[asset][1]
    ]
