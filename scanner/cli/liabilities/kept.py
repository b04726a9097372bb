"""Proofs of one total that are kept: the one ratio that they allow, and verifying them again."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import typer

from scanner.cli.common.console import emit, finish, say
from scanner.cli.common.options import AsJson, Database, Snapshot, database_url, given
from scanner.liabilities.interface import LiabilityEvidence
from scanner.liabilities.kept import recheck as recheck_proof
from scanner.model.amount import counted
from scanner.model.finding import Weight
from scanner.reports.figures.aggregate import (
    Aggregate,
    aggregate_lines,
    aggregate_object,
    aggregates,
    is_below,
)
from scanner.reports.figures.values import PriceRule
from scanner.reports.tables.jsontext import pretty
from scanner.store.database.engine import open_store
from scanner.store.reading.queries import resolve
from scanner.store.writing.liability_proofs import proofs_of

Published = Annotated[
    str | None,
    typer.Option(
        "--published", metavar="RATIO", help="The ratio that the publisher states, to stand beside."
    ),
]
MaxAge = Annotated[
    int,
    typer.Option(
        "--max-age",
        metavar="HOURS",
        min=1,
        max=24 * 366,
        help="How far from the snapshot's block time a price may be.",
    ),
]


def ratio(
    context: typer.Context,
    snapshot: Snapshot = "latest",
    published: Published = None,
    max_age: MaxAge = 25,
    as_json: AsJson = False,
    database: Database = None,
) -> None:
    """Show verified reserves against what a kept proof says is owed over all coins.

    One number, by the prices nearest to the snapshot, each with its time. Exit status 3: less is
    verified than is owed, an asset has no price, the ratio is absent, or the proof's key is its
    own. Prices are an opinion, so nothing is called false by them.
    """
    stated = given(published, "--published")
    with open_store(database_url(context, database)) as store:
        snapshot_id = resolve(store, snapshot)
        found = aggregates(store, snapshot_id, PriceRule(timedelta(hours=max_age)), stated)
    if not found:
        say(f"no proof of liabilities is kept beside snapshot {snapshot_id}")
        raise typer.Exit(3)
    if as_json:
        emit(pretty([aggregate_object(each) for each in found]))
    else:
        lines = [line for each in found for line in aggregate_lines(each)]
        emit("".join(f"{line}\n" for line in lines).encode())
    finish(weight for each in found for weight in _weights(each))


def _weights(found: Aggregate) -> list[Weight]:
    accepted = found.proof.evidence is LiabilityEvidence.SNARK_AGGREGATE
    doubtful = found.ratio is None or is_below(found) or not found.value.priced
    return [Weight.UNSHOWN] if doubtful or not accepted else []


def recheck(
    context: typer.Context, snapshot: Snapshot = "latest", database: Database = None
) -> None:
    """Verify every proof that is kept beside a snapshot again, from the database alone.

    Exit status 1: a kept proof does not hold, or gives other figures than are kept.
    """
    with open_store(database_url(context, database)) as store:
        snapshot_id = resolve(store, snapshot)
        with store.read() as connection:
            kept = proofs_of(connection, snapshot_id)
    false = 0
    for proof in kept:
        problem = recheck_proof(proof)
        false += bool(problem)
        say(f"{proof.name} (sha256 {proof.sha256}): {problem or 'holds, with the figures kept'}")
    proofs = f"{counted(len(kept), 'proof')} of liabilities beside snapshot {snapshot_id}"
    say(f"{proofs}, {false} of them false")
    raise typer.Exit(1 if false else 0)
