"""`scanner resume SNAPSHOT`: go on after a stop."""

from __future__ import annotations

from typing import Annotated

import typer

from scanner.cli.common.console import say
from scanner.cli.common.options import AsJson, Database, Endpoints, Snapshot, database_url
from scanner.cli.common.reading import (
    Budget,
    Coverage,
    Networks,
    Prove,
    parse_networks,
)
from scanner.cli.snapshots import taking
from scanner.cli.snapshots.goals import parse_goal
from scanner.model.amount import counted
from scanner.settings import tables
from scanner.store.database import engine
from scanner.store.reading import queries
from scanner.store.writing import sink

Quorum = Annotated[
    int | None,
    typer.Option(
        metavar="N",
        min=1,
        max=16,
        help="Number of independent operators that must report the same balance. "
        "Default: as the snapshot was begun.",
    ),
]


def resume(  # noqa: PLR0913, PLR0917 - one parameter per option
    context: typer.Context,
    snapshot: Snapshot = "latest",
    endpoints: Endpoints = None,
    networks: Networks = "",
    quorum: Quorum = None,
    proof: Prove = False,
    budget: Budget = "",
    coverage: Coverage = "",
    as_json: AsJson = False,
    database: Database = None,
) -> None:
    """Continue an interrupted snapshot. Finished parts are not read again.

    The rest is read with the quorum and the proofs, and of the networks, that the snapshot was
    begun with. With --networks the other networks wait for another 'scanner resume'.
    """
    registry = tables.load_registry()
    goal, only = parse_goal(budget, coverage), parse_networks(networks, registry)
    with engine.open_store(database_url(context, database)) as store:
        snapshot_id = queries.resolve(store, snapshot)
        begun = sink.StoreSink(store).policy(snapshot_id)
        wanted = begun.quorum if quorum is None else quorum
        if wanted < begun.quorum:
            say(
                f"snapshot {snapshot_id} was begun with --quorum {begun.quorum}: for what is read "
                f"now {counted(wanted, 'operator')} will do, as --quorum {wanted} says"
            )
        again = f" --quorum {wanted}" if wanted != begun.quorum else ""
        again += " --proof" if proof and not begun.proof else ""
        only = begun.networks if only is None else only
        options = taking.TakeOptions(endpoints, only, wanted, proof or begun.proof, goal, again)
        taking.take(store, snapshot_id, options, registry, others_wait=True)
        taking.show_outcome(store, snapshot_id, as_json)
