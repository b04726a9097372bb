"""The report of a snapshot as one object: the machine-readable twin of the HTML page.

Its shape is published as reports/schemas/report-1.json; a change that breaks readers is version 2.
Equal snapshots (and prices with earlier snapshots, where prices are stored) give equal bytes: no
clock, fixed order.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from scanner.model.control import Control, shows_control
from scanner.model.finding import WEIGHTS, FindingKind, exit_status
from scanner.model.jsontext import own_json
from scanner.model.statement import StatementRule
from scanner.reports.documents.ages import ages, signed_days
from scanner.reports.documents.document_value import document_value
from scanner.reports.documents.months import over_time
from scanner.reports.documents.repeat import repeat_lines
from scanner.reports.documents.verified_export import verified_export
from scanner.reports.figures.aggregate import aggregate_object, aggregates
from scanner.reports.figures.groups import group_objects, groups_of
from scanner.reports.figures.other_chains import chain_objects, other_chains
from scanner.reports.figures.outcome import answer, finding_groups, outcome_weights
from scanner.reports.figures.ratios import ratio_objects
from scanner.reports.figures.signed_texts import text_objects
from scanner.reports.figures.values import TotalsOf
from scanner.reports.figures.words import LIMITS, MEANINGS
from scanner.reports.tables.times import block_time, iso_time
from scanner.store.database.engine import Store
from scanner.store.reading import queries
from scanner.store.reading.check_chain import newest_head
from scanner.store.reading.coverage import (
    ControlCount,
    answer_counts,
    control_counts,
)
from scanner.store.reading.history import verified_rows
from scanner.store.reading.queries import SnapshotHead, SnapshotTotals
from scanner.store.reading.weighed import largest_verified
from scanner.store.writing.seal import sealed_records

VERSION = 1
EXAMPLES = 20
"""Findings of each kind that the report names."""
LARGEST = 100
"""Verified rows that the report names: those that make up most of their asset."""

Object = dict[str, object]

CLASSES = (
    "verified", "no_balance", "not_stated", "asserted", "mismatch", "malformed", "unsupported",
    "unsigned", "not_judged",
)  # fmt: skip
"""What a claim counts as, exactly one each. `no_balance`: the keys are proven to control the
address, but nobody could say what it held at the snapshot's moment, so it is not verified.
"""


def schema() -> Object:
    """The JSON Schema (2020-12) of `report_document`."""
    file = Path(__file__).with_name("schemas") / f"report-{VERSION}.json"
    loaded: Object = own_json(file.read_text("utf-8"))
    return loaded


def report_document(
    store: Store, snapshot_id: int, prepared: Mapping[str, str] | None = None
) -> Object:
    """Everything the report says, for programs. Raises SnapshotNotFoundError, SnapshotPrunedError.

    prepared: "by" and "for" whom the report is, as the user says. "groups" is there only where the
    list has several assets of one coin's name, "value" only where a price of one of the assets is
    stored, "history" only where there were snapshots before, "seal_records" only where it is
    sealed.
    """
    head = queries.head(store, snapshot_id)
    controls = control_counts(store, snapshot_id)
    totals = queries.totals(store, snapshot_id)
    counts = queries.finding_counts(store, snapshot_id)
    value = document_value(store, snapshot_id, _kept(totals))
    history = over_time(store, totals)
    largest, concentration = _largest(store, snapshot_id, totals)
    groups = group_objects(groups_of(store, totals))
    document: Object = {
        "format": "reserve-report",
        "version": VERSION,
        "program": head.program,
        "snapshot": {**_snapshot(head), "newest_head": newest_head(store)},
        "answer": _answer(store, head, counts),
        "rows": _rows(head, controls, verified_rows(store, snapshot_id)),
        "totals": totals.to_json(),
        "ratios": ratio_objects(store, totals),
        "aggregate_ratios": [aggregate_object(a) for a in aggregates(store, snapshot_id)],
        **({"groups": groups} if groups else {}),
        **({} if value is None else {"value": value}),
        **({"history": history} if history else {}),
        **({"prepared": dict(prepared)} if prepared else {}),
        "control": _control(controls),
        "statement_rule": rule_object(head.policy.statement),
        "texts": text_objects(head.policy.statement, head.texts),
        "balances": _balances(store, snapshot_id),
        "findings": _findings(store, totals, counts),
        "largest_verified": largest,
        **({"verified_export": verified_export(store, snapshot_id)} if head.complete else {}),
        "concentration": concentration,
        "ages": ages(store, snapshot_id),
        "signed_days": signed_days(store, snapshot_id),
        "blocks": _blocks(store, head),
        "other_chains": chain_objects(other_chains(head)),
        "repeat": repeat_lines(
            head.publisher, head.list_name, head.list_sha256, head.policy, _pins(head)
        ),
        **({"seal_records": _sealed(store, head)} if head.complete else {}),
        "limits": [{"name": name, "meaning": meaning} for name, meaning in LIMITS],
    }
    # It is read in many transactions: of rows that went between two of them it would tell none.
    queries.resolve(store, str(snapshot_id))
    return document


def _snapshot(head: SnapshotHead) -> Object:
    return {
        "id": head.id,
        "publisher": head.publisher,
        "state": head.state.value,
        "complete": head.complete,
        "started": iso(head.started),
        "finished": iso(head.finished),
        "seal": head.chain_head,
        "list": {
            "name": head.list_name,
            "sha256": head.list_sha256,
            "format": head.list_format,
            "variant": head.list_variant,
        },
    }


def _pins(head: SnapshotHead) -> list[tuple[str, int | None, int]]:
    return [(p.network, p.height_wanted, p.block.height) for p in head.blocks]


def _sealed(store: Store, head: SnapshotHead) -> list[list[object]]:
    with store.read() as connection:
        return [list(record) for record in sealed_records(connection, head.id)]


def _kept(known: SnapshotTotals) -> TotalsOf:
    """Totals of any snapshot; of this one they are at hand."""

    def totals_of(store: Store, snapshot_id: int) -> SnapshotTotals:
        return known if snapshot_id == known.snapshot else queries.totals(store, snapshot_id)

    return totals_of


def _answer(store: Store, head: SnapshotHead, counts: Mapping[FindingKind, int]) -> Object:
    weights = outcome_weights(store, head.id)
    status = exit_status(weights)
    word = {0: "verified", 1: "false", 3: "unshown"}[status]
    found = answer(store, head, counts)
    return {
        "status": word if head.complete else "incomplete",
        "exit_status": status,
        "sentence": found.sentence,
        **({"doubts": list(found.doubts)} if found.doubts else {}),
    }


def rule_object(rule: StatementRule | None) -> Object | None:
    """A statement rule as the twin has it; None where nobody asked."""
    if rule is None:
        return None
    return {
        "publisher": rule.publisher,
        "challenge": rule.challenge,
        "wanted": list(rule.wanted),
        "known": list(rule.known),
        "named": rule.named,
    }


def _class(count: ControlCount) -> str:
    if count.control is None:
        return "not_judged"
    if count.control is Control.CONTROLS:
        if count.is_proof:
            return "verified" if count.answered else "no_balance"
        return "not_stated" if shows_control(count.control, count.binding) else "asserted"
    return count.control.value


def _rows(head: SnapshotHead, controls: list[ControlCount], verified_once: int) -> Object:
    by_class: Counter[str] = Counter()
    for count in controls:
        by_class[_class(count)] += count.rows
    return {
        "data_rows": head.claims + head.unreadable,
        "claims": head.claims,
        "unreadable": head.unreadable,
        "duplicates": sum(count.duplicates for count in controls),
        **{name: by_class[name] for name in CLASSES},
        "verified_once": verified_once,
    }


def _control(controls: list[ControlCount]) -> list[Object]:
    places: dict[tuple[str, str], Counter[str]] = {}
    for count in controls:
        places.setdefault((count.asset, count.network), Counter())[_class(count)] += count.rows
    return [
        {
            "asset": asset,
            "network": network,
            "rows": counts.total(),
            **{name: counts[name] for name in CLASSES},
        }
        for (asset, network), counts in sorted(places.items())
    ]


def _balances(store: Store, snapshot_id: int) -> list[Object]:
    return [
        {
            "network": count.network,
            "evidence": count.evidence.value if count.evidence else None,
            "sources": list(count.sources),
            "rows": count.rows,
        }
        for count in answer_counts(store, snapshot_id)
    ]


def _findings(
    store: Store, totals: SnapshotTotals, counts: Mapping[FindingKind, int]
) -> list[Object]:
    return [
        {
            "kind": group.kind.value,
            "weight": WEIGHTS[group.kind].value,
            "meaning": MEANINGS[group.kind],
            "count": group.count,
            "examples": [
                {
                    "row": f.row,
                    "asset": f.asset,
                    "network": f.network,
                    "address": f.address,
                    "reason": f.reason,
                    "claimed": str(stated[0]) if stated else None,
                    "decimals": stated[1] if stated else None,
                }
                for f, stated in zip(group.examples, group.stated, strict=True)
            ],
            "claimed": [
                {"asset": asset, "decimals": decimals, "amount": str(amount)}
                for (asset, decimals), amount in sorted(
                    group.weighed.claimed.items() if group.weighed else ()
                )
            ],
            "without_amount": group.weighed.unstated if group.weighed else None,
            "reasons": [
                {"reason": reason, "rows": rows}
                for reason, rows in (group.weighed.reasons if group.weighed else ())
            ],
        }
        for group in finding_groups(store, totals.snapshot, EXAMPLES, counts, totals.assets)
    ]


def _largest(
    store: Store, snapshot_id: int, totals: SnapshotTotals
) -> tuple[list[Object], list[Object]]:
    whole = {a.asset: (a.decimals, a.verified or 0) for a in totals.assets}
    rows, tops = largest_verified(store, snapshot_id, whole, LARGEST)
    named: list[Object] = [
        {
            "row": row.row,
            "asset": row.asset,
            "network": row.network,
            "address": row.address,
            "decimals": row.decimals,
            "amount": str(row.amount),
            "evidence": row.evidence.value,
            "scheme": row.scheme,
            "signed_by": list(row.signed_by),
        }
        for row in rows
    ]
    concentrated: list[Object] = [
        {
            "asset": asset,
            "decimals": whole[asset][0],
            "verified": str(whole[asset][1]),
            "rows": tops[asset].rows,
            "largest": [str(amount) for amount in tops[asset].largest],
        }
        for asset in sorted(tops)
        if asset in whole
    ]
    return named, concentrated


def _blocks(store: Store, head: SnapshotHead) -> list[Object]:
    asked: dict[str, set[str]] = {}
    for count in answer_counts(store, head.id):
        asked.setdefault(count.network, set()).update(count.sources)
    return [
        {
            "network": pinned.network,
            "wanted_height": pinned.height_wanted,
            "chain": pinned.block.chain,
            "height": pinned.block.height,
            "hash": pinned.block.hash,
            "time": block_time(pinned.block),
            "pinned_by": pinned.source,
            "read_until": iso_time(pinned.read_until),
            "sources": sorted(asked.get(pinned.network, ())),
        }
        for pinned in head.blocks
    ]


def iso(moment: datetime | None) -> str | None:
    """A time in UTC as ISO 8601 with offset, to the second; None stays None."""
    return None if moment is None else moment.replace(microsecond=0).isoformat()
