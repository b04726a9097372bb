"""`scanner resume SNAPSHOT`: go on after a stop."""

from __future__ import annotations

import typer

from scanner.cli.common.options import AsJson, Database, Endpoints, Snapshot, database_url
from scanner.cli.common.reading import (
    Budget,
    Coverage,
    Networks,
    Prove,
    Quorum,
    parse_networks,
)
from scanner.cli.snapshots import taking
from scanner.cli.snapshots.goals import parse_goal
from scanner.settings import tables
from scanner.store.database import engine
from scanner.store.reading import queries


def resume(  # noqa: PLR0913, PLR0917 - one parameter per option
    context: typer.Context,
    snapshot: Snapshot = "latest",
    endpoints: Endpoints = None,
    networks: Networks = "",
    quorum: Quorum = 1,
    proof: Prove = False,
    budget: Budget = "",
    coverage: Coverage = "",
    as_json: AsJson = False,
    database: Database = None,
) -> None:
    """Continue an interrupted snapshot. Finished parts are not read again.

    With --networks the other networks wait for another 'scanner resume'.
    """
    registry = tables.load_registry()
    goal = parse_goal(budget, coverage)
    options = taking.TakeOptions(endpoints, parse_networks(networks, registry), quorum, proof, goal)
    with engine.open_store(database_url(context, database)) as store:
        snapshot_id = queries.resolve(store, snapshot)
        taking.take(store, snapshot_id, options, registry, others_wait=True)
        taking.show_outcome(store, snapshot_id, as_json)
