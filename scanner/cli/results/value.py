"""`scanner value SNAPSHOT`: what the totals were worth in US dollars, by dated prices."""

from __future__ import annotations

import sys
from datetime import timedelta
from typing import Annotated

import typer

from scanner.cli.common.console import emit, finish, say
from scanner.cli.common.hints import repeating
from scanner.cli.common.options import AsJson, Database, Form, Snapshot, chosen_form, database_url
from scanner.model.finding import Weight
from scanner.reports.figures import other_chains as told
from scanner.reports.figures import outcome, values, values_json, values_text
from scanner.store.database import engine
from scanner.store.reading import queries

MaxAge = Annotated[
    int,
    typer.Option(
        "--max-age",
        metavar="HOURS",
        min=1,
        max=24 * 366,
        help="How far from the snapshot's block time a price may be; others are not used.",
    ),
]
PriceSource = Annotated[
    str,
    typer.Option(
        "--source",
        metavar="TEXT",
        help="Use only prices whose source begins with this: 'chainlink:', 'csv: Kraken'.",
    ),
]
Exact = Annotated[
    bool,
    typer.Option("--exact", help="Show every amount to the cent, and the source of each price."),
]
DEFAULT_HOURS = 25


def value(
    context: typer.Context,
    snapshot: Snapshot = "latest",
    as_json: AsJson = False,
    form: Form = "",
    exact: Exact = False,
    max_age: MaxAge = DEFAULT_HOURS,
    source: PriceSource = "",
    database: Database = None,
) -> None:
    """Show a snapshot's totals in US dollars.

    Shows the value of each asset, its share, and the change since snapshots of about a month and
    a year before, of the same publisher, networks and schedule. Prices come from 'scanner
    prices'. The exit status is that of totals, and 3 if a price is missing.
    """
    chosen = chosen_form(form, as_json)
    with engine.open_store(database_url(context, database)) as store:
        snapshot_id = queries.resolve(store, snapshot)
        report = values.value_report(
            store, snapshot_id, values.PriceRule(timedelta(hours=max_age), source)
        )
        weights = outcome.outcome_weights(store, snapshot_id)
        head = queries.head(store, snapshot_id)
        chains, of_assets = told.other_chains(head), told.chains_of_assets(store, head)
        before = _chains_before(store, report)
    if chosen == "json":
        emit(values_json.value_json(report, chains))
    elif chosen == "csv":
        emit(values_text.value_csv(report, of_assets))
    elif exact:
        values_text.print_values(report, sys.stdout)
    else:
        values_text.print_short(report, sys.stdout)
    if chosen == "table":
        emit("".join(f"{line}\n" for line in told.dollar_lines(chains, before)).encode())
    if chosen == "table" and not exact:
        more = repeating(f"Cents, prices and their sources: scanner value {snapshot_id} --exact\n")
        emit(more.encode())
    say(*values_text.notes(report))
    finish(weights if report.now.priced else weights | {Weight.UNSHOWN})


def _chains_before(store: engine.Store, report: values.ValueReport) -> list[str]:
    """The notices of the snapshots that it is compared with."""
    earlier = [then.taken.snapshot for then in report.then.values() if then is not None]
    heads = [queries.head(store, each) for each in dict.fromkeys(earlier)]
    return [
        line
        for head in heads
        for line in told.chain_lines(told.other_chains(head), f"snapshot {head.id}")
    ]
