"""`scanner show SNAPSHOT`: what is false or not verified, one line each."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Annotated

import typer

from scanner.cli.common.console import finish, say_incomplete
from scanner.cli.common.options import Database, Snapshot, database_url
from scanner.model.finding import WEIGHTS, Finding, FindingKind, Weight
from scanner.reports.figures.findings import finding_record, parse_kinds
from scanner.reports.figures.outcome import finding_line
from scanner.reports.tables.jsontext import compact
from scanner.reports.tables.text import printable
from scanner.store.database.engine import open_store
from scanner.store.reading import queries

Only = Annotated[
    list[str] | None,
    typer.Option(
        metavar="KIND",
        help="Only this kind, such as mismatch or shortfall, or this weight: false, not-verified, "
        "note. May be repeated.",
    ),
]
AsJsonl = Annotated[bool, typer.Option("--jsonl", help="Write one JSON object a line.")]


def show(
    context: typer.Context,
    snapshot: Snapshot = "latest",
    only: Only = None,
    as_jsonl: AsJsonl = False,
    database: Database = None,
) -> None:
    """List the findings of a snapshot: what is false first, then what is not verified.

    The exit status is that of the findings listed, at best 3 while the snapshot is not complete.
    """
    kinds = parse_kinds(only or [])
    with open_store(database_url(context, database)) as store:
        snapshot_id = queries.resolve(store, snapshot)
        weights = set()
        for weight in Weight:
            wanted = [k for k in kinds or FindingKind if WEIGHTS[k] is weight]
            if wanted:
                found = queries.findings(store, snapshot_id, kinds=wanted)
                weights |= _write((row.finding for row in found), as_jsonl)
        if not queries.head(store, snapshot_id).complete:
            say_incomplete(snapshot_id)
            weights.add(Weight.UNSHOWN)
        finish(weights)


def _write(findings: Iterable[Finding], as_jsonl: bool) -> set[Weight]:
    weights = set()
    for finding in findings:
        weights.add(finding.weight)
        if as_jsonl:
            data = compact(finding_record(finding))
        else:
            data = f"{finding.kind.value}: {printable(finding_line(finding))}\n".encode()
        sys.stdout.buffer.write(data)
    return weights
