"""Totals of a snapshot as flat records, and words about them, for whoever shows or writes them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from scanner.errors import clip
from scanner.model.amount import counted
from scanner.reports.figures.other_chains import COLUMN, Chain, chain_cell
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
    "unanswered": "text",
    "shortfall": "text",
    "surplus": "text",
    "liabilities": "text",
    "reserve_ratio": "text",
    "ratio_limits": "text",
    COLUMN: "text",
}
"""Columns of `totals --format csv` and of the export, in order, with their kinds."""


def totals_records(
    totals: SnapshotTotals, chains: Mapping[str, Iterable[Chain]]
) -> list[dict[str, object]]:
    """One flat record per asset with the keys of TOTAL_COLUMNS; amounts are strings.

    chains: as `chains_of_assets` finds them.
    """
    return [_record(totals, a, chain_cell(chains.get(a.asset, ()))) for a in totals.assets]


def _record(totals: SnapshotTotals, asset: AssetTotal, chains: str | None) -> dict[str, object]:
    known = asset.to_json() | asset.evidence_texts() | {COLUMN: chains}
    return {
        "snapshot": totals.snapshot,
        "complete": totals.complete,
        **{name: known[name] for name in list(TOTAL_COLUMNS)[2:]},
    }


def elsewhere_words(others: Sequence[tuple[str, int]]) -> list[str]:
    """Say beside totals what of them other publishers claim, too: a sentence each, if any.

    others: their names, each with how many addresses.
    """
    return [
        f"{counted(many, 'address', 'addresses')} in these totals {'is' if many == 1 else 'are'} "
        f"also claimed by {clip(name)}: counted here all the same, and not the reserves of both"
        for name, many in others
    ]


def unasked_words(rows: int) -> str:
    """Say how many verified rows rest on the key of the address alone."""
    accounts = "1 verified row is" if rows == 1 else f"{rows:,} verified rows are"
    return (
        f"{accounts} of accounts whose current keys were not checked: the address's key signed, "
        "but the account may have another key by now"
    )
