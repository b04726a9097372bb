"""All ratios of a snapshot as flat rows: of each asset, and over all coins."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from scanner.reports.figures.aggregate import Aggregate, aggregate_object, aggregates
from scanner.reports.figures.other_chains import (
    COLUMN,
    chain_cell,
    chains_of_assets,
    other_chains,
)
from scanner.reports.figures.ratios import ratio_objects, why_absent
from scanner.store.database.engine import Store
from scanner.store.reading import queries

RATIO_COLUMNS: Mapping[str, str] = {
    "snapshot": "int",
    "complete": "bool",
    "over": "text",
    "asset": "text",
    "unit": "text",
    "decimals": "int",
    "reserves": "text",
    "liabilities": "text",
    "ratio": "text",
    "published_ratio": "text",
    "reserves_evidence": "text",
    "liabilities_evidence": "text",
    "proven_per_coin": "bool",
    "why_absent": "text",
    "source": "text",
    "as_of": "text",
    "prices": "text",
    "all_priced": "bool",
    "left_out": "text",
    "gap": "text",
    "scope": "text",
    "dated": "bool",
    COLUMN: "text",
}
"""Columns of the export, in order, with their kinds."""
PUBLISHERS_UNIT = "publisher's unit"


def ratio_records(store: Store, snapshot_id: int) -> Iterator[dict[str, object]]:
    """Assets by name, then each kept proof of one total. Amounts are text, whole numbers."""
    totals = queries.totals(store, snapshot_id)
    of = {total.asset: total.to_json() for total in totals.assets}
    common = {"snapshot": totals.snapshot, "complete": totals.complete}
    head = queries.head(store, snapshot_id)
    chains = chains_of_assets(store, head)
    for known in ratio_objects(store, totals):
        total = of[str(known["asset"])]
        ratio = known["reserve_ratio"]
        yield {
            **dict.fromkeys(RATIO_COLUMNS),
            **common,
            "over": "asset",
            "unit": known["asset"],
            "decimals": total["decimals"],
            "reserves": total["verified"],
            "liabilities": total["liabilities"],
            "ratio": ratio,
            "why_absent": _why(known, total, totals.complete) if ratio is None else None,
            **{name: known[name] or None for name in _OF_ASSET},
            "proven_per_coin": known["proven_per_coin"],
            "dated": known["dated"],
            COLUMN: chain_cell(chains.get(str(known["asset"]), ())),
        }
    for found in aggregates(store, snapshot_id):
        every = {COLUMN: chain_cell(other_chains(head))}
        yield {**dict.fromkeys(RATIO_COLUMNS), **common, **_over_all(found), **every}


_OF_ASSET = (
    "asset",
    "published_ratio",
    "reserves_evidence",
    "liabilities_evidence",
    "source",
    "as_of",
    "scope",
)


def _why(known: Mapping[str, object], total: Mapping[str, object], complete: bool) -> str:
    if told := known["owed_in_unit"]:
        return f"given in another unit: {told}"
    return why_absent(total, complete=complete)


def _over_all(found: Aggregate) -> dict[str, object]:
    """Both sides in US cents; what is owed in the publisher's units where nobody said their worth,
    and then nothing beside it."""
    known = aggregate_object(found)
    owed, proof = found.owed_cents, found.proof
    told = owed is not None and any(value.verified is not None for value in found.value.assets)
    prices = [
        f"{value.asset} {value.price.text} at {value.price.at.isoformat()} ({value.price.source})"
        for value in found.value.assets
        if value.price is not None and value.verified
    ]
    return {
        "over": "all_coins",
        "unit": PUBLISHERS_UNIT if owed is None else "USD",
        "decimals": 0 if owed is None else 2,
        "reserves": str(found.value.verified) if told else None,
        "liabilities": str(proof.net if owed is None else owed),
        "ratio": found.ratio,
        "published_ratio": found.published or None,
        "liabilities_evidence": proof.evidence.value,
        "proven_per_coin": False,
        "dated": False,
        "why_absent": found.why_absent or None,
        "source": proof.name,
        "prices": "; ".join(prices) or None,
        "all_priced": found.value.priced,
        "left_out": " ".join(found.left_out) or None,
        "gap": known["gap"],
    }
