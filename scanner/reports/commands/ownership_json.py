"""The ownership summary as one object: for `verify --json`, and for the page that checks a list."""

from __future__ import annotations

from scanner.model.finding import WEIGHTS, Finding, Weight
from scanner.model.statement import StatementRule
from scanner.ownership.statement import judge_listed
from scanner.reports.commands.ownership import CLASSES, VERIFIED, OwnershipSummary
from scanner.reports.commands.ownership_text import (
    HEADINGS,
    NO_CHAIN,
    UNCHECKED,
    cautions,
    sentence,
)
from scanner.reports.figures.words import MEANINGS

MOST_TEXTS = 20
"""Signed texts that are told, the most signed first."""


def ownership_json(summary: OwnershipSummary, rule: StatementRule) -> dict[str, object]:
    """Make the object of `scanner verify --json`.

    cautions: how verified rows are weaker than others, a sentence each; not_checked: what no
    verdict here is about; holdings: per asset and network, rows of each class; problems: of each
    class that is not verified the first few rows; findings: what is said beside the rows; texts:
    what was signed.
    """
    wrong, verified = summary.by_weight[Weight.FALSE], summary.total(VERIFIED)
    return {
        "rows": summary.rows,
        "verified": verified,
        "false": wrong,
        "not_verified": summary.rows - verified - wrong,
        "sentence": sentence(summary),
        "cautions": cautions(summary),
        "not_checked": [UNCHECKED, NO_CHAIN],
        "holdings": [
            {"asset": asset, "network": network, "rows": counts.total(),
             **{name: counts[name] for name in CLASSES}}
            for (asset, network), counts in sorted(summary.counts.items())
        ],
        "texts": _texts(summary, rule),
        "problems": [
            {
                "class": name,
                "meaning": HEADINGS[name],
                "rows": summary.total(name),
                "first": [{"row": r, "what": w, "reason": why} for r, w, why in found],
            }
            for name in CLASSES
            if (found := summary.samples.get(name))
        ],
        "findings": [
            {
                "kind": kind.value,
                "weight": WEIGHTS[kind].value,
                "meaning": MEANINGS[kind],
                "count": summary.told_counts[kind],
                "first": [_told(finding) for finding in found],
            }
            for kind, found in summary.told.items()
        ],
    }  # fmt: skip


def _told(finding: Finding) -> dict[str, object]:
    return {"row": finding.row, "reason": finding.reason}


def _texts(summary: OwnershipSummary, rule: StatementRule) -> list[dict[str, object]]:
    texts: list[dict[str, object]] = []
    for text in summary.texts.most_signed[:MOST_TEXTS]:
        statement, stated_by, _ = judge_listed(text.text, rule)
        texts.append(
            {"text": text.text, "rows": text.rows, "first_row": text.first,
             "statement": statement.value, "stated_by": stated_by.value}
        )  # fmt: skip
    return texts
