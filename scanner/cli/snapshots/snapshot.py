"""`scanner snapshot FILE`: the main job. Verify, pin, fetch, store, tally."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import typer

from scanner.cli.common.console import say
from scanner.cli.common.listing import (
    Columns,
    Format,
    ListOptions,
    RowAsset,
    RowNetwork,
    Unit,
    open_published,
    share,
)
from scanner.cli.common.options import AsJson, Database, Endpoints, ListFile, database_url
from scanner.cli.common.origin import arguments_of, file_time
from scanner.cli.common.places import Place, at_hand, check_file, document_at_hand, is_stdin
from scanner.cli.common.progress import ProgressBar
from scanner.cli.common.publishers import (
    Challenge,
    Publisher,
    Wanted,
    chosen_publisher,
    publisher_words,
    statement_options,
)
from scanner.cli.common.reading import (
    At,
    Budget,
    Coverage,
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
from scanner.cli.liabilities import owed
from scanner.cli.snapshots import taking
from scanner.cli.snapshots.goals import parse_goal
from scanner.errors import ConfigError
from scanner.liabilities import interface as liability
from scanner.lists import reconcile
from scanner.model.registry import Registry
from scanner.settings import endpoints as endpoint_table
from scanner.settings import publishers as publisher_table
from scanner.settings import tables
from scanner.snapshots import interface
from scanner.store.database import engine
from scanner.store.writing import lists_in, runs
from scanner.store.writing import publishers as stored_publishers

LiabilityFile = Annotated[
    str | None,
    typer.Option(
        metavar="FILE",
        help="CSV of asset,amount for the reserve ratio: a file or its http(s) address.",
    ),
]


def snapshot(  # noqa: PLR0913, PLR0917 - one parameter per option
    context: typer.Context,
    file: ListFile,
    at: At = None,
    publisher: Publisher = "",
    challenge: Challenge = "",
    statement: Wanted = None,
    endpoints: Endpoints = None,
    networks: Networks = "",
    liabilities: LiabilityFile = None,
    quorum: Quorum = 1,
    proof: Prove = False,
    spread: Spread = "1h",
    budget: Budget = "",
    coverage: Coverage = "",
    format: Format = "",
    columns: Columns = None,
    network: RowNetwork = "",
    asset: RowAsset = "",
    unit: Unit = "",
    as_json: AsJson = False,
    database: Database = None,
) -> None:
    """Verify a list against the chains and save the result.

    Checks every signature, reads every balance at the stated block, compares and adds up.
    Writes totals to stdout, and what is false or not verified to stderr. Everything is saved in
    the database: after a stop, 'scanner resume' continues.
    """
    registry = tables.load_registry()
    stated = heights_for_times(at or [], endpoints, registry, quorum)
    policy = interface.SnapshotPolicy(
        at=parse_heights(stated, registry),
        hashes=parse_hashes(stated, registry),
        spread=parse_spread(spread),
        quorum=quorum,
        proof=proof,
        networks=parse_networks(networks, registry),
    )
    goal = parse_goal(budget, coverage)
    options = taking.TakeOptions(endpoints, policy.networks, quorum, proof, goal)
    said = statement_options(challenge, statement)
    reading = ListOptions(format, columns or (), network, asset, unit)
    _can_be_read(file, publisher)  # before a database is made that stays empty
    debts = _read_liabilities(liabilities, registry)
    _check(options, registry)
    with engine.open_store(database_url(context, database), create=True) as store:
        with at_hand(file) as place:
            name = _publisher(store, publisher, place)
            list_id = _import(store, place, name, reading, registry)
            origin = interface.Origin(
                name, place.name, file_time(place.file), arguments_of(context)
            )
        taking.check_sources(store, list_id, options, registry)
        guessed = not publisher.strip()
        rule = runs.statement_rule(store, list_id, said.challenge, said.wanted, guessed=guessed)
        policy = replace(policy, statement=rule, origin=origin)
        snapshot_id = _plan(store, list_id, policy, debts)
        taking.take(store, snapshot_id, options, registry)
        taking.show_outcome(store, snapshot_id, as_json)


def _can_be_read(file: str, publisher: str) -> None:
    """Refuse what nothing can come of. Raises ConfigError, InputError."""
    if is_stdin(file) and not publisher.strip():
        # All such lists would be one publisher's, and one history.
        raise ConfigError("a list from stdin has no name that says whose it is: give --publisher")
    check_file(file)


def _publisher(store: engine.Store, given: str, place: Place) -> str:
    """Whose list it is; said, so that a wrong guess is seen at once."""
    stored = stored_publishers.publisher_names(store)
    name = chosen_publisher(given, place.name, publisher_table.load_publishers(), stored)
    say(publisher_words(name, given, stored))
    return name


def _read_liabilities(file: str | None, registry: Registry) -> list[liability.Liability]:
    if file is None:
        return []
    with document_at_hand(file) as path:
        return owed.read_owed(path, registry)


def _check(options: taking.TakeOptions, registry: Registry) -> None:
    """Refuse a wrong endpoint table before a long list is read."""
    endpoint_table.load_endpoints(options.endpoints, registry)


def _import(
    store: engine.Store, place: Place, publisher: str, options: ListOptions, registry: Registry
) -> int:
    """Put the list into the database, unless the same bytes are there. Returns its id."""
    opened = open_published(place, registry, options)
    with opened as rows, ProgressBar(f"reading {place.name}", "rows") as bar:

        def progress(count: int) -> None:
            bar.update(share(rows.progress()), count)

        stored = lists_in.import_list(
            store,
            rows,
            reconcile.ListAudit(registry),
            publisher=publisher,
            name=place.name,
            progress=progress,
        )
    return stored.list_id


def _plan(
    store: engine.Store,
    list_id: int,
    policy: interface.SnapshotPolicy,
    owed: list[liability.Liability],
) -> int:
    snapshot_id = runs.create_snapshot(store, list_id, policy)
    if owed:
        runs.set_liabilities(store, snapshot_id, owed)
    say(f"snapshot {snapshot_id}: if it stops, run 'scanner resume {snapshot_id}' to continue")
    return snapshot_id
