"""Every digit of the totals, one below the other as on paper, each with its step of a waterfall.

Of report and pages alike. SVG text without script; colours are CSS classes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from scanner.reports.documents.bars import HEIGHT, WIDTH, widths
from scanner.reports.figures.amounts import NOT_KNOWN, NOT_READ, whole_coins

Json = Mapping[str, Any]

PARTS = ("claimed", "verified", "unverified", "shortfall", "surplus", "unanswered")
"""Claimed = verified + not verified + shortfall - surplus + without a balance."""

WORDS: Mapping[str, str] = {
    "claimed": "Claimed",
    "verified": "= verified",
    "unverified": "+ not verified",
    "shortfall": "+ shortfall",
    "surplus": "\N{MINUS SIGN} surplus",
    "unanswered": "+ without a balance",
}
_COLOURS: Mapping[str, str] = {
    "claimed": "whole", "verified": "proven", "unverified": "unverified",
    "shortfall": "shortfall", "surplus": "surplus", "unanswered": "waiting",
}  # fmt: skip


def exact_totals(totals: Json) -> list[dict[str, Any]]:
    """What is to be added up of each asset, in their order. totals: of `scanner totals --json`.

    Each of PARTS is text: whole coins with every digit, or words where there is no amount.
    adds_up: whether the parts make what is claimed; they cannot where a number is not known, or
    the list states the amounts of some rows only. steps: (words, amount, drawing) of each part that
    is not 0, and of the first two in any case; the drawing is "" where the parts do not add up, and
    note says why they do not.
    Assets of which nothing is claimed, held or asked are left out.
    """
    return [_line(total) for total in totals["assets"] if not _is_empty(total)]


def _is_empty(total: Json) -> bool:
    nothing = all(total[part] == "0" for part in PARTS)
    return nothing and not total.get("unavailable_rows")


def _line(total: Json) -> dict[str, Any]:
    known = {part: None if total[part] is None else int(total[part]) for part in PARTS}
    coins = {
        part: _absent(part) if amount is None else whole_coins(amount, total["decimals"])
        for part, amount in known.items()
    }
    adds_up = _adds_up(known)
    drawn = _waterfall(known) if adds_up else dict.fromkeys(PARTS, Markup())
    shown = [part for part in PARTS if part in PARTS[:2] or known[part] != 0]
    places = max((len(coins[part].partition(".")[2]) for part in shown if known[part]), default=0)
    steps = [(WORDS[part], _padded(coins[part], places), drawn[part]) for part in shown]
    note = "" if adds_up else _why(total)
    return {"asset": total["asset"], **coins, "adds_up": adds_up, "note": note, "steps": steps}


def _why(total: Json) -> str:
    if int((total.get("by_evidence") or {}).get("latest_only") or 0):
        return "read at a later block than the list's: the parts may not add up"
    return "not every amount is known"


def _padded(coins: str, places: int) -> str:
    """An amount with as many decimals as those above and below it, so that columns add up."""
    if not coins[0].isdigit():
        return coins
    whole, _, fraction = coins.partition(".")
    return f"{whole}.{fraction.ljust(places, '0')}" if places else whole


def _waterfall(known: Mapping[str, int | None]) -> dict[str, Markup]:
    """Each part as a bar that begins where the one before it ended; what is claimed is the whole.

    Their words say which part each is; the amounts stand beside them.
    """
    amounts = {part: int(known[part] or 0) for part in PARTS}
    full = max(amounts["claimed"] + amounts["surplus"], 1)
    at, drawn = 0, {"claimed": _step("claimed", 0, amounts["claimed"], full)}
    for part in PARTS[1:]:
        if part == "surplus":
            at -= amounts[part]
        drawn[part] = _step(part, at, amounts[part], full)
        if part != "surplus":
            at += amounts[part]
    return drawn


def _step(part: str, begins: int, amount: int, full: int) -> Markup:
    left, width, _ = widths([begins, amount, full - begins - amount], full)
    return Markup(
        '<svg class="bar step" viewBox="0 0 {} {}" preserveAspectRatio="none" role="img" '
        'aria-label="{}"><rect class="{}" x="{}" y="0" width="{}" height="{}"/></svg>'
    ).format(WIDTH, HEIGHT, WORDS[part], _COLOURS[part], left, width, HEIGHT)


def _adds_up(known: Mapping[str, int | None]) -> bool:
    amounts = [known[part] for part in PARTS]
    if None in amounts:
        return False
    claimed, verified, unverified, shortfall, surplus, unanswered = (int(a or 0) for a in amounts)
    return claimed == verified + unverified + shortfall - surplus + unanswered


def _absent(part: str) -> str:
    return {"claimed": "not stated", "verified": NOT_READ}.get(part, NOT_KNOWN)
