"""`scanner schedule add|edit|pause|...`: lists that are scanned again by the clock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from scanner.cli.common.completion import publishers
from scanner.cli.common.console import emit, say
from scanner.cli.common.listing import (
    Columns,
    Format,
    RowAsset,
    RowNetwork,
    Unit,
    parse_columns,
    with_unit,
)
from scanner.cli.common.options import AsJson, Database, database_url
from scanner.cli.common.publishers import (
    Challenge,
    Wanted,
    chosen_publisher,
    publisher_words,
    statement_options,
)
from scanner.cli.common.reading import (
    At,
    Networks,
    Prove,
    Quorum,
    Spread,
    parse_hashes,
    parse_heights,
    parse_networks,
    parse_spread,
)
from scanner.cli.common.times import heights_for_times
from scanner.errors import ConfigError, clip
from scanner.lists import open as opening
from scanner.model.publisher import Publisher as Publication
from scanner.model.registry import Registry
from scanner.net import locations
from scanner.reports.tables import grid, jsontext
from scanner.settings import publishers as publisher_table
from scanner.settings import tables
from scanner.store.database import engine
from scanner.store.reading import status as reading_status
from scanner.store.writing import publishers as stored_publishers
from scanner.store.writing import schedules
from scanner.worker import queue, scheduling, ticks

_RHYTHMS = {"day": "0 6 * * *", "week": "0 6 * * 1", "month": "0 6 1 * *", "quarter": "0 6 1 */3 *"}
"""How often a publisher publishes -> when its list is looked at: at six, on the first such day."""

app = typer.Typer(help="Run snapshots on a schedule.", no_args_is_help=True, rich_markup_mode=None)

Name = Annotated[str, typer.Argument(metavar="NAME", help="The schedule's name.")]
Location = Annotated[
    str,
    typer.Option(
        "--list",
        metavar="FILE|URL",
        help="The list; fetched again for each run. Default: the location and the layout of the "
        "publisher's newest list, from the table of publishers.",
    ),
]
Cron = Annotated[
    str,
    typer.Option(
        "--cron",
        metavar="EXPRESSION",
        help="When to run, in UTC: '0 6 * * *' is daily at six. Default: as often as the "
        "publisher publishes, from the table of publishers.",
    ),
]


Whose = Annotated[
    str,
    typer.Option(
        "--publisher",
        metavar="NAME",
        autocompletion=publishers,
        help="Who publishes the list. Default: of a new schedule its name; 'edit' leaves it. "
        "'scanner publishers list --known' shows the known ones.",
    ),
]


@app.command("add")
def add(  # noqa: PLR0913, PLR0917 - one parameter per option
    context: typer.Context,
    name: Name,
    location: Location = "",
    cron: Cron = "",
    publisher: Whose = "",
    challenge: Challenge = "",
    statement: Wanted = None,
    networks: Networks = "",
    at: At = None,
    quorum: Quorum = 1,
    proof: Prove = False,
    spread: Spread = "1h",
    list_format: Format = "",
    columns: Columns = None,
    network: RowNetwork = "",
    asset: RowAsset = "",
    unit: Unit = "",
    database: Database = None,
) -> None:
    """Save a schedule; 'scanner worker' runs it.

    If 'scanner publishers list --known' shows where a publisher's lists are, the name is
    enough: location, layout and interval then come from that table. The texts that count
    always do.
    """
    registry = tables.load_registry()
    wanted = parse_networks(networks, registry)
    said = statement_options(challenge, statement)
    stated = heights_for_times(at or [], None, registry, quorum)
    table = publisher_table.load_publishers()
    known = table.known(chosen_publisher(publisher or name, "", table))
    place, layout = _place(location, known)
    options = schedules.ScheduleOptions(
        networks=None if wanted is None else tuple(sorted(wanted)),
        at=parse_heights(stated, registry),
        hashes=parse_hashes(stated, registry),
        spread=parse_spread(spread),
        quorum=quorum,
        proof=proof,
        format=list_format or layout,
        columns=with_unit(parse_columns(columns or ()), unit),
        network=network,
        asset=asset,
        challenge=said.challenge,
        wanted=said.wanted,
    )
    _check_reading(name, options, registry)
    when, now = ticks.check_cron(cron or _rhythm(known)), datetime.now(UTC)
    with engine.open_store(database_url(context, database), create=True) as store:
        stored = stored_publishers.publisher_names(store)
        whose = chosen_publisher(publisher or name, "", table, stored)
        schedules.add(store, name, whose, place, when, options, now)
    first = ticks.next_tick(when, now)
    say(publisher_words(whose, publisher or name, stored))
    say(f"schedule {name}: first run {first:%Y-%m-%d %H:%M} UTC by 'scanner worker'")


@app.command("list")
def list_schedules(
    context: typer.Context, as_json: AsJson = False, database: Database = None
) -> None:
    """Show schedules with their last and next run."""
    with engine.open_store(database_url(context, database)) as store:
        records = [_record(found) for found in reading_status.schedule_states(store)]
    if as_json:
        emit(jsontext.pretty(records))
        return
    if not records:
        say("no schedule yet: 'scanner schedule add' makes one")
        return
    titles = ("name", "publisher", "cron", "next", "last", "state", "snapshot", "error")
    rows = [[_cell(title, record[title]) for title in titles] for record in records]
    grid.print_grid([grid.Column(title) for title in titles], rows, title="Schedules (UTC)")


def _cell(title: str, value: object) -> str:
    """One cell: times to the minute, "-" for what is not there yet."""
    if value is None:
        return "" if title == "error" else "-"
    return str(value)[:16].replace("T", " ") if title in {"next", "last"} else str(value)


@app.command("edit")
def edit(  # noqa: PLR0913, PLR0917 - one parameter per option
    context: typer.Context,
    name: Name,
    location: Location = "",
    cron: Cron = "",
    publisher: Whose = "",
    challenge: Challenge = "",
    statement: Wanted = None,
    networks: Networks = "",
    at: At = None,
    quorum: Quorum = 1,
    proof: Prove = False,
    spread: Spread = "1h",
    list_format: Format = "",
    columns: Columns = None,
    network: RowNetwork = "",
    asset: RowAsset = "",
    unit: Unit = "",
    database: Database = None,
) -> None:
    """Change a schedule: the given options replace the old ones, the rest stays.

    Snapshots that it has taken do not change.
    """
    # What was typed is read from the context: only there is known what was given at all.
    place = locations.check_location(location) if location else ""
    when = ticks.check_cron(cron) if cron else ""
    with engine.open_store(database_url(context, database)) as store:
        known = schedules.schedule_named(store, name).options
        given = _changes(context, quorum if _given(context, "quorum") else known.quorum)
        whose = ""
        if publisher:
            whose = chosen_publisher(
                publisher,
                "",
                publisher_table.load_publishers(),
                stored_publishers.publisher_names(store),
            )

        def change(before: schedules.Schedule) -> schedules.Schedule:
            options = replace(before.options, **given)
            if "columns" in given:
                kept = _kept_columns(context, before.options.columns)
                options = replace(options, columns=kept | given["columns"])
            _check_reading(name, options, tables.load_registry())
            return replace(
                before,
                publisher=whose or before.publisher,
                location=place or before.location,
                cron=when or before.cron,
                options=options,
            )

        after = schedules.edit(store, name, change)
    _say_next(after)


def _changes(context: typer.Context, quorum: int) -> dict[str, Any]:
    """Fields of ScheduleOptions that the options of the command line say anew.

    quorum: that of the schedule from now on.
    """
    registry, params = tables.load_registry(), context.params
    networks = parse_networks(params["networks"], registry)
    said = statement_options(params["challenge"], params["statement"])
    stated = heights_for_times(params["at"] or [], None, registry, quorum)
    columns = with_unit(parse_columns(params["columns"] or ()), params["unit"])
    found: dict[str, tuple[str, Any]] = {
        "networks": ("networks", None if networks is None else tuple(sorted(networks))),
        "spread": ("spread", parse_spread(params["spread"])),
        "quorum": ("quorum", quorum),
        "proof": ("proof", params["proof"]),
        "list_format": ("format", params["list_format"]),
        "columns": ("columns", columns),
        "unit": ("columns", columns),
        "network": ("network", params["network"]),
        "asset": ("asset", params["asset"]),
        "challenge": ("challenge", said.challenge),
        "statement": ("wanted", said.wanted),
        "at": ("at", parse_heights(stated, registry)),
    }
    given = {field: value for option, (field, value) in found.items() if _given(context, option)}
    if "challenge" in given or "wanted" in given:  # of the two only one counts: the new one
        given |= {"challenge": said.challenge, "wanted": said.wanted}
    return given | ({"hashes": parse_hashes(stated, registry)} if "at" in given else {})


def _kept_columns(context: typer.Context, before: Mapping[str, str]) -> dict[str, str]:
    """What stays of a column map, in which the unit stands, too: each option says its own part."""
    said = {"columns": _given(context, "columns"), "unit": _given(context, "unit")}
    return {k: v for k, v in before.items() if not said["unit" if k == "unit" else "columns"]}


def _check_reading(name: str, options: schedules.ScheduleOptions, registry: Registry) -> None:
    """Refuse now what every run would be refused for."""
    opening.check_options(name, registry, options.format, options.columns, options.network)


def _given(context: typer.Context, option: str) -> bool:
    """Whether the user wrote the option."""
    source = context.get_parameter_source(option)
    return source is not None and source.name == "COMMANDLINE"


def _say_next(schedule: schedules.Schedule) -> None:
    if schedule.paused:
        say(f"schedule {schedule.name}: paused; run 'scanner schedule resume' to start it again")
        return
    when = ticks.next_tick(schedule.cron, datetime.now(UTC))
    say(f"schedule {schedule.name}: next run {when:%Y-%m-%d %H:%M} UTC by 'scanner worker'")


@app.command("pause")
def pause(context: typer.Context, name: Name, database: Database = None) -> None:
    """Start no more runs until the schedule is resumed; a run in progress is finished."""
    _pause(database_url(context, database), name, paused=True)


@app.command("resume")
def resume(context: typer.Context, name: Name, database: Database = None) -> None:
    """Start runs again with the next one due; runs missed during the pause are not made up."""
    _pause(database_url(context, database), name, paused=False)


def _pause(url: str, name: str, *, paused: bool) -> None:
    def change(before: schedules.Schedule) -> schedules.Schedule:
        if before.paused is paused:
            raise ConfigError(f"schedule {name} is {'already paused' if paused else 'not paused'}")
        return replace(before, paused=paused, since=before.since if paused else datetime.now(UTC))

    with engine.open_store(url) as store:
        schedules.schedule_named(store, name)
        after = schedules.edit(store, name, change)
    _say_next(after)


@app.command("remove")
def remove(context: typer.Context, name: Name, database: Database = None) -> None:
    """Delete a schedule; the snapshots that it took stay."""
    with engine.open_store(database_url(context, database)) as store:
        schedules.remove(store, name)
    say(f"schedule {name} removed")


@app.command("run-now")
def run_now(context: typer.Context, name: Name, database: Database = None) -> None:
    """Queue a run now for the next free worker."""
    with engine.open_store(database_url(context, database)) as store:
        schedule = schedules.schedule_named(store, name)
        scheduling.claim_now(store, schedule, datetime.now(UTC), _give_out(store))
    say(f"schedule {name}: a run waits for 'scanner worker'")


def _give_out(store: engine.Store) -> scheduling.Also | None:
    """What brings a claimed run to the workers; on SQLite they look for it themselves."""
    if store.dialect == "sqlite":
        return None

    return queue.give_out_run


def _place(given: str, known: Publication) -> tuple[str, str]:
    """Where the list is, and the name of its reader ("": told by its content).

    A place that the user names may hold anything; the table's holds what the table says.
    Raises ConfigError where neither knows.
    """
    if given:
        return locations.check_location(given), ""
    if known.location:
        say(f"location from the table of publishers: {locations.shown(known.location)}")
        return locations.check_location(known.location), known.layout
    page = " ('scanner publishers list --known' shows its page)" if known.page else ""
    name = clip(known.name)
    raise ConfigError(
        f"the table of publishers has no location for the lists of {name}: give --list{page}"
    )


def _rhythm(known: Publication) -> str:
    """When to look, by how often the publisher publishes. Raises ConfigError if nobody knows."""
    when = _RHYTHMS.get(known.every)
    if when is None:
        raise ConfigError(f"no table states how often {clip(known.name)} publishes: give --cron")
    say(f"interval from the table of publishers: every {known.every}")
    return when


def _record(found: reading_status.ScheduleStatus) -> dict[str, object]:
    schedule, run = found.schedule, found.run
    upcoming = (
        None if schedule.paused else ticks.next_tick(schedule.cron, datetime.now(UTC)).isoformat()
    )
    return {
        "name": schedule.name,
        "publisher": schedule.publisher,
        "list": locations.shown(schedule.location),
        "cron": schedule.cron,
        "options": list(schedule.options.arguments()),
        "paused": schedule.paused,
        "next": upcoming,
        "last": run.tick.isoformat() if run else None,
        "state": found.state or None,
        "snapshot": run.snapshot_id if run else None,
        "error": run.error if run and run.error else None,
    }
