"""`scanner prune` and `scanner pruned`: a database that does not grow for ever."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated

import typer

from scanner import __version__
from scanner.cli.common.completion import publishers as known_publishers
from scanner.cli.common.console import emit, say
from scanner.cli.common.options import AsJson, Database, database_url, given
from scanner.errors import InputError, did_you_mean
from scanner.model.amount import counted, grouped_amount
from scanner.model.finding import WEIGHTS, exit_status
from scanner.reports.figures import amounts
from scanner.reports.figures import other_chains as told
from scanner.reports.tables import grid, jsontext
from scanner.reports.tables.text import printable
from scanner.snapshots import tally
from scanner.store.database import engine
from scanner.store.database import pruned as kept
from scanner.store.reading import found as finds
from scanner.store.reading import history, queries
from scanner.store.upkeep import prune as pruning

Which = Annotated[
    list[str] | None, typer.Argument(metavar="SNAPSHOT", help="Ids of single snapshots.")
]
Keep = Annotated[
    int | None,
    typer.Option(
        "--keep",
        metavar="N",
        min=1,
        help="Prune all but the newest N complete ones of a publisher, and the newest of each "
        "schedule.",
    ),
]
OfPublisher = Annotated[
    str | None,
    typer.Option(
        "--publisher",
        metavar="NAME",
        help="With --keep: only of this publisher.",
        autocompletion=known_publishers,
    ),
]
Yes = Annotated[bool, typer.Option("--yes", help="Really delete; without it nothing is deleted.")]
_WORDS = {0: "verified", 1: "false", 3: "not fully verified"}


def prune_(
    context: typer.Context,
    snapshots: Which = None,
    keep: Keep = None,
    publisher: OfPublisher = None,
    yes: Yes = False,
    database: Database = None,
) -> None:
    """Delete the rows of old snapshots; totals, results and seals stay for good.

    Without --yes it only shows what it would delete. Only the owner of the database can do it. The
    newest complete snapshot of a publisher is never pruned, nor one that does not add up. Lists
    stay, so a list can be taken again. A pruned snapshot is marked so everywhere, with the date.
    """
    named = given(publisher, "--publisher")
    if bool(snapshots) == (keep is not None):
        raise InputError("nothing to prune is named: give --keep N or the ids of snapshots")
    if named and keep is None:
        raise InputError("--publisher needs --keep")
    with engine.open_store(database_url(context, database)) as store:
        if keep is not None:
            chosen = pruning.to_prune(store, keep, _publisher(store, named))
        else:
            ids = dict.fromkeys(queries.resolve(store, each) for each in snapshots or ())
            chosen = [queries.head(store, each) for each in ids]
        if not chosen:
            say("there is nothing to prune")
            return
        _say(pruning.plan(store, chosen))
        if not yes:
            say("nothing was deleted: add --yes to delete. Write reports of the snapshots first")
            return
        for each in chosen:
            done = pruning.prune(store, each.id, __version__, datetime.now(UTC))
            records = counted(sum(done.rows.values()), "record")
            say(f"snapshot {each.id} is pruned: {records} of its rows deleted")


def _publisher(store: engine.Store, name: str) -> int | None:
    known = {view.name: view.id for view in history.publishers(store)}
    if name and name not in known:
        hint = did_you_mean(name, known)
        raise InputError(f"no publisher {name!r} in this database{hint}")
    return known[name] if name else None


def _say(plans: Sequence[pruning.Plan]) -> None:
    columns = [grid.Column(title) for title in ("snapshot", "publisher", "list", "taken")]
    columns += [grid.Column("rows of the list", right=True), grid.Column("records", right=True)]
    lines = [
        [
            str(p.head.id),
            p.head.publisher,
            p.head.list_name,
            f"{p.head.created:%Y-%m-%d}",
            f"{p.head.claims + p.head.unreadable:,}",
            f"{sum(p.rows.values()):,}",
        ]
        for p in plans
    ]
    grid.print_grid(columns, lines, title="To be pruned")


def pruned(
    context: typer.Context,
    snapshots: Which = None,
    as_json: AsJson = False,
    database: Database = None,
) -> None:
    """Show what is left of pruned snapshots: result, totals, seal, and when they were pruned."""
    with engine.open_store(database_url(context, database)) as store:
        wanted = [queries.resolve(store, each, pruned=True) for each in snapshots or ()]
        found = [_Kept(store, *each) for each in pruning.pruned_snapshots(store, wanted)]
    if as_json:
        emit(jsontext.pretty([each.record() for each in found]))
    elif not found:
        say("none of these is pruned" if wanted else "no snapshot is pruned")
    else:
        emit("".join(f"{line}\n" for each in found for line in each.lines()).encode())


class _Kept:
    """A pruned snapshot with its totals."""

    def __init__(self, store: engine.Store, of: queries.SnapshotHead, gone: kept.Pruned) -> None:
        self.head, self.gone = of, gone
        self.totals = queries.asset_totals(store, of.id)
        self.status = exit_status(finds.weights_found(store, of.id))
        self.chains = told.other_chains(of)

    def record(self) -> dict[str, object]:
        """As JSON; amounts in base units."""
        return {
            "snapshot": self.head.id,
            "publisher": self.head.publisher,
            "list": self.head.list_name,
            "list_sha256": self.head.list_sha256,
            "taken": self.head.created.isoformat(),
            "seal": self.head.chain_head,
            "pruned": self.gone.at.isoformat(),
            "exit_status": self.status,
            "findings_of_rows": [
                {"kind": kind.value, "weight": WEIGHTS[kind].value, "count": count}
                for kind, count in self.gone.findings.items()
            ],
            "rows_deleted": dict(self.gone.rows),
            "assets": [total.to_json() for total in self.totals],
            told.COLUMN: told.chain_objects(self.chains),
        }

    def lines(self) -> list[str]:
        """For people."""
        of = self.head
        return [
            f"Snapshot {of.id} of {of.publisher} ({of.list_name}, taken {of.created:%Y-%m-%d}): "
            f"pruned on {self.gone.at:%Y-%m-%d}",
            f"  result {_WORDS[self.status]}, seal {of.chain_head}",
            *(f"  {_total(total)}" for total in self.totals),
            *(f"  {printable(line)}" for line in told.chain_lines(self.chains)),
        ]


def _total(total: tally.AssetTotal) -> str:
    def coins(amount: int | None, otherwise: str) -> str:
        return otherwise if amount is None else grouped_amount(amount, total.decimals)

    claimed = coins(total.claimed, "not stated")
    return f"{total.asset}: verified {coins(total.verified, amounts.NOT_READ)} of {claimed} claimed"
