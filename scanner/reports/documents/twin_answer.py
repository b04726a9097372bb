"""Whether the answer of a report's twin is what its findings, rows and totals come to.

No finding is in a seal. What is sealed, or adds up to it, says which findings there must be: one
that was left out leaves its rows and its amounts behind.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from scanner.model.amount import counted
from scanner.model.finding import FindingKind, Weight, exit_status
from scanner.reports.documents.twin import Json
from scanner.reports.figures.amounts import counted_rows
from scanner.reports.figures.outcome import TOO_LITTLE, finished, short_reason, unfinished
from scanner.store.reading.coverage import RowsFound

CLASS_KINDS: Mapping[str, FindingKind] = {
    "mismatch": FindingKind.BAD_SIGNATURE,
    "malformed": FindingKind.MALFORMED_PROOF,
    "unsupported": FindingKind.UNSUPPORTED_SCHEME,
    "unsigned": FindingKind.UNSIGNED,
    "asserted": FindingKind.OWNER_UNPROVEN,
    "not_stated": FindingKind.NOT_STATED,
}
"""The finding that each row of a class has."""

_SHORT = (FindingKind.SHORTFALL, FindingKind.MAYBE_SHORTFALL, FindingKind.DIFFERS_NOW)


def wrong_answer(document: Json) -> Iterator[str]:
    """What of a report's answer is not as it must be. document: of the schema's shape."""
    answer, complete = document["answer"], document["snapshot"]["complete"]
    weights = {Weight(f["weight"]) for f in document["findings"] if f["count"]}
    if not complete:
        weights.add(Weight.UNSHOWN)
    status = exit_status(weights)
    word = {0: "verified", 1: "false", 3: "unshown"}[status] if complete else "incomplete"
    if (answer["exit_status"], answer["status"]) != (status, word):
        yield f"it says {answer['status']}, and its findings come to {word}"
    yield from _sentence(document)
    if not status:
        yield from _not_verified(document)
    if complete:
        yield from _left_out(document)


def _sentence(document: Json) -> Iterator[str]:
    """Whether the sentence is the one that this program makes of the rest.

    How many rows are false is nowhere else in a report: what the sentence says of it is taken,
    within what rows and findings allow.
    """
    other = "its sentence is not what this program makes of its rows and findings"
    said, rows, snapshot = _in_form(document)["sentence"], document["rows"], document["snapshot"]
    name, whole = snapshot["list"]["name"], rows["data_rows"]
    first, doubts = _too_little(document)
    if _reasons_left_out(document):  # they begin the sentence; what follows them is held
        start = said.rfind(f"{counted_rows(whole)} of {name}")
        said = said[max(start, 0) :]
    elif sorted(_in_form(document).get("doubts", [])) != sorted(doubts):
        yield "its doubts are not those of its findings"
        return
    for reason in [] if _reasons_left_out(document) else first:
        if f"{reason} " not in said:
            yield other
            return
        said = said.replace(f"{reason} ", "", 1)
    if not snapshot["complete"]:
        done, parts = _numbers(r"([\d,]+) of ([\d,]+) parts read: the", said) or (0, 0)
        if said != unfinished(whole, name, done, parts, snapshot["id"]):
            yield other
        return
    wrong, unshown = (_findings(document, w) for w in (Weight.FALSE, Weight.UNSHOWN))
    tail = said[said.rfind(":") :]
    false = _numbers(r"([\d,]+) row(?: is|s are) false", tail) or [0]
    rest = _numbers(r"([\d,]+) could not be verified", tail) or [0]
    found = RowsFound(false[0], rest[0])
    made = finished(whole, name, wrong, unshown, found, replaced=_is_replaced(document))
    before = finished(whole, name, wrong, unshown, found)  # as it was said of other heights, too
    if said not in (made, before, _finished_before(whole, name, wrong, unshown, found)):
        yield other
    least = sum(rows[each] for each in CLASS_KINDS)
    if false[0] < rows["mismatch"] or not least <= false[0] + rest[0] <= whole:
        yield "its sentence counts other rows than its classes do"


def _is_replaced(document: Json) -> bool:
    kind = FindingKind.HEIGHT_REPLACED.value
    return any(f["kind"] == kind and f["count"] for f in document["findings"])


def _reasons_left_out(document: Json) -> bool:
    """Whether more assets have too little than the report gives reasons of."""
    kinds = {kind.value for kind in TOO_LITTLE}
    few = [f for f in document["findings"] if f["kind"] in kinds]
    return any(f["count"] > len(f["examples"]) for f in few)


def _too_little(document: Json) -> tuple[list[str], list[str]]:
    """What a sentence begins with where less is verified than is owed, and what is only doubted
    where something is false.
    """
    kinds = {kind.value for kind in TOO_LITTLE}
    false = _findings(document, Weight.FALSE) > 0
    first: list[str] = []
    doubts: list[str] = []
    for finding in document["findings"]:
        if finding["kind"] in kinds:
            doubted = false and finding["weight"] != Weight.FALSE.value
            reasons = [short_reason(example["reason"]) for example in finding["examples"]]
            (doubts if doubted else first).extend(reasons)
    return first, doubts


def _in_form(document: Json) -> Json:
    """The answer with its doubts apart; older programs began the sentence with them."""
    answer = dict(document["answer"])
    doubts = [] if "doubts" in answer else _too_little(document)[1]
    for doubt in doubts:
        answer["sentence"] = answer["sentence"].replace(f"{doubt} ", "", 1)
    moved = doubts and answer["sentence"] != document["answer"]["sentence"]
    return {**answer, "doubts": doubts} if moved else answer


def with_doubts_apart(document: Json) -> Json:
    """The report as this program shows it: no doubt stands under "found false"."""
    return {**document, "answer": _in_form(document)}


def _finished_before(rows: int, name: str, wrong: int, unshown: int, found: RowsFound) -> str:
    """What older programs made of it: their words for the list did not say what weighs how much."""
    made = finished(rows, name, 0, 0, found)
    if not ((wrong and not found.false) or (unshown and not found.unverified)):
        return made
    problems = "the list as a whole has problems"
    if not (found.false or found.unverified):
        return f"{counted_rows(rows)} of {name}: {problems}."
    return f"{made[:-1]} and {problems}."


def _findings(document: Json, weight: Weight) -> int:
    return sum(f["count"] for f in document["findings"] if f["weight"] == weight.value)


def _numbers(pattern: str, said: str) -> list[int] | None:
    found = re.search(pattern, said, re.ASCII)
    # Longer ones count no rows, and take long to read.
    digits = [] if found is None else [text.replace(",", "") for text in found.groups()]
    return [int(text or 0) for text in digits] if digits and max(map(len, digits)) < 20 else None


def _not_verified(document: Json) -> Iterator[str]:
    """What keeps a report from saying that all is verified, whatever its findings are."""
    rows = document["rows"]
    if not rows["claims"] or rows["unreadable"] or rows["verified"] != rows["claims"]:
        well = f"{rows['verified']:,} of its {counted_rows(rows['data_rows'])} are"
        yield f"it says verified, and {well}"
    for total in document["totals"]["assets"]:
        if total["unavailable_rows"] or any(
            int(total[n] or 0) for n in ("unverified", "shortfall")
        ):
            yield f"it says verified, and of {total['asset']} not everything is"
        if int(total["verified"] or 0) < int(total["liabilities"] or 0):
            yield f"it says verified, and less {total['asset']} is verified than is owed"


def _left_out(document: Json) -> Iterator[str]:
    """Findings that its rows and totals must have, and that are not there."""
    found: dict[str, int] = {}
    for finding in document["findings"]:
        found[finding["kind"]] = found.get(finding["kind"], 0) + finding["count"]
    for name, kind in CLASS_KINDS.items():
        if found.get(kind.value, 0) < document["rows"][name]:
            rows = document["rows"][name]
            what = counted(found.get(kind.value, 0), "finding")
            yield f"{counted(rows, 'row')} {name}, with {what} {kind.value}"
    short = sorted(t["asset"] for t in document["totals"]["assets"] if int(t["shortfall"] or 0))
    if short and not any(found.get(kind.value) for kind in _SHORT):
        yield f"less {short[0]} was found than is claimed, and no finding says so"
