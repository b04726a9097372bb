"""`scanner report SNAPSHOT -o report.html`: one self-contained page, or its JSON twin."""

from __future__ import annotations

from typing import Annotated

import typer

from scanner.cli.common.console import say, say_incomplete
from scanner.cli.common.options import Database, Snapshot, database_url
from scanner.reports.documents import document as documents
from scanner.reports.documents import html
from scanner.reports.figures import other_chains as told
from scanner.reports.tables import jsontext, writers
from scanner.store.database import engine
from scanner.store.reading import queries

Output = Annotated[
    str,
    typer.Option(
        "--output",
        "-o",
        metavar="FILE",
        help="'-' for stdout; default: report.html, or report.json with --json.",
    ),
]
AsSchema = Annotated[
    bool,
    typer.Option("--schema", help="Write the JSON Schema of the JSON report instead of a report."),
]
AsTwin = Annotated[bool, typer.Option("--json", help="Write the report as JSON, for programs.")]


PreparedBy = Annotated[
    str, typer.Option("--prepared-by", metavar="NAME", help="Who is responsible for the report.")
]
PreparedFor = Annotated[
    str, typer.Option("--prepared-for", metavar="NAME", help="Who the report is for.")
]


def report(
    context: typer.Context,
    snapshot: Snapshot = "latest",
    output: Output = "",
    prepared_by: PreparedBy = "",
    prepared_for: PreparedFor = "",
    as_json: AsTwin = False,
    as_schema: AsSchema = False,
    database: Database = None,
) -> None:
    """Write a snapshot's report as one HTML page.

    The page has no scripts and loads nothing. --json writes the same as JSON, for programs,
    --schema its JSON Schema. Exit status 0 means that it was written.
    """
    if as_schema:
        with writers.whole_file(output or writers.STDOUT) as stream:
            stream.write(jsontext.pretty(documents.schema()))
        return
    with engine.open_store(database_url(context, database)) as store:
        snapshot_id = queries.resolve(store, snapshot)
        head = queries.head(store, snapshot_id)
        said = {"by": prepared_by.strip(), "for": prepared_for.strip()}
        prepared = {who: name for who, name in said.items() if name}
        document = documents.report_document(store, snapshot_id, prepared)
    data = jsontext.pretty(document) if as_json else html.report_page(document).encode("utf-8")
    target = output or ("report.json" if as_json else "report.html")
    with writers.whole_file(target) as stream:
        stream.write(data)
    say(f"report written to {writers.place(target)}")
    say(*told.chain_lines(told.other_chains(head)))
    if not head.complete:
        say_incomplete(snapshot_id)
