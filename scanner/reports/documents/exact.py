"""Every digit of the totals, as a line that can be added up by eye; of report and pages alike."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from scanner.reports.figures.amounts import whole_coins

Json = Mapping[str, Any]

PARTS = ("claimed", "verified", "unverified", "shortfall", "surplus", "unanswered")
"""Claimed = verified + not verified + shortfall - surplus + no answer."""


def exact_totals(totals: Json) -> list[dict[str, Any]]:
    """One line for each asset, in their order. totals: the object of `scanner totals --json`.

    Each of PARTS is text: whole coins with every digit, or words where there is no amount.
    adds_up: whether the parts make what is claimed; they cannot where a number is not known, or
    the list states the amounts of some rows only.
    """
    return [_line(total) for total in totals["assets"]]


def _line(total: Json) -> dict[str, Any]:
    known = {part: None if total[part] is None else int(total[part]) for part in PARTS}
    coins = {
        part: _absent(part) if amount is None else whole_coins(amount, total["decimals"])
        for part, amount in known.items()
    }
    return {"asset": total["asset"], **coins, "adds_up": _adds_up(known)}


def _adds_up(known: Mapping[str, int | None]) -> bool:
    amounts = [known[part] for part in PARTS]
    if None in amounts:
        return False
    claimed, verified, unverified, shortfall, surplus, unanswered = (int(a or 0) for a in amounts)
    return claimed == verified + unverified + shortfall - surplus + unanswered


def _absent(part: str) -> str:
    return {"claimed": "not stated", "unanswered": "not known"}.get(part, "no answer")
