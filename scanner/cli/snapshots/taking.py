"""Takes a stored snapshot and says how it ended; shared by `snapshot` and `resume`."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, field
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import TextIO, cast

import typer

from scanner.chains.interface import ReadPolicy
from scanner.cli.common.console import emit, finish, say
from scanner.cli.common.hints import Repeating
from scanner.cli.common.progress import ProgressBar
from scanner.cli.common.sources import open_sources
from scanner.cli.common.stopping import INTERRUPTED, answering
from scanner.errors import BusyError, StoreError
from scanner.model.amount import counted
from scanner.model.claim import Claim
from scanner.model.control import ControlResult
from scanner.model.registry import Registry
from scanner.ownership.interface import ContractCall, KeyQuestion
from scanner.ownership.judge import judge_claims
from scanner.ownership.parallel import cores
from scanner.reports.figures.aggregate import totals_object
from scanner.reports.figures.outcome import outcome_weights, print_outcome
from scanner.reports.figures.ratios import ratio_objects
from scanner.reports.figures.totals import print_totals
from scanner.reports.tables.jsontext import pretty
from scanner.snapshots.goal import Goal
from scanner.snapshots.take import take_snapshot
from scanner.snapshots.values import ChunkState
from scanner.store.database.engine import Store
from scanner.store.reading import queries
from scanner.store.reading.about_texts import others_claiming
from scanner.store.reading.coverage import coverage
from scanner.store.reading.found import worst_by_asset
from scanner.store.writing.rate_budgets import with_budgets
from scanner.store.writing.runs import networks_of, require_validators
from scanner.store.writing.sink import StoreSink

SHOWN = 8
"""Assets of which is told how much was read."""
LEAST = 3
"""Assets of which that is told beside the progress."""


@dataclass(frozen=True, slots=True)
class TakeOptions:
    """How to read balances in this run.

    endpoints: the user's endpoint table, None for the default. networks: whose balances to read,
    None for all. quorum, proof: as in `ReadPolicy`. goal: when to begin no more. again: options
    that another run must be given, too, as the snapshot does not keep them.
    """

    endpoints: Path | None = None
    networks: frozenset[str] | None = None
    quorum: int = 1
    proof: bool = False
    goal: Goal = field(default_factory=Goal)
    again: str = ""

    def policy(self) -> ReadPolicy:
        """The same for sources."""
        return ReadPolicy(self.quorum, self.proof)


_MEANWHILE = "signatures are checked anyway; run 'scanner resume' later to read the balances"


def check_sources(store: Store, list_id: int, options: TakeOptions, registry: Registry) -> None:
    """Refuse options that no snapshot of a list can be taken with, before there is one.

    Raises ConfigError: a quorum of more operators than there are.
    """
    wanted = networks_of(store, list_id)
    if options.networks is not None:
        wanted &= options.networks
    with open_sources(wanted, options.endpoints, registry, options.policy()) as sources:
        require_validators(store, list_id, sources)


def take(
    store: Store,
    snapshot_id: int,
    options: TakeOptions,
    registry: Registry,
    *,
    others_wait: bool = False,
) -> None:
    """Read everything that is still missing, with a progress bar; results are in the store.

    others_wait: rows on networks that the options leave out wait for another run.
    """
    sink = StoreSink(store)
    missing = {c.plan.network for c in sink.chunks(snapshot_id) if c.state is not ChunkState.DONE}
    wanted = missing if options.networks is None else missing & options.networks
    # What was read at newest states is read once more at the end, whatever this run is for.
    wanted |= {chunk.plan.network for chunk in sink.late(snapshot_id)}
    shared, policy = partial(with_budgets, store), options.policy()
    with (
        resumable(snapshot_id, options.again),
        open_sources(wanted, options.endpoints, registry, policy, shared, _MEANWHILE) as sources,
        ProgressBar(f"snapshot {snapshot_id}", "claims") as bar,
    ):
        require_validators(store, queries.head(store, snapshot_id).list_id, sources)

        def judge_all(
            claims: Sequence[Claim], call: ContractCall | None, keys: KeyQuestion | None = None
        ) -> Sequence[ControlResult]:
            return judge_claims(claims, call, keys, registry)

        def by_amount(shares: Sequence[tuple[str, Fraction]]) -> None:
            bar.note = amount_words(shares)

        def again(share: float, count: int) -> None:
            bar.begin(f"snapshot {snapshot_id}, second reading")
            bar.update(share, count)

        take_snapshot(
            sink,
            snapshot_id,
            sources,
            judge_all,
            registry,
            progress=bar.update,
            again=again,
            processes=cores(),
            goal=options.goal,
            covered=by_amount,
            networks=options.networks,
            others_wait=others_wait,
        )
    _tell_how_far(store, snapshot_id)


def _tell_how_far(store: Store, snapshot_id: int) -> None:
    """Say how much was read, by rows and by amount, where something was not."""
    found = coverage(store, snapshot_id)
    rows, read = sum(c.rows for c in found), sum(c.read for c in found)
    if read == rows:
        return
    parts = [f"{c.asset} {percent(c.covered, c.claimed)}" for c in found if c.read < c.rows]
    shown = ", ".join(parts[:SHOWN]) + (f" and {len(parts) - SHOWN} more" * (len(parts) > SHOWN))
    say(f"read: {read:,} of {counted(rows, 'row')}; by amount {shown}")


def amount_words(shares: Sequence[tuple[str, Fraction]]) -> str:
    """How much of what is claimed is read, of the assets with the least; "" where all is."""
    told = [f"{asset} {percent(n.numerator, n.denominator)}" for asset, n in shares[:LEAST]]
    more = f" and {len(shares) - LEAST} more" if len(shares) > LEAST else ""
    return "by amount " + ", ".join(told) + more if told else ""


def percent(part: int, whole: int) -> str:
    """A share in percent with two decimals, rounded down: 100 % is all of it."""
    if whole == 0:
        return "nothing claimed"
    hundredths = 10_000 * part // whole
    return f"{hundredths // 100}.{hundredths % 100:02} %"


@contextmanager
def resumable(snapshot_id: int, again: str = "") -> Iterator[None]:
    """Say how to go on after a stop from the keyboard, or where the database failed.

    again: as in `TakeOptions`.
    """
    remedy = f"run 'scanner resume {snapshot_id}{again}' to continue"
    try:
        with answering(remedy):
            yield
    except KeyboardInterrupt:
        say(f"scanner: stopped; snapshot {snapshot_id} keeps what was read: {remedy}")
        raise typer.Exit(INTERRUPTED) from None
    except BusyError:  # the other process goes on with it
        raise
    except StoreError:
        say(f"snapshot {snapshot_id} keeps what was read: {remedy}")
        raise


def show_outcome(store: Store, snapshot_id: int, as_json: bool) -> None:
    """Print totals on stdout and what was found on stderr; leave with the exit status.

    What was found is said whatever becomes of stdout. Raises OSError where that takes nothing.
    """
    shown = cast(TextIO, Repeating(sys.stderr))
    try:
        _print_totals(store, snapshot_id, as_json)
    except OSError:
        print_outcome(store, snapshot_id, shown)
        say(f"snapshot {snapshot_id} is saved: 'scanner totals {snapshot_id}' shows its totals")
        raise
    print_outcome(store, snapshot_id, shown)
    finish(outcome_weights(store, snapshot_id))


def _print_totals(store: Store, snapshot_id: int, as_json: bool) -> None:
    totals = queries.totals(store, snapshot_id)
    if as_json:
        whole = totals_object(store, totals)
        emit(pretty({**whole, "ratios": ratio_objects(store, totals)}))
    else:
        worst = worst_by_asset(store, snapshot_id)
        with redirect_stdout(cast(TextIO, Repeating(sys.stdout))):
            others = others_claiming(store, queries.head(store, snapshot_id).list_id)
            print_totals(totals, worst, ratio_objects(store, totals), elsewhere=others)
