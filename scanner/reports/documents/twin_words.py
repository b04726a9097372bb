"""The words by which a report explains what it found: this program's own, whoever wrote the report.

A finding "shortfall" that is explained as "all is well" would be a calm sentence over a bad fact.
"""

from __future__ import annotations

from scanner.reports.documents.twin import Json
from scanner.reports.documents.twin_answer import with_doubts_apart
from scanner.reports.figures.aggregate import GAP
from scanner.reports.figures.words import LIMITS, MEANINGS, OWED

_KINDS = {kind.value: words for kind, words in MEANINGS.items()}
_GRADES = {evidence.value: words for evidence, words in OWED.items()}
_LIMITS = [{"name": name, "meaning": meaning} for name, meaning in LIMITS]


def other_words(document: Json) -> list[str]:
    """Kinds of findings and of liabilities that a report explains in other words, each once; also
    what a proof leaves open ("gap") and what no report shows ("limits")."""
    found = [f["kind"] for f in document["findings"] if f["meaning"] != _KINDS.get(f["kind"])]
    graded = [(r["liabilities_evidence"], r["meaning"]) for r in document["ratios"]]
    found += [grade for grade, words in graded if words != _GRADES.get(grade)]
    found += ["gap" for proof in document["aggregate_ratios"] if proof["gap"] not in (None, GAP)]
    found += ["limits"] if document["limits"] != _LIMITS else []
    return list(dict.fromkeys(found))


def in_own_words(document: Json) -> Json:
    """The same report, in which what this program knows is explained as it explains it."""
    findings = [{**f, "meaning": _KINDS.get(f["kind"], f["meaning"])} for f in document["findings"]]
    ratios = [
        {**r, "meaning": _GRADES.get(r["liabilities_evidence"], r["meaning"])}
        for r in document["ratios"]
    ]
    proofs = [{**p, "gap": p["gap"] and GAP} for p in document["aggregate_ratios"]]
    return {
        **with_doubts_apart(document),
        **{"findings": findings, "ratios": ratios, "aggregate_ratios": proofs},
        "limits": _LIMITS,
    }
