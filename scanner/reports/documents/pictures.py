"""The report's pictures: the whole in dollars, reserves against liabilities, concentration.

SVG text without script; colours are CSS classes; the numbers stand in tables beside them.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from html import escape
from typing import Any

from markupsafe import Markup

from scanner.reports.documents.bars import HEIGHT, WIDTH, Segment, stacked_bar
from scanner.reports.figures.amounts import percent
from scanner.reports.figures.values_json import grouped, usd
from scanner.reports.tables.text import printable
from scanner.snapshots.tally import SHOWN_EVIDENCE

Json = Mapping[str, Any]

OVER = Fraction(5, 4)
"""How much of what is owed a bar of reserves can show: the line of 100 % is before its end."""


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
    "track": "no balance was read",
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


FEW = (("proven", "the largest row"), ("agreed", "the nine next"), ("latest_only", "all others"))
"""Parts of a bar that says how concentrated an asset is: class, words."""


def concentration(document: Json) -> list[Json]:
    """For each asset how much of what is verified lies in its largest row, and in ten.

    Only assets of which something is verified, those that lie in the fewest hands first.
    """
    drawn = []
    for one in document.get("concentration", ()):
        whole, largest = int(one["verified"]), [int(amount) for amount in one["largest"]]
        if not whole:
            continue
        first, ten = largest[0], sum(largest)
        shares = {"first": percent(first, whole), "ten": percent(ten, whole)}
        parts = zip(FEW, (first, ten - first, max(whole - ten, 0)), strict=True)
        segments = [Segment(css, words, amount) for (css, words), amount in parts]
        name = printable(one["asset"])
        words = f"{name}: the largest row holds {shares['first']}, the ten largest {shares['ten']}"
        bar = Markup(stacked_bar(segments, whole, words))  # noqa: S704 - made by bars.py
        drawn.append({"asset": one["asset"], "rows": one["rows"], "bar": bar, **shares})
    return sorted(drawn, key=lambda d: (d["rows"], d["asset"]))
