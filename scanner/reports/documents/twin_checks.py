"""What can be checked of a report by somebody who has its twin alone, and what cannot.

The twin holds the records that the seal is over, so totals, blocks and list are held to the seal,
and all else to what stands beside it. Whether balances and signatures are right is not in a report:
its own commands take the snapshot again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain
from typing import Any

from scanner.errors import AmountFormatError
from scanner.model.amount import rescale
from scanner.model.finding import WEIGHTS, FindingKind, Weight
from scanner.reports.documents.document import CLASSES, rule_object
from scanner.reports.documents.repeat import repeat_lines
from scanner.reports.documents.twin import Json, Twin
from scanner.reports.documents.twin_answer import wrong_answer
from scanner.reports.documents.twin_figures import wrong_ratios, wrong_rows, wrong_value
from scanner.reports.documents.twin_own import counted_otherwise
from scanner.reports.documents.twin_words import other_words
from scanner.reports.tables.times import iso_time
from scanner.snapshots.tally import SHOWN_EVIDENCE
from scanner.snapshots.values import SnapshotPolicy
from scanner.store.schema.records import from_wanted, load_policy
from scanner.store.writing.seal import OLD_VERSION, VERSION, chain_of

PARTS_OF_A_CHUNK = 7
"""Kind, network, height, first and last claim, how many claims, digest."""
UNSEALED = "findings, coverage, signed texts, largest rows, liabilities, ratios and prices"
"""What of a report is in no seal: it is held to totals and rows only where it must agree."""

ODD = (ValueError, KeyError, TypeError, IndexError, AttributeError, OverflowError, OSError)
"""What reading records that no program of ours made can raise."""


class CheckState(StrEnum):
    """What a check of a report came to."""

    HOLDS = "holds"
    FALSE = "false"
    NOT_CHECKED = "not checked"  # what it would take is not there

    @property
    def weights(self) -> tuple[Weight, ...]:
        """What it does to the exit status."""
        if self is CheckState.HOLDS:
            return ()
        return (Weight.FALSE if self is CheckState.FALSE else Weight.UNSHOWN,)


@dataclass(frozen=True, slots=True)
class Check:
    """One check. name: one word. what: one sentence: what holds, is wrong, or is missing."""

    name: str
    state: CheckState
    what: str


def check_twin(twin: Twin, list_sha256: str | None = None, seal: str = "") -> list[Check]:
    """Everything that the twin lets one recompute.

    list_sha256: of the list's file that is at hand; None where none is. seal: one that was kept
    elsewhere, "" for none.
    """
    document = twin.document
    records = document.get("seal_records")
    return [
        _form(twin),
        *_sealed(document, records, seal),
        *_all("rows", _rows(document), "every row is counted once"),
        *_all("ratios", _ratios(document), "each ratio is what is verified over what is owed"),
        *_own_coins(document),
        *_value(document),
        *_all(
            "answer", wrong_answer(document), "the answer is what its findings and totals come to"
        ),
        *_weights(document),
        *_words(document),
        _list(document, list_sha256),
    ]


def _all(name: str, wrong: Iterator[str], well: str) -> Iterator[Check]:
    """One check of many parts: the first that is wrong, or that all is well."""
    try:
        first = next(wrong, None)
    except (*ODD, AmountFormatError):
        first = "it holds numbers, prices or times that are none"
    if first is None:
        yield Check(name, CheckState.HOLDS, well)
    else:
        yield Check(name, CheckState.FALSE, first)


def _form(twin: Twin) -> Check:
    if not twin.unknown:
        return Check("form", CheckState.HOLDS, "it has the form of a report of version 1")
    what = f"this program does not know {', '.join(twin.unknown[:5])}: a newer one wrote it"
    return Check("form", CheckState.NOT_CHECKED, what)


# The seal


def _sealed(document: Json, records: Sequence[Any] | None, wanted: str) -> Iterator[Check]:
    snapshot = document["snapshot"]
    if not snapshot["complete"]:
        what = "the snapshot is not complete: nothing of it is sealed, and its totals may change"
        yield Check("seal", CheckState.NOT_CHECKED, what)
        return
    if records is None:
        what = "the program that wrote the report left the sealed records out"
        yield Check("seal", CheckState.NOT_CHECKED, what)
        return
    seal = f"its records give {snapshot['seal']}"
    yield from _all("seal", _chain(snapshot, records, wanted), seal)
    try:
        policy, problems = load_policy(records[0][4]), list(_held(document, records))
        question = _question(document, policy)
        publisher = _publisher(document, policy)
    except ODD:
        what = "the records do not have the form of a seal's"
        yield Check("totals", CheckState.FALSE, what)
        return
    yield from _all("totals", iter(problems), "list, blocks and totals are those that are sealed")
    yield question
    yield publisher


def _chain(snapshot: Json, records: Sequence[Any], wanted: str) -> Iterator[str]:
    try:
        made = chain_of(records)
    except TypeError:  # a number that no record of ours holds
        made = ""
    if made != snapshot["seal"]:
        yield "the seal is not the hash of its records: the report was changed"
    if wanted and wanted != snapshot["seal"]:
        yield f"its seal is {snapshot['seal'] or 'none'}, not {wanted}"


def _held(document: Json, records: Sequence[Any]) -> Iterator[str]:
    """What of the report is not as its sealed records say. Raises as reading odd records does."""
    header, kinds = records[0], [record[0] for record in records[1:]]
    if header[0] not in (VERSION, OLD_VERSION) or set(kinds) - {"block", "chunk", "total"}:
        raise ValueError("no seal's records")
    yield from _header(document, header)
    said = [_block(b) for b in document["blocks"]]
    if said != [_sealed_block(r) for r in records[1:] if r[0] == "block"]:
        yield "its blocks are not those that are sealed"
    claims = sum(r[5] for r in records[1:] if r[0] == "chunk")
    if claims != document["rows"]["claims"]:
        yield f"its parts hold {claims} claims, its rows are {document['rows']['claims']}"
    sealed = [r for r in records[1:] if r[0] == "total"]
    totals = {r[1]: r[2:] for r in sealed}
    if len(totals) != len(sealed):
        yield "an asset stands twice in what is sealed"
    yield from _twice(document)
    assets = {a["asset"]: a for a in document["totals"]["assets"]}
    for asset in sorted(set(totals) - set(assets)):
        yield f"it leaves {asset} out, which is sealed"
    for asset, total in assets.items():
        if not _is_total(total, totals.get(asset)):
            yield f"the totals of {asset} are not those that are sealed"


def _twice(document: Json) -> Iterator[str]:
    """Assets that stand more than once where one entry is all there is: readers see the first,
    and a check that looks one up by its name holds whichever comes last.
    """
    places = (
        ("totals", document["totals"]["assets"]),
        ("ratios", document["ratios"]),
        ("amounts of the largest rows", document["concentration"]),
        ("values", document.get("value", {}).get("assets", ())),
    )
    for where, entries in places:
        counted = Counter(entry["asset"] for entry in entries)
        for asset in sorted(name for name, times in counted.items() if times > 1):
            yield f"{asset} stands twice in its {where}"


def _header(document: Json, header: Sequence[Any]) -> Iterator[str]:
    snapshot = document["snapshot"]
    of, origin = snapshot["list"], load_policy(header[4]).origin
    sealed = {"sha256": header[1]}
    if header[0] == VERSION:
        name = (origin.list_name if origin else "") or header[5]
        sealed |= {"name": name, "format": header[6], "variant": header[7]}
    for what, value in sealed.items():
        if of[what] != value:
            yield f"the list's {what} is not the one that is sealed"
    if header[3] != document["rows"]["claims"]:
        yield f"{header[3]} claims are sealed, its rows are {document['rows']['claims']}"
    if document["totals"]["snapshot"] != snapshot["id"] or not document["totals"]["complete"]:
        yield "its totals are of another snapshot, or not complete"


def _block(block: Json) -> tuple[Any, ...]:
    names = ("network", "wanted_height", "chain", "height", "hash", "time", "pinned_by")
    return tuple(block[name] for name in names)


def _sealed_block(record: Sequence[Any]) -> tuple[Any, ...]:
    network, wanted, chain, height, block, time, source = record[1:8]
    return (network, from_wanted(wanted), chain, height, block, iso_time(time), source)


def _is_total(total: Json, sealed: Sequence[str] | None) -> bool:
    """Whether an asset's totals are the sealed ones; what is only owed has none. A sum that nobody
    knows is sealed as 0. Where liabilities have more decimals, all is written with theirs.
    """
    evidence = [total["by_evidence"][e.value] for e in SHOWN_EVIDENCE]
    rest = (total["unverified"], total["shortfall"], total["surplus"])
    said = [int(amount or 0) for amount in (total["claimed"], *evidence, *rest)]
    if sealed is None:
        return not any(said) and not total["unavailable_rows"]
    decimals, rows = int(sealed[0]), int(sealed[7])
    amounts = [int(a) for a in (*sealed[1:7], *sealed[8:])]
    if rows != total["unavailable_rows"] or not 0 <= decimals <= total["decimals"]:
        return False
    return said == [rescale(a, decimals, total["decimals"]) for a in amounts]


def _question(document: Json, policy: SnapshotPolicy) -> Check:
    """What was asked: the rule for what counts as a claim, and the commands to repeat it."""
    if document["statement_rule"] != _plain(rule_object(policy.statement)):
        what = "the rule for what counts as a claim is not the one that is sealed"
        return Check("question", CheckState.FALSE, what)
    snapshot = document["snapshot"]
    of = snapshot["list"]
    pins = [(b["network"], b["wanted_height"], b["height"]) for b in document["blocks"]]
    lines = repeat_lines(snapshot["publisher"], of["name"], of["sha256"], policy, pins)
    if lines != document["repeat"]:
        what = (
            "its commands to repeat it are not what this program makes of what is sealed: do not "
            "run them unread"
        )
        return Check("question", CheckState.NOT_CHECKED, what)
    what = "rule and commands are of the question that is sealed"
    return Check("question", CheckState.HOLDS, what)


def _publisher(document: Json, policy: SnapshotPolicy) -> Check:
    """Whose list it is, against the name that was asked with. Publishers are renamed and merged
    later, in no seal of a snapshot: another name is not false, but nothing bears it out.
    """
    said = document["snapshot"]["publisher"]
    sealed = [policy.origin.publisher] if policy.origin else []
    sealed += [policy.statement.publisher] if policy.statement else []
    known = [name for name in sealed if name]
    if said in known:
        return Check("publisher", CheckState.HOLDS, "the publisher's name is the one sealed")
    if known:
        what = f"the report says {said!r}, sealed is {known[0]!r}: renamed since, or changed"
    else:
        what = "its seal does not record the publisher's name: anybody can write another"
    return Check("publisher", CheckState.NOT_CHECKED, what)


def _plain(rule: Mapping[str, object] | None) -> Json | None:
    if rule is None:
        return None
    return {k: list(v) if isinstance(v, tuple) else v for k, v in rule.items()}


# What stands beside it


def _rows(document: Json) -> Iterator[str]:
    rows, control = document["rows"], document["control"]
    yield from _twice(document)
    if rows["data_rows"] != rows["claims"] + rows["unreadable"]:
        yield "its rows are not its claims and what could not be read"
    if sum(rows[name] for name in CLASSES) != rows["claims"]:
        yield "what became of its claims is not as many as the claims"
    for name in CLASSES:
        if sum(place[name] for place in control) != rows[name]:
            yield f"{name}: the rows by asset are not those of the whole"
    for total in document["totals"]["assets"]:
        parts = [total["by_evidence"][e.value] for e in SHOWN_EVIDENCE]
        if int(total["verified"] or 0) != sum(int(part or 0) for part in parts):
            yield f"{total['asset']}: what is verified is not the sum of its classes"
    yield from _by_network(document)
    yield from wrong_rows(document)


def _by_network(document: Json) -> Iterator[str]:
    """Coverage and balances have as many rows of each network as are sealed of it."""
    records = document.get("seal_records")
    if records is None or not document["snapshot"]["complete"]:
        return
    sealed: Counter[str] = Counter()
    for record in records:
        kind, network, _, _, _, rows, _ = record if len(record) == PARTS_OF_A_CHUNK else [None] * 7
        if kind == "chunk" and isinstance(rows, int):
            sealed[str(network)] += rows
    for what, name in (("coverage", "control"), ("balances", "balances")):
        said: Counter[str] = Counter()
        for place in document[name]:
            said[place["network"]] += place["rows"]
        for network in sorted({*sealed, *said}):
            if said[network] != sealed[network]:
                yield (
                    f"its {what} has {said[network]} rows of {network}, and {sealed[network]} are "
                    "sealed"
                )


def _ratios(document: Json) -> Iterator[str]:
    yield from _twice(document)
    yield from wrong_ratios(document)


def _own_coins(document: Json) -> Iterator[Check]:
    """Whether its ratios leave out what the tables here say is the publisher's own."""
    if other := counted_otherwise(document):
        what = f"by the tables of this program {'; '.join(other[:3])}"
        yield Check("own-coins", CheckState.NOT_CHECKED, what)


def _value(document: Json) -> Iterator[Check]:
    """What it was worth, where the report has prices."""
    if "value" in document:
        what = "each value is an amount at its price, and they add up"
        yield from _all("value", chain(_twice(document), wrong_value(document)), what)


def _words(document: Json) -> Iterator[Check]:
    """Whether it explains its findings and liabilities as this program does."""
    if other := other_words(document):
        what = (
            f"it explains {', '.join(other[:5])} in other words than this program; a page has ours"
        )
        yield Check("words", CheckState.NOT_CHECKED, what)


def _weights(document: Json) -> Iterator[Check]:
    known = {kind.value: WEIGHTS[kind].value for kind in FindingKind}
    other = [f["kind"] for f in document["findings"] if known.get(f["kind"]) != f["weight"]]
    if other:
        what = f"this program does not weigh {', '.join(other[:5])} as the report does"
        yield Check("weights", CheckState.NOT_CHECKED, what)


def _list(document: Json, found: str | None) -> Check:
    of = document["snapshot"]["list"]
    if found is None:
        what = f"no list given to compare with {of['sha256']} (--list)"
        return Check("list", CheckState.NOT_CHECKED, what)
    if found != of["sha256"]:
        what = f"the file's SHA-256 is {found}, the report is of {of['sha256']}"
        return Check("list", CheckState.FALSE, what)
    return Check("list", CheckState.HOLDS, "the file is the one that the report is of")
