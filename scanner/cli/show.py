"""`scanner show SNAPSHOT`: what was found false or could not be shown, one line each."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated

import typer

from scanner.cli.options import Database, Snapshot, database_url

if TYPE_CHECKING:
    from scanner.model.finding import Finding, Weight

Only = Annotated[
    list[str] | None,
    typer.Option(
        metavar="KIND", help="Only this kind, such as mismatch or shortfall. May be repeated."
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
    """List the findings of a snapshot. The exit status is that of the findings listed.

    At best 3 while the snapshot is not complete.
    """
    from scanner.cli.console import finish, say_incomplete
    from scanner.model.finding import Weight
    from scanner.reports.findings import parse_kinds
    from scanner.store import queries
    from scanner.store.engine import open_store

    kinds = parse_kinds(only or [])
    with open_store(database_url(context, database)) as store:
        snapshot_id = queries.resolve(store, snapshot)
        found = queries.findings(store, snapshot_id, kinds=kinds)
        weights = _write((row.finding for row in found), as_jsonl)
        if not queries.head(store, snapshot_id).complete:
            say_incomplete(snapshot_id)
            weights.add(Weight.UNSHOWN)
        finish(weights)


def _write(findings: Iterable[Finding], as_jsonl: bool) -> set[Weight]:
    from scanner.reports.findings import finding_record
    from scanner.reports.jsontext import compact
    from scanner.reports.outcome import finding_line
    from scanner.reports.text import printable

    weights = set()
    for finding in findings:
        weights.add(finding.weight)
        if as_jsonl:
            data = compact(finding_record(finding))
        else:
            data = f"{finding.kind.value}: {printable(finding_line(finding))}\n".encode()
        sys.stdout.buffer.write(data)
    return weights
