"""`scanner totals SNAPSHOT`: how much is held per asset, by strength of evidence."""

from __future__ import annotations

import sys
from contextlib import redirect_stdout
from textwrap import fill
from typing import Annotated, TextIO, cast

import typer

from scanner.cli.common.console import emit, emit_lines, finish, say
from scanner.cli.common.hints import Repeating
from scanner.cli.common.options import AsJson, Database, Form, Snapshot, chosen_form, database_url
from scanner.errors import ConfigError, clip
from scanner.reports.figures import aggregate, outcome, ratios
from scanner.reports.figures import groups as grouping
from scanner.reports.figures import other_chains as told
from scanner.reports.figures import totals as table
from scanner.reports.tables import jsontext
from scanner.store.database import engine
from scanner.store.reading import about_texts, queries
from scanner.store.reading import found as finds

Exact = Annotated[
    bool, typer.Option("--exact", help="Show every amount to the last digit, by evidence.")
]


Groups = Annotated[
    bool,
    typer.Option(
        "--groups",
        help="Also add up coins with the tokens that bridges and others owe in their name.",
    ),
]


def totals(
    context: typer.Context,
    snapshot: Snapshot = "latest",
    as_json: AsJson = False,
    form: Form = "",
    exact: Exact = False,
    groups: Groups = False,
    database: Database = None,
) -> None:
    """Show the totals of a snapshot. The exit status is that of its findings.

    The table fits 80 columns and rounds amounts down; --exact, --format and --json have every
    digit. All of them show the one ratio that a saved proof of one total allows; --exact and
    --json add its prices and the ratio that the publisher states. --groups also adds up a
    coin and the tokens that bridges and others owe in its name. The totals keep these apart,
    and findings and exit status depend on the coin alone.
    """
    chosen = chosen_form(form, as_json)
    if exact and chosen != "table":
        raise ConfigError(f"--exact is for the table: {chosen} always has every digit")
    if chosen == "csv" and groups:
        raise ConfigError("CSV has no groups: take --json")
    with engine.open_store(database_url(context, database)) as store:
        snapshot_id = queries.resolve(store, snapshot)
        found = queries.totals(store, snapshot_id)
        together = grouping.groups_of(store, found) if groups else None
        if chosen == "json":
            whole = aggregate.totals_object(store, found)
            more = {} if together is None else {"groups": grouping.group_objects(together)}
            each = {"ratios": ratios.ratio_objects(store, found)}
            emit(jsontext.pretty({**whole, **each, **more}))
        else:
            _write(store, found, "exact" if exact else chosen, together)
        head = queries.head(store, snapshot_id)
        say(f"totals of snapshot {snapshot_id}: {clip(head.publisher)}, {clip(head.list_name)}")
        weights = outcome.outcome_weights(store, snapshot_id)
        if weights:
            say(f"why it is not all verified: scanner show {snapshot_id}")
        finish(weights)


def _write(
    store: engine.Store,
    found: queries.SnapshotTotals,
    form: str,
    together: list[grouping.GroupTotal] | None,
) -> None:
    """As a table or CSV, and below a table what stands in none of its columns."""
    head = queries.head(store, found.snapshot)
    if form == "csv":
        emit(table.totals_csv(found, told.chains_of_assets(store, head)))
        return
    shown = ratios.ratio_objects(store, found)
    worst = finds.worst_by_asset(store, found.snapshot) if form == "table" else None
    chains = told.other_chains(head)
    elsewhere = about_texts.others_claiming(store, head.list_id)
    with redirect_stdout(cast(TextIO, Repeating(sys.stdout))):
        table.write_totals(found, form, shown, worst, chains, elsewhere)
    lines = [*grouping.group_lines(together)] if together is not None else []
    lines += ratios.published_words(shown) if form == "exact" else []
    kept = aggregate.aggregates(store, found.snapshot)
    for each in kept:
        short = fill(aggregate.aggregate_words(each), table.NARROW).splitlines()
        lines += aggregate.aggregate_lines(each) if form == "exact" else short
    lines += [told.WORTHLESS] if kept and chains else []
    if said := aggregate.together_words([aggregate.aggregate_object(each) for each in kept]):
        lines += [said] if form == "exact" else fill(said, table.NARROW).splitlines()
    emit_lines(lines)
