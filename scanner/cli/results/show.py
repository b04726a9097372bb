"""`scanner show SNAPSHOT`: what is false or not verified, one line each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Annotated, BinaryIO, Protocol

import typer

from scanner.cli.common import completion
from scanner.cli.common.console import finish, say, say_incomplete
from scanner.cli.common.options import AsJson, Database, Snapshot, database_url
from scanner.errors import ConfigError
from scanner.model.amount import counted
from scanner.model.finding import WEIGHTS, Finding, FindingKind, Weight
from scanner.reports.figures import findings, outcome, words
from scanner.reports.figures import other_chains as told
from scanner.reports.tables import jsontext, writers
from scanner.reports.tables.text import printable
from scanner.store.database import engine
from scanner.store.reading import found as finds
from scanner.store.reading import queries

Only = Annotated[
    list[str] | None,
    typer.Option(
        metavar="KIND",
        autocompletion=completion.kinds,
        help="Only this kind, such as mismatch or shortfall, or this weight: false, not-verified, "
        "note. May be repeated.",
    ),
]
Jsonl = Annotated[
    str,
    typer.Option("--jsonl", metavar="FILE", help="Write one JSON object a line; '-' for stdout."),
]


def show(
    context: typer.Context,
    snapshot: Snapshot = "latest",
    only: Only = None,
    as_json: AsJson = False,
    jsonl: Jsonl = "",
    database: Database = None,
) -> None:
    """List the findings of a snapshot: what is false first, then what is not verified.

    The exit status is that of the listed findings, and never 0 while the snapshot is incomplete.
    """
    if as_json and jsonl:
        raise ConfigError("--json and --jsonl cannot be used together")
    kinds = findings.parse_kinds(only or [])
    with engine.open_store(database_url(context, database)) as store:
        snapshot_id = queries.resolve(store, snapshot)
        head = queries.head(store, snapshot_id)
        chains = told.other_chains(head)
        with writers.whole_file(jsonl or "-") as out:
            form: _Form = _Lines(out) if jsonl else _Text(out)
            if as_json:
                form = _Document(out, head, chains)
            counts = _write(store, snapshot_id, kinds, form)
        weights = set(counts)
        if weights and not (as_json or jsonl):
            # A kind does not say by itself whether it is false, or only could not be verified.
            parts = [f"{n:,} {words.WEIGHT_WORDS[w]}" for w in Weight if (n := counts[w])]
            say(f"findings in this order: {', '.join(parts)}")
        elif not weights:
            _say_none(queries.finding_counts(store, snapshot_id), snapshot_id)
        say(*told.chain_lines(chains))
        if not head.complete:
            say_incomplete(snapshot_id)
            weights.add(Weight.UNSHOWN)
        finish(weights)


def _say_none(counts: Mapping[FindingKind, int], snapshot_id: int) -> None:
    """Say that nothing is listed, and that something else was found, if there is anything."""
    if found := sum(counts.values()):
        others = counted(found, "other finding")
        say(f"none of this kind was found; {others}: 'scanner show {snapshot_id}'")
    else:
        say(f"snapshot {snapshot_id} has no findings")


def _write(
    store: engine.Store, snapshot_id: int, kinds: Collection[FindingKind], form: _Form
) -> Counter[Weight]:
    """Write findings as they are read: what is false first, of one weight as the list has them.

    Returns how many there are of each weight.
    """
    counts: Counter[Weight] = Counter()
    for weight in Weight:
        wanted = [k for k in kinds or FindingKind if WEIGHTS[k] is weight]
        found = finds.findings_by_place(store, snapshot_id, wanted) if wanted else ()
        for finding in found:
            counts[weight] += 1
            form.add(finding)
    form.end()
    return counts


class _Form(Protocol):
    """How findings are written: one call each, then the end."""

    def add(self, finding: Finding) -> None: ...
    def end(self) -> None: ...


class _Text:
    """One line for people."""

    def __init__(self, out: BinaryIO) -> None:
        # Looked up once: a module that waits costs a microsecond each time, of a million findings.
        self._out, self._line = out, outcome.finding_line

    def add(self, finding: Finding) -> None:
        line = f"{finding.kind.value}: {printable(self._line(finding))}\n"
        self._out.write(line.encode())

    def end(self) -> None:
        pass


class _Lines(_Text):
    """One JSON object a line."""

    def __init__(self, out: BinaryIO) -> None:
        super().__init__(out)
        self._record, self._compact = findings.finding_record, jsontext.compact

    def add(self, finding: Finding) -> None:
        self._out.write(self._json(finding))

    def _json(self, finding: Finding) -> bytes:
        return self._compact(self._record(finding))


class _Document(_Lines):
    """One JSON object, written piece by piece: there may be a million findings."""

    def __init__(
        self, out: BinaryIO, head: queries.SnapshotHead, chains: Sequence[told.Chain]
    ) -> None:
        super().__init__(out)
        state = "true" if head.complete else "false"
        read = self._compact(told.chain_objects(chains)).decode().strip()
        start = (
            f'{{"snapshot": {head.id}, "complete": {state}, "{told.COLUMN}": {read}, "findings": ['
        )
        out.write(start.encode())
        self._between = b"\n"

    def add(self, finding: Finding) -> None:
        self._out.write(self._between + self._json(finding).rstrip())
        self._between = b",\n"

    def end(self) -> None:
        self._out.write(b"\n]}\n")
