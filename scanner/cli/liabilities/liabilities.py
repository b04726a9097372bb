"""`scanner liabilities`: what is owed to users, for the reserve ratio; and one user's own share."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated

import typer

from scanner.cli.common.console import say
from scanner.cli.common.options import Database, database_url, given
from scanner.cli.common.places import document_at_hand, key_at_hand
from scanner.cli.liabilities import owed
from scanner.cli.liabilities.inclusion import verify_inclusion
from scanner.cli.liabilities.kept import ratio, recheck
from scanner.cli.liabilities.proof import Key, verify
from scanner.errors import InputError
from scanner.liabilities import interface, record
from scanner.liabilities import kept as keeping
from scanner.model.amount import counted
from scanner.model.finding import FindingKind
from scanner.settings import tables
from scanner.store.database import engine
from scanner.store.reading import queries
from scanner.store.writing import liability_proofs, runs

app = typer.Typer(help="Import and check liabilities.", no_args_is_help=True, rich_markup_mode=None)

app.command()(verify)
app.command()(verify_inclusion)
app.command()(ratio)
app.command()(recheck)

File = Annotated[
    str,
    typer.Argument(
        metavar="FILE",
        help="CSV of asset,amount in whole coins, a whole Merkle sum tree, or OKX's proof; or its "
        "http(s) address, '-' for stdin.",
    ),
]
UnitUsd = Annotated[
    str | None,
    typer.Option(
        "--unit-usd",
        metavar="USD",
        help="For a proof of one total: US dollars per unit of its value, such as 1 or 0.0001.",
    ),
]
OfWhom = Annotated[
    str | None,
    typer.Option(
        "--of",
        metavar="WHOM",
        help="The liabilities are of some users only: name the users. Becomes a finding.",
    ),
]
InUnit = Annotated[
    str | None,
    typer.Option(
        "--in",
        metavar="UNIT",
        help="Unit of the amounts, if not whole coins; there is no ratio then.",
    ),
]
Published = Annotated[
    str | None,
    typer.Option(
        "--published",
        metavar="RATIO",
        help="For a proof of one total: the ratio that the publisher states, to compare.",
    ),
]
OfSnapshot = Annotated[
    str, typer.Option("--snapshot", metavar="SNAPSHOT", help="Snapshot that they belong to.")
]


Replace = Annotated[
    bool,
    typer.Option(
        "--replace",
        help="They take the place of figures that differ; both are kept, and the report says so.",
    ),
]


@app.command("import")
def import_(  # noqa: PLR0913, PLR0917 - one parameter per option
    context: typer.Context,
    file: File,
    snapshot: OfSnapshot = "latest",
    key: Key = None,
    unit_usd: UnitUsd = None,
    of_whom: OfWhom = None,
    in_unit: InUnit = None,
    published: Published = None,
    replace_: Replace = False,
    database: Database = None,
) -> None:
    """Save published liabilities with a snapshot; its totals then show the reserve ratio.

    A Merkle sum tree (BitMEX, River, OKX) is first hashed and added up again; if it contradicts
    itself, it is not saved. A proof of one total (OKX) is first verified, then saved whole:
    totals, report and pages then show the one ratio that it allows.
    """
    said = {"scope": given(of_whom, "--of"), "unit": given(in_unit, "--in")}
    said = {name: text for name, text in said.items() if text}
    usd, stated = given(unit_usd, "--unit-usd"), given(published, "--published")
    with document_at_hand(file) as path:
        if keeping.is_proof(path):
            if replace_:
                raise InputError("--replace is for amounts by asset: each proof is kept")
            if said:
                raise InputError("--of and --in are for amounts by asset: a proof states its own")
            with key_at_hand(key) as pinned:
                found, kept = keeping.keep(path, pinned, usd, stated)
            _keep(context, path.name, snapshot, found, kept, database)
            return
        if given(key, "--key") or usd:
            raise InputError("--key and --unit-usd are for a proof of one total")
        if stated:
            what = "--published is for a proof of one total; for coins, a column published_ratio"
            raise InputError(what)
        read = owed.read_owed(path, tables.load_registry(), said)
        amounts = [replace(each, detail={**each.detail, **said}) for each in read]
    with engine.open_store(database_url(context, database)) as store:
        snapshot_id = queries.resolve(store, snapshot)
        now = datetime.now(UTC) if replace_ else None
        replaced = runs.set_liabilities(store, snapshot_id, amounts, replacing=now)
        whose = queries.head(store, snapshot_id)
        missing = [
            found.finding.reason
            for found in queries.findings(store, snapshot_id, kinds=[FindingKind.RESERVES_MISSING])
        ]
    # "latest" may be of another publisher, and what is kept is not changed: say whose it is.
    say(
        f"saved liabilities for {counted(len(amounts), 'asset')} with snapshot "
        f"{snapshot_id} ({whose.list_name}, publisher {whose.publisher})",
        *(f"{asset}: a figure was replaced; both are kept" for asset in replaced),
        *missing,
    )


def _keep(
    context: typer.Context,
    file: str,
    snapshot: str,
    found: interface.ProofCheck,
    kept: record.KeptProof | None,
    database: str | None,
) -> None:
    if kept is None:
        say(f"{file}: false: {found.place}: {found.reason}: nothing was saved")
        raise typer.Exit(1)
    with engine.open_store(database_url(context, database)) as store:
        snapshot_id = queries.resolve(store, snapshot)
        new = liability_proofs.keep_proof(store, snapshot_id, kept)
        whose = queries.head(store, snapshot_id)
    say(
        f"proof of one total ({kept.evidence.value}) {'saved' if new else 'is saved already'} "
        f"with snapshot {snapshot_id} ({whose.list_name}, publisher {whose.publisher})",
        *(f"gap: {gap}" for gap in found.gaps[:2]),
    )
