"""Reserves against liabilities, each side with its evidence.

A ratio is as strong as the weaker side, and absent where a side is missing: neither 0 nor 1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from scanner.liabilities.interface import Liability, ratio_limits
from scanner.model.amount import counted
from scanner.reports.figures.amounts import NOT_READ, reading_coins, whole_coins
from scanner.reports.figures.words import OWED
from scanner.snapshots.tally import SHOWN_EVIDENCE
from scanner.store.database.engine import Store
from scanner.store.reading.queries import SnapshotTotals
from scanner.store.writing.owed import liabilities_of


def ratio_objects(store: Store, totals: SnapshotTotals) -> list[dict[str, object]]:
    """One object for each asset whose liabilities are known, by name.

    totals: of the snapshot. scope: of whom alone the liabilities are, None for all users. dated:
    whether they were compared with the time of the balances.
    """
    of = {total.asset: total for total in totals.assets}
    with store.read() as connection:
        owed = liabilities_of(connection, totals.snapshot)
    ratios: list[dict[str, object]] = []
    for liability in owed:
        total = of.get(liability.asset)
        if total is None:
            continue  # kept after the totals were read; the next reader sees it
        classes = [e.value for e in SHOWN_EVIDENCE if total.by_evidence.get(e, 0)]
        ratios.append(
            {
                "asset": liability.asset,
                "reserve_ratio": total.reserve_ratio,
                "reserves_evidence": classes[-1] if classes else None,
                "liabilities_evidence": liability.evidence.value,
                "meaning": _meaning(liability),
                "proven_per_coin": liability.evidence.proves_coin_totals,
                "source": _source(liability),
                "as_of": liability.as_of,
                "dated": liability.dated,
                "published_ratio": liability.detail.get("published_ratio"),
                "scope": liability.detail.get("scope"),
                "owed_in_unit": _in_unit(liability),
            }
        )
    return ratios


def _meaning(owed: Liability) -> str:
    """What stands behind it; with how many entries a tree has: one of two is soon made up."""
    leaves = owed.detail.get("leaves", "")
    entries = f" ({counted(int(leaves), 'entry', 'entries')})" if leaves.isdecimal() else ""
    return OWED[owed.evidence] + entries


def _in_unit(owed: Liability) -> str | None:
    """What is owed, where that is given in another unit than the asset; None where it is not."""
    unit = owed.detail.get("unit")
    return f"{whole_coins(owed.amount, owed.decimals)} {unit}" if unit else None


def _source(owed: Liability) -> str:
    """Where the figure is from; a later statement says so wherever it stands."""
    day = owed.replaced.partition(";")[0]
    return f"{owed.source} ({day})" if day else owed.source


def ratio_view(
    known: Mapping[str, Any], total: Mapping[str, Any], *, complete: bool
) -> dict[str, Any]:
    """What stands in each cell of `_ratio.j2`. known: of `ratio_objects`; total: the asset's."""
    asset = known["asset"]
    ratio = known["reserve_ratio"]
    return {
        "asset": asset,
        "held_by": (known["reserves_evidence"] or "nothing verified").replace("_", " "),
        "owed_by": known["meaning"],
        "source": known["source"],
        "as_of": known["as_of"],
        "unproven": not known["proven_per_coin"],
        "undated": not _is_dated(known),
        "verified": _held(total, asset) if _has_rows(total) else "\N{EN DASH}",
        "liabilities": _owed(known, total),
        "published": known.get("published_ratio") or "",
        "scope": known.get("scope") or "",
        "ratio": _at_least(ratio, total["unavailable_rows"]),
        "why_absent": "" if ratio is not None else _why(known, total, complete),
        "below_one": _below_one(known, total) if ratio is not None else "",
    }


def _below_one(known: Mapping[str, Any], total: Mapping[str, Any]) -> str:
    """The class of a cell: a ratio below 1 is marked, and not as false where it has limits."""
    if int(total["verified"] or 0) >= int(total["liabilities"]):
        return ""
    return " warn" if limits_of(known) else " bad"


def _held(total: Mapping[str, Any], asset: str) -> str:
    if total["verified"] is None:
        return NOT_READ
    return reading_coins(int(total["verified"]), total["decimals"], asset)


def _owed(known: Mapping[str, Any], total: Mapping[str, Any]) -> str:
    owed = total["liabilities"]
    if owed is None:
        return known.get("owed_in_unit") or "\N{EN DASH}"
    return reading_coins(int(owed), total["decimals"], total["asset"])


def _why(known: Mapping[str, Any], total: Mapping[str, Any], complete: bool) -> str:
    if known.get("owed_in_unit"):
        return "what is owed is given in another unit"
    return why_absent(total, complete=complete)


def limits_of(known: Mapping[str, Any]) -> str:
    """What a ratio may never be shown without; "" if it is whole. known: of `ratio_objects`."""
    scope = known.get("scope") or ""
    return ratio_limits(proven=known["proven_per_coin"], dated=_is_dated(known), scope=scope)


def _is_dated(known: Mapping[str, Any]) -> bool:
    """Reports of older programs do not say; what has no date at all is dated by nobody."""
    return bool(known.get("dated", known["as_of"]))


def _at_least(ratio: str | None, unread: int) -> str:
    if ratio is None:
        return "absent"
    return f"at least {ratio}" if unread else str(ratio)


def why_absent(total: Mapping[str, Any], *, complete: bool) -> str:
    """Why an asset whose liabilities are known has no ratio. total: its `to_json`."""
    if total["liabilities"] == "0":
        return "nothing is owed"
    if not complete:
        return "not every balance has been read"
    if total["verified"] is None:
        return "no source returned a balance"
    # With an answer, what is owed and everything read, only these two are left.
    return "of another day, or in another unit" if _has_rows(total) else "no row in the list"


def _has_rows(total: Mapping[str, Any]) -> bool:
    """Whether rows are about the asset; rows that claim 0 and hold 0 cannot be told from none."""
    amounts = (total["claimed"], total["verified"], total["unverified"])
    return bool(total["unavailable_rows"]) or any(amount != "0" for amount in amounts)


def published_words(ratios: Sequence[Mapping[str, Any]]) -> list[str]:
    """The publisher's own ratio of each coin that it states one of, beside ours, as lines."""
    return [
        f"published ratio: {r['asset']} {r['published_ratio']} (stated by the publisher; ours is "
        f"{r['reserve_ratio'] or 'absent'})"
        for r in ratios
        if r["published_ratio"] is not None
    ]
