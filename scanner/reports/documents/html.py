"""The report as one self-contained HTML page: no script, no outside request, all text escaped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup, escape

from scanner.model.balance import Evidence
from scanner.model.finding import FindingKind, Weight
from scanner.reports.documents.ages import histogram
from scanner.reports.documents.bars import Segment, stacked_bar
from scanner.reports.documents.compiled import CompiledTemplates
from scanner.reports.documents.document import CLASSES
from scanner.reports.documents.exact import exact_totals
from scanner.reports.documents.months import small_multiples
from scanner.reports.documents.pictures import FEW, against, concentration, whole_bar
from scanner.reports.documents.shown import counted_kinds, read_span
from scanner.reports.documents.twin_signature import Signature
from scanner.reports.documents.value_view import value_view
from scanner.reports.figures.aggregate import aggregate_view, together_words
from scanner.reports.figures.amounts import (
    NOT_KNOWN,
    NOT_READ,
    claimed_share,
    counted_rows,
    fits,
    percent,
    reading_coins,
    whole_coins,
)
from scanner.reports.figures.groups import group_view
from scanner.reports.figures.other_chains import FEW_NETWORKS, WORTHLESS
from scanner.reports.figures.ratios import ratio_view
from scanner.reports.figures.signed_texts import text_view
from scanner.reports.figures.totals_records import unasked_words
from scanner.reports.figures.words import COUNTS_OVERLAP, EVIDENCE, LIMITS, TODO
from scanner.reports.tables.text import printable
from scanner.snapshots.tally import SHOWN_EVIDENCE

Json = dict[str, Any]

_WORDS = {
    "verified": "Verified",
    "false": "Found false",
    "unshown": "Not fully verified",
    "incomplete": "Incomplete",
}
_DASH = "\N{EN DASH}"
_GROUPS = (
    (Weight.FALSE, "What is false", "Nothing was found false."),
    (Weight.UNSHOWN, "What could not be verified", "Everything asked for was verified."),
    (Weight.NOTE, "Notes", "Nothing else to note."),
)


def report_page(document: Json, signed: Signature | None = None) -> str:
    """Make the page from `report_document`'s object. The same object gives the same page.

    signed: a signature over the twin that was checked and holds; None says nothing of any.
    """
    folder = Path(__file__).with_name("templates")
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(folder),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
        bytecode_cache=CompiledTemplates(folder.parent),
    )
    environment.filters |= {"fits": fits, "rows": counted_rows}
    environment.globals |= {"worthless_words": WORTHLESS, "few_chains": FEW_NETWORKS}
    return environment.get_template("report.html.j2").render(
        {**_context(document, (folder / "report.css").read_text("utf-8")), "signed": signed}
    )


def _shown(value: object) -> object:
    """Escape what could mislead a reader (bidirectional marks, controls) in every text shown."""
    return printable(value) if type(value) is str else value


def _context(document: Json, css: str) -> Json:
    snapshot, rows = document["snapshot"], document["rows"]
    finished = snapshot["finished"] or snapshot["started"] or ""
    assets, unasked = document["totals"]["assets"], document["totals"]["keys_not_asked"]
    by_name = {a["asset"]: a for a in assets}
    return {
        "doc": document,
        "css": Markup(css),  # noqa: S704 - our own file
        "title": f"Reserves of {snapshot['publisher']}",
        "asked": _asked(snapshot, rows),
        "read": _read(document, finished),
        **_answered(document),
        "figures": _figures(document),
        "counts_overlap": COUNTS_OVERLAP if _weighed(document) else "",
        "legend": _legend(),
        "assets": [_asset(a) for a in assets],
        "ratios": [
            _ratio(r, by_name[r["asset"]], complete=snapshot["complete"])
            for r in document["ratios"]
        ],
        "aggregates": [aggregate_view(a) for a in document["aggregate_ratios"]],
        "all_proofs": together_words(document["aggregate_ratios"]),
        "together": group_view(document.get("groups", ())),
        "value": value_view(document["value"]) if "value" in document else None,
        "groups": [_group(document["findings"], *group) for group in _GROUPS],
        "texts": [text_view(t) for t in document["texts"]],
        "foot": _foot(snapshot),
        "largest": [_largest(row) for row in document["largest_verified"]],
        "concentration": concentration(document),
        "exact": exact_totals(document["totals"]),
        "multiples": small_multiples(document),
        "prepared": {"by": "", "for": "", **document.get("prepared", {})},
        "scope": _scope(document),
        "period": read_span(document["blocks"]),
        **_pictures(document),
        "coverage": _coverage(document["control"]),
        "unasked": unasked_words(unasked) if unasked else "",
        "evidence": [(e.value.replace("_", " "), EVIDENCE[e]) for e in Evidence],
        "limits": LIMITS,
    }


def _answered(document: Json) -> Json:
    """The answer's words. apart: what is only doubted stands in a box of its own, never under
    "found false".
    """
    answer, kinds = document["answer"], document["findings"]
    false, doubted = (counted_kinds(kinds, w.value) for w in (Weight.FALSE, Weight.UNSHOWN))
    return {
        "word": _WORDS[answer["status"]],
        "found": [("False", false)] if false else [],
        "doubted": doubted,
        "doubts": answer.get("doubts", []),
        "apart": answer["status"] == "false",
        # Of amounts that are in doubt less is no falsehood.
        "short": "bad" if any(f["kind"] == FindingKind.SHORTFALL for f in kinds) else "warn",
    }


def _ratio(known: Json, total: Json, *, complete: bool) -> Json:
    view = ratio_view(known, total, complete=complete)
    drawn = ""
    if known["reserve_ratio"] is not None:
        words = f"{total['asset']}: {view['ratio']} of what is owed; the line is 100 %"
        drawn = against(int(total["verified"]), int(total["liabilities"]), words)
    return {**view, "bar": Markup(drawn)}  # noqa: S704 - made and escaped by pictures.py


def _foot(snapshot: Json) -> Markup:
    """What stands at the foot of each printed page. Letters, digits and marks of our own only."""
    seal = snapshot["seal"][:16] if snapshot["seal"] else "none until it is complete"
    return Markup(f"Snapshot {int(snapshot['id'])}, seal {escape(seal)}")  # noqa: S704


def _pictures(document: Json) -> Json:
    whole, whole_key = whole_bar(document)
    return {
        "whole_bar": Markup(whole),  # noqa: S704 - made and escaped by pictures.py
        "whole_key": whole_key,
        "few": FEW,
        "histogram": histogram(document),
    }


def _largest(row: Json) -> Json:
    amount = reading_coins(int(row["amount"]), row["decimals"], row["asset"])
    signed = ", ".join(row["signed_by"])
    return {**row, "amount": amount, "signed_by": signed, "evidence": _words(row["evidence"])}


def _words(name: str) -> str:
    return name.replace("_", " ")


def _read(document: Json, when: str) -> str:
    blocks = read_span(document["blocks"])
    of = f"Balances are of {blocks} UTC. " if blocks else ""
    taken = f", taken {when[:10]}" if when else ""
    return f"{of}Snapshot {document['snapshot']['id']}{taken}."


def _scope(document: Json) -> str:
    """What the report is about, in figures; how much of it was read stands in the sections."""
    assets, networks = (
        len(document["totals"]["assets"]),
        {c["network"] for c in document["control"]} - {""},
    )
    rows = counted_rows(document["rows"]["data_rows"])
    plural = ("" if assets == 1 else "s", "" if len(networks) == 1 else "s")
    return f"{rows}, {assets:,} asset{plural[0]} on {len(networks):,} network{plural[1]}"


def _asked(snapshot: Json, rows: Json) -> str:
    lines = counted_rows(rows["data_rows"])
    return (
        f"Question: did the keys behind each address of {snapshot['list']['name']} ({lines}) "
        "sign, what did each address hold at the stated block, and do the claimed amounts agree?"
    )


def _figures(document: Json) -> list[tuple[str, str]]:
    rows, weights = document["rows"], _weighed(document)
    return [
        ("Rows in the list", f"{rows['data_rows']:,}"),
        ("Rows verified", f"{rows['verified_once']:,}"),
        ("Findings: false", f"{weights[Weight.FALSE]:,}"),
        ("Findings: not verified", f"{weights[Weight.UNSHOWN]:,}"),
        ("Networks read", f"{len({b['network'] for b in document['blocks']}):,}"),
    ]


def _weighed(document: Json) -> Counter[Weight]:
    """How many findings there are of the weights that speak against verified rows."""
    weights = Counter[Weight]()
    for finding in document["findings"]:
        if finding["weight"] != Weight.NOTE.value:
            weights[Weight(finding["weight"])] += finding["count"]
    return +weights


def _legend() -> list[tuple[str, str]]:
    evidence = [(e.value, f"verified, {e.value.replace('_', ' ')}") for e in SHOWN_EVIDENCE]
    return [
        *evidence,
        ("unverified", "held, but not verified"),
        ("track", "claimed; not found, or no balance was read"),
    ]


def _asset(total: Json) -> Json:
    decimals, name = total["decimals"], total["asset"]
    claimed, verified, unverified, shortfall, surplus = (
        int(total[key] or 0)
        for key in ("claimed", "verified", "unverified", "shortfall", "surplus")
    )
    stated, answered = total["claimed"] is not None, total["verified"] is not None

    def coins(amount: int) -> str:
        return reading_coins(amount, decimals, name)

    parts = [
        Segment(e.value, f"{e.value}: {coins(amount)} {name}", amount)
        for e in SHOWN_EVIDENCE
        if (amount := int(total["by_evidence"][e.value] or 0))
    ]
    parts.append(Segment("unverified", f"not verified: {coins(unverified)} {name}", unverified))
    share = share_words(total)
    known = f"verified {coins(verified)}, " if answered else ""
    bar = stacked_bar(parts, claimed, f"{printable(name)}: {known}{share}")
    unread = total["unavailable_rows"]
    none = _DASH if answered else NOT_KNOWN
    # Owed, and no row is about it: nothing is claimed, which is not 0.
    nothing = stated and answered and not (claimed or verified or unverified or unread)
    return {
        "asset": name,
        "bar": Markup(bar),  # noqa: S704 - made and escaped by bars.py
        "share": share,
        "claimed": _DASH if nothing else coins(claimed) if stated else "not stated",
        "claimed_exact": f"{whole_coins(claimed, decimals)} {name}" if stated else "",
        "verified": _DASH if nothing else coins(verified) if answered else NOT_READ,
        "verified_exact": f"{whole_coins(verified, decimals)} {name}" if answered else "",
        "unverified": coins(unverified) if unverified else none,
        "has_unverified": bool(unverified),
        "shortfall": coins(shortfall) if shortfall else none,
        "has_shortfall": bool(shortfall),
        "surplus": coins(surplus) if surplus else none,
        "has_surplus": bool(surplus),
        "unread": _unread(total, claimed) if unread else "",
    }


def _unread(total: Mapping[str, Any], claimed: int) -> str:
    """Rows without a balance, and how much of what is claimed they claim."""
    rows = counted_rows(total["unavailable_rows"])
    if total["unanswered"] is None or not claimed:
        return rows
    return f"{rows}, {percent(int(total['unanswered']), claimed)} of claimed"


def share_words(total: Mapping[str, Any]) -> str:
    """What stands under an asset's bar: the verified share, words where there is none."""
    if total["verified"] is None:
        return NOT_READ
    if total["claimed"] is None:
        return "no amounts stated"
    claimed, verified = int(total["claimed"]), int(total["verified"])
    share = claimed_share(claimed, verified)
    if share and verified > claimed + int(total["surplus"] or 0) and not _newest(total):
        return f"{share}: some rows state no amount"
    return f"{share} of claimed" if share else "nothing claimed"


def _newest(total: Mapping[str, Any]) -> bool:
    """Whether some of it was read at newest states, which may differ from what is stated."""
    return int(total["by_evidence"][Evidence.LATEST_ONLY.value] or 0) > 0


def _group(findings: Sequence[Json], weight: Weight, title: str, nothing: str) -> Json:
    chosen = [f for f in findings if f["weight"] == weight.value]
    if weight is Weight.UNSHOWN and any(f["weight"] == Weight.FALSE for f in findings):
        nothing = "Nothing besides what is false above."
    return {
        "id": weight.value,
        "title": title,
        "nothing": nothing,
        "findings": [
            {
                "kind": f["kind"],
                "title": f["kind"].replace("_", " ").capitalize(),
                "meaning": f["meaning"][:1].upper() + f["meaning"][1:],
                "count": f"{f['count']:,}",
                "examples": [_example(e) for e in f["examples"]],
                "amounts": any(e.get("claimed") is not None for e in f["examples"]),
                "same": _same_reason(f),
                "claimed": ", ".join(
                    f"{reading_coins(int(c['amount']), c['decimals'], c['asset'])} {c['asset']}"
                    for c in f["claimed"]
                ),
                "without": f["without_amount"] or 0,
                "reasons": f["reasons"] if len(f["reasons"]) > 1 and f["count"] > 5 else [],
                "todo": TODO.get(f["kind"], ""),
                "more": f"{more:,}" if (more := f["count"] - len(f["examples"])) else "",
            }
            for f in chosen
        ],
    }


def _example(example: Json) -> Json:
    amount = ""
    if example.get("claimed") is not None:
        amount = reading_coins(int(example["claimed"]), example["decimals"], example["asset"])
    return {**example, "amount": amount}


def _same_reason(finding: Json) -> str:
    """The reason of all findings of a kind, where one and the same stands at each of many rows."""
    reasons = finding["reasons"]
    alone = len(reasons) == 1 and reasons[0]["rows"] == finding["count"]
    return reasons[0]["reason"] if alone else ""


_SIGNED = {"no_balance": "Signed, no balance"}


def _coverage(control: Sequence[Json]) -> Json:
    used = [c for c in CLASSES if any(row[c] for row in control)]
    # Each row is here once: "no balance" of the totals counts such rows whatever their signature.
    names = ["Rows", *(_SIGNED.get(c, c.replace("_", " ").capitalize()) for c in used)]
    return {
        "columns": names,
        "rows": [
            {
                "asset": row["asset"],
                "network": row["network"],
                "numbers": list(zip(names, (f"{row[c]:,}" for c in ("rows", *used)), strict=True)),
            }
            for row in control
        ],
    }
