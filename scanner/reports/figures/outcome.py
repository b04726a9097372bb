"""What a snapshot came to: its exit status, one sentence, and the findings in groups."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TextIO

from scanner.model.finding import WEIGHTS, Finding, FindingKind, Weight
from scanner.reports.figures.amounts import counted_rows, reading_coins
from scanner.reports.figures.other_chains import chain_lines, other_chains
from scanner.reports.figures.words import MEANINGS
from scanner.reports.tables.text import printable
from scanner.snapshots.tally import AssetTotal
from scanner.store.database.engine import Store
from scanner.store.reading import queries
from scanner.store.reading.coverage import RowsFound, rows_found
from scanner.store.reading.found import first_of_each
from scanner.store.reading.heads import SnapshotHead
from scanner.store.reading.history import verified_rows
from scanner.store.reading.weighed import KindWeight, Stated, findings_of, weigh_findings

FIRST_FEW = 5
"""How many findings of each kind are shown; how to list all is said beside them."""


@dataclass(frozen=True, slots=True)
class FindingGroup:
    """All findings of one kind: how many, what they weigh, and the largest few.

    weighed: None for kinds that are not about claims. stated: for each example what its row claims.
    """

    kind: FindingKind
    count: int
    examples: tuple[Finding, ...]
    weighed: KindWeight | None = None
    stated: tuple[Stated, ...] = ()

    @property
    def weight(self) -> Weight:
        """What the kind does to the exit status."""
        return WEIGHTS[self.kind]

    @property
    def more(self) -> int:
        """How many are not among the examples."""
        return self.count - len(self.examples)


def outcome_weights(store: Store, snapshot_id: int) -> set[Weight]:
    """What the exit status of a snapshot is made of; an incomplete one is never all verified."""
    weights = queries.weights_found(store, snapshot_id)
    if not queries.head(store, snapshot_id).complete:
        weights.add(Weight.UNSHOWN)
    return weights


def finding_groups(
    store: Store,
    snapshot_id: int,
    few: int = FIRST_FEW,
    counts: Mapping[FindingKind, int] | None = None,
    totals: Sequence[AssetTotal] | None = None,
) -> list[FindingGroup]:
    """Findings grouped by kind: what is false first, too little for what is owed before the rest.

    few: examples of each, those with the largest shares of what is claimed of their asset first.
    counts, totals: of this snapshot, where they are at hand.
    """
    counts = queries.finding_counts(store, snapshot_id) if counts is None else counts
    totals = queries.asset_totals(store, snapshot_id) if totals is None else totals
    whole = {total.asset: (total.decimals, total.claimed or 0) for total in totals}
    weighed = weigh_findings(store, snapshot_id, whole, few)
    kinds = in_order(k for k in FindingKind if counts.get(k))
    largest = {
        kind: findings_of(store, snapshot_id, kind, weighed[kind].largest)
        for kind in kinds
        if kind in weighed
    }
    # The rest are findings of the list as a whole, or of rows that are no claims.
    rest = [kind for kind in kinds if len(largest.get(kind, ())) < few]
    first = first_of_each(store, snapshot_id, rest, few) if rest else {}
    groups = []
    for kind in kinds:
        weight, examples = weighed.get(kind), largest.get(kind, [])
        known = {finding for finding, _ in examples}
        examples += [(found, None) for found in first.get(kind, ()) if found not in known]
        shown, stated = zip(*examples[:few], strict=True) if examples[:few] else ((), ())
        groups.append(FindingGroup(kind, counts[kind], shown, weight, stated))
    return groups


TOO_LITTLE = (FindingKind.RESERVES_BELOW_LIABILITIES, FindingKind.RESERVES_MAYBE_BELOW)
"""Kinds whose reasons stand before the sentence."""


def in_order(kinds: Iterable[FindingKind]) -> list[FindingKind]:
    """What is false first; of each weight too little for what is owed before the rest."""
    order = list(Weight)
    return sorted(kinds, key=lambda k: (order.index(WEIGHTS[k]), k not in TOO_LITTLE))


@dataclass(frozen=True, slots=True)
class Answer:
    """What a snapshot came to.

    sentence: what stands under the result's name. doubts: what is not verified and may not stand
    there, for the result is that something is false; each ends with a full stop.
    """

    sentence: str
    doubts: tuple[str, ...] = ()


def answer(
    store: Store,
    head: SnapshotHead,
    counts: Mapping[FindingKind, int] | None = None,
    found: RowsFound | None = None,
) -> Answer:
    """Say what the snapshot came to; first of all where less is verified than is owed.

    counts, found: as `sentence` takes them, where they are at hand.
    """
    counts = queries.finding_counts(store, head.id) if counts is None else counts
    first: list[str] = []
    doubts: list[str] = []
    if any(counts.get(kind) for kind in TOO_LITTLE):
        false = any(counts.get(kind) for kind, weight in WEIGHTS.items() if weight is Weight.FALSE)
        for told in queries.findings(store, head.id, kinds=TOO_LITTLE):
            doubted = false and told.finding.weight is not Weight.FALSE
            (doubts if doubted else first).append(short_reason(told.finding.reason))
    rows = rows_found(store, head.id) if found is None else found
    return Answer(" ".join([*first, sentence(head, counts, rows)]), tuple(doubts))


def short_reason(reason: str) -> str:
    """What an answer says of too little for what is owed: what is known, without the why."""
    return f"{reason.partition(';')[0]}."


def sentence(head: SnapshotHead, counts: Mapping[FindingKind, int], found: RowsFound) -> str:
    """Say in one sentence what the snapshot came to.

    counts: findings of each kind. found: how many rows they are about.
    """
    rows = head.claims + head.unreadable
    wrong = sum(n for kind, n in counts.items() if WEIGHTS[kind] is Weight.FALSE)
    unshown = sum(n for kind, n in counts.items() if WEIGHTS[kind] is Weight.UNSHOWN)
    if not head.complete:
        return unfinished(rows, head.list_name, head.chunks_done, head.chunks, head.id)
    replaced = bool(counts.get(FindingKind.HEIGHT_REPLACED))
    return finished(rows, head.list_name, wrong, unshown, found, replaced=replaced)


def unfinished(rows: int, list_name: str, done: int, chunks: int, snapshot_id: int) -> str:
    """The sentence of a snapshot that is not complete. rows: data rows. done, chunks: parts."""
    return (
        f"{counted_rows(rows)} of {list_name}, {done:,} of {chunks:,} parts read: the result is "
        f"incomplete. Run 'scanner resume {snapshot_id}' to finish."
    )


OTHER_HEIGHT: Final = ", at a height that --at gave and not at the list's"
"""What a sentence adds where every amount was found, and not when the list says it was there."""


def finished(
    rows: int,
    list_name: str,
    wrong: int,
    unshown: int,
    found: RowsFound,
    *,
    replaced: bool = False,
) -> str:
    """The sentence of a complete snapshot.

    rows: data rows. wrong, unshown: findings of these weights. found: the rows they are about.
    replaced: whether balances were read at heights of the user's in place of the list's.
    """
    parts = [f"{found.false:,} {_be(found.false)} false"] if found.false else []
    if found.unverified:
        parts.append(f"{found.unverified:,} could not be verified")
    if wrong and not found.false:
        parts.append("something about the list as a whole is false")
    if unshown and not found.unverified:
        parts.append("something about the list as a whole could not be verified")
    every = "every claim verified" + (OTHER_HEIGHT if replaced else "")
    what = " and ".join(parts) or every
    return f"{counted_rows(rows)} of {list_name}: {what}."


def _be(count: int) -> str:
    return "row is" if count == 1 else "rows are"


def print_outcome(store: Store, snapshot_id: int, stream: TextIO | None = None) -> None:
    """Write the sentence and the grouped findings, by default to stderr."""
    out = stream or sys.stderr
    for group in finding_groups(store, snapshot_id):
        for line in _group_lines(group, snapshot_id):
            out.write(printable(line) + "\n")
    head = queries.head(store, snapshot_id)
    for line in chain_lines(other_chains(head)):
        out.write(printable(line) + "\n")
    rows = rows_found(store, snapshot_id)
    found = answer(store, head, found=rows)
    for doubt in found.doubts:
        out.write(printable(f"not verified: {doubt}") + "\n")
    if head.complete and (rows.false or rows.unverified):
        out.write(verified_words(verified_rows(store, snapshot_id), head, rows) + "\n")
    out.write(printable(found.sentence) + "\n")


def verified_words(verified: int, head: SnapshotHead, found: RowsFound) -> str:
    """How many rows are verified, for whoever counts the others beside it.

    A row that is verified holds what was read, which may be less than it claims: such a row is
    false, too, and the numbers add up to more than all rows.
    """
    every = head.claims + head.unreadable
    said = f"{verified:,} of {counted_rows(every)} {'is' if verified == 1 else 'are'} verified"
    if verified + found.false + found.unverified <= every:
        return f"{said}."
    return f"{said}; some of these are false or doubted besides: such rows are in both counts."


_TITLES = {Weight.FALSE: "FALSE", Weight.UNSHOWN: "not verified", Weight.NOTE: "note"}


def _group_lines(group: FindingGroup, snapshot_id: int) -> list[str]:
    kind = group.kind.value
    lines = [f"{_TITLES[group.weight]}: {kind}, {group.count:,} ({MEANINGS[group.kind]})"]
    lines += [
        f"  {finding_line(finding, stated)}"
        for finding, stated in zip(group.examples, group.stated, strict=True)
    ]
    if group.more:
        lines.append(f"  and {group.more:,} more: scanner show {snapshot_id} --only {kind}")
    return lines


def finding_line(finding: Finding, stated: Stated = None) -> str:
    """One finding on one line: place, what it is about, reason. stated: what its row claims."""
    where = f"line {finding.row}: " if finding.row is not None else ""
    amount = reading_coins(*stated, finding.asset) if stated else ""
    named = (amount, finding.asset, finding.network, finding.address)
    about = " ".join(part for part in named if part)
    return f"{where}{about}{': ' if about else ''}{finding.reason}"


def _number(count: int, thing: str) -> str:
    return f"{count:,} {thing}{'' if count == 1 else 's'}"
