"""`scanner report SNAPSHOT -o report.html`: one self-contained page, or its JSON twin."""

from __future__ import annotations

from typing import Annotated

import typer

from scanner.cli.options import Database, Snapshot, database_url

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
    bool, typer.Option("--schema", help="Write the JSON Schema of the twin instead of a report.")
]
AsTwin = Annotated[bool, typer.Option("--json", help="Write the page's machine-readable twin.")]


def report(
    context: typer.Context,
    snapshot: Snapshot = "latest",
    output: Output = "",
    as_json: AsTwin = False,
    as_schema: AsSchema = False,
    database: Database = None,
) -> None:
    """Write a snapshot's report as one HTML page.

    It asks nobody and holds no script. --json writes its twin, for programs, --schema the twin's
    JSON Schema. Exit status 0 means that it was written.
    """
    from scanner.cli.console import say, say_incomplete
    from scanner.reports.document import report_document, schema
    from scanner.reports.html import report_page
    from scanner.reports.jsontext import pretty
    from scanner.reports.writers import STDOUT, whole_file
    from scanner.store.engine import open_store
    from scanner.store.queries import head, resolve

    if as_schema:
        with whole_file(output or STDOUT) as stream:
            stream.write(pretty(schema()))
        return
    with open_store(database_url(context, database)) as store:
        snapshot_id = resolve(store, snapshot)
        complete = head(store, snapshot_id).complete
        document = report_document(store, snapshot_id)
    data = pretty(document) if as_json else report_page(document).encode("utf-8")
    target = output or ("report.json" if as_json else "report.html")
    with whole_file(target) as stream:
        stream.write(data)
    say(f"report written to {target}")
    if not complete:
        say_incomplete(snapshot_id)
