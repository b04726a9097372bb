"""Proofs of one total that are kept: the one ratio that they allow, and verifying them again."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import typer

from scanner.cli.common.console import emit, emit_lines, finish, say
from scanner.cli.common.options import AsJson, Database, Snapshot, database_url, given
from scanner.liabilities import interface
from scanner.liabilities import kept as keeping
from scanner.model.amount import counted
from scanner.model.finding import Weight
from scanner.reports.figures import aggregate, values
from scanner.reports.figures import other_chains as told
from scanner.reports.tables import jsontext
from scanner.store.database import engine
from scanner.store.reading import queries
from scanner.store.writing import liability_proofs

Published = Annotated[
    str | None,
    typer.Option(
        "--published", metavar="RATIO", help="The ratio that the publisher states, for comparison."
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
    """Compare verified reserves with what a saved proof says is owed over all coins.

    Gives one ratio, at the prices nearest to the snapshot, each with its time; of several proofs
    one each, and what they come to together. Exit status 3: less is verified than owed, an asset
    has no price, there is no ratio, or the proof's key comes from its own file. Prices are
    opinions, so they never make a result false.
    """
    stated = given(published, "--published")
    with engine.open_store(database_url(context, database)) as store:
        snapshot_id = queries.resolve(store, snapshot)
        found = aggregate.aggregates(
            store, snapshot_id, values.PriceRule(timedelta(hours=max_age)), stated
        )
        chains = told.other_chains(queries.head(store, snapshot_id))
    if not found:
        say(f"{_none(snapshot_id)}: 'scanner liabilities import' saves one")
        raise typer.Exit(3)
    known = [aggregate.aggregate_object(each) for each in found]
    if as_json:
        read = {told.COLUMN: told.chain_objects(chains)}
        emit(jsontext.pretty([{**each, **read} for each in known]))
    else:
        lines = [line for each in found for line in aggregate.aggregate_lines(each)]
        lines += [said] if (said := aggregate.together_words(known)) else []
        lines += told.dollar_lines(chains)
        emit_lines(lines)
    weights = [weight for each in found for weight in _weights(each)]
    whole = aggregate.together(known)
    finish([*weights, *([Weight.UNSHOWN] if whole and whole.is_below else [])])


def _none(snapshot_id: int) -> str:
    return f"snapshot {snapshot_id} has no saved proof of liabilities"


def _weights(found: aggregate.Aggregate) -> list[Weight]:
    accepted = found.proof.evidence is interface.LiabilityEvidence.SNARK_AGGREGATE
    doubtful = found.ratio is None or aggregate.is_below(found) or not found.value.priced
    return [Weight.UNSHOWN] if doubtful or not accepted else []


def recheck(
    context: typer.Context, snapshot: Snapshot = "latest", database: Database = None
) -> None:
    """Verify every proof saved with a snapshot again, from the database alone.

    Exit status 1: a saved proof is not valid, or does not give the saved figures; 3: no proof is
    saved.
    """
    with engine.open_store(database_url(context, database)) as store:
        snapshot_id = queries.resolve(store, snapshot)
        with store.read() as connection:
            kept = liability_proofs.proofs_of(connection, snapshot_id)
    if not kept:
        say(f"{_none(snapshot_id)}: there is nothing to check")
        raise typer.Exit(3)
    false = 0
    for proof in kept:
        problem = keeping.recheck(proof)
        false += bool(problem)
        say(f"{proof.name} (sha256 {proof.sha256}): {problem or 'valid, with the saved figures'}")
    proofs = f"{counted(len(kept), 'proof')} of liabilities saved with snapshot {snapshot_id}"
    say(f"{proofs}, {false} of them false")
    raise typer.Exit(1 if false else 0)
