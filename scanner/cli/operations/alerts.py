"""`scanner alerts test|run`: is everybody reached; what would be told about a snapshot."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from scanner.alerts import channels, rules
from scanner.alerts import config as alert_config
from scanner.alerts import telling as alerting
from scanner.cli.common.console import emit, finish, say
from scanner.cli.common.options import AsJson, Database, Snapshot, database_url
from scanner.errors import ConfigError, SourceError
from scanner.model.finding import Weight
from scanner.reports.figures import other_chains as told
from scanner.reports.tables import jsontext
from scanner.settings import tables
from scanner.store.database import engine
from scanner.store.reading import queries
from scanner.store.writing import alert_log

app = typer.Typer(help="Send alerts.", no_args_is_help=True, rich_markup_mode=None)

AlertFile = Annotated[
    Path | None,
    typer.Option(
        "--alerts", metavar="FILE", help="File with rules and channels; default: SCANNER_ALERTS."
    ),
]


def load_or_fail(file: Path | None) -> alert_config.AlertConfig:
    """Read the alert file. Raises ConfigError if there is none, or nothing in it."""
    config = alert_config.load_alerts(file)
    if config is None:
        named = file or os.environ.get(alert_config.ENVIRONMENT)
        raise ConfigError(
            f"{named}: no [[channel]] in it: take the marks off one, or write it"
            if named
            else "no alert file: name one with --alerts or SCANNER_ALERTS"
        )
    return config


@app.command("test")
def trial(alerts: AlertFile = None) -> None:
    """Send a test message to every channel. Exit status 3 if a channel was not reached."""
    config = load_or_fail(alerts)

    missed = set()
    for name, channel in config.channels.items():
        try:
            channels.deliver(channel, alerting.trial_message())
        except SourceError as e:
            missed.add(Weight.UNSHOWN)
            say(f"not reached: {e}")
        else:
            say(f"{name}: delivered")
    finish(missed)


@app.command("run")
def run(
    context: typer.Context,
    snapshot: Snapshot = "latest",
    alerts: AlertFile = None,
    as_json: AsJson = False,
    database: Database = None,
) -> None:
    """Apply the rules to a snapshot and deliver what is due.

    An alert that was already sent is not sent again. Exit status 3 if something could not be
    delivered: it is kept, and the next run or a worker tries again.
    """
    config = load_or_fail(alerts)
    with engine.open_store(database_url(context, database)) as store:
        snapshot_id = queries.resolve(store, snapshot)
        registry = tables.load_registry()
        telling = alerting.Alerts(store, registry, config)
        nothing = rules.match_nothing(store, registry, config.rules)
        new = telling.after_snapshot(snapshot_id)
        delivered = telling.deliver_due()
        events = alert_log.events_of(store, snapshot_id)
        chains = told.other_chains(queries.head(store, snapshot_id))
    if as_json:
        read = {told.COLUMN: told.chain_objects(chains)}
        emit(jsontext.pretty([{**event.to_json(), **read} for event in events]))
    for event in events:
        say(f"{event.rule}: {event.reason}")
    say(*told.chain_lines(chains))
    say(*nothing)
    say(
        f"{new} new alerts; deliveries: {delivered.done} done, {delivered.waiting} to be tried "
        f"again, {delivered.given_up} given up"
    )
    finish({Weight.UNSHOWN} if delivered.waiting or delivered.given_up else set())
