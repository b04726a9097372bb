"""Takes a stored snapshot and says how it ended; shared by `snapshot` and `resume`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from scanner.cli.console import say
from scanner.cli.progress import ProgressBar

if TYPE_CHECKING:
    from scanner.chains.interface import ReadPolicy
    from scanner.model.claim import Claim
    from scanner.model.control import ControlResult
    from scanner.model.registry import Registry
    from scanner.ownership.interface import ContractCall
    from scanner.store.engine import Store

INTERRUPTED = 130


@dataclass(frozen=True, slots=True)
class TakeOptions:
    """How to read balances in this run.

    endpoints: the user's endpoint table, None for the default. networks: whose balances to read,
    None for all. quorum, proof: as in `ReadPolicy`.
    """

    endpoints: Path | None = None
    networks: frozenset[str] | None = None
    quorum: int = 1
    proof: bool = False

    def policy(self) -> ReadPolicy:
        """The same for sources."""
        from scanner.chains.interface import ReadPolicy

        return ReadPolicy(self.quorum, self.proof)


def check_sources(store: Store, list_id: int, options: TakeOptions, registry: Registry) -> None:
    """Refuse options that no snapshot of a list can be taken with, before there is one.

    Raises ConfigError: a quorum of more operators than there are.
    """
    from scanner.cli.sources import open_sources
    from scanner.store.runs import networks_of

    wanted = networks_of(store, list_id)
    if options.networks is not None:
        wanted &= options.networks
    with open_sources(wanted, options.endpoints, registry, options.policy()):
        pass


def take(store: Store, snapshot_id: int, options: TakeOptions, registry: Registry) -> None:
    """Read everything that is still missing, with a progress bar; results are in the store."""
    from scanner.cli.sources import open_sources
    from scanner.ownership.judge import judge_claims
    from scanner.ownership.parallel import cores
    from scanner.snapshots.interface import ChunkState
    from scanner.snapshots.take import take_snapshot
    from scanner.store.sink import StoreSink

    sink = StoreSink(store)
    missing = {c.plan.network for c in sink.chunks(snapshot_id) if c.state is not ChunkState.DONE}
    wanted = missing if options.networks is None else missing & options.networks
    with (
        open_sources(wanted, options.endpoints, registry, options.policy(), store) as sources,
        resumable(snapshot_id),
        ProgressBar(f"snapshot {snapshot_id}", "claims") as bar,
    ):

        def judge_all(
            claims: Sequence[Claim], call: ContractCall | None
        ) -> Sequence[ControlResult]:
            return judge_claims(claims, call, registry)

        take_snapshot(
            sink,
            snapshot_id,
            sources,
            judge_all,
            registry,
            progress=bar.update,
            processes=cores(),
        )


@contextmanager
def resumable(snapshot_id: int) -> Iterator[None]:
    """Turn a stop from the keyboard into words about how to go on."""
    try:
        yield
    except KeyboardInterrupt:
        say(
            f"scanner: stopped; snapshot {snapshot_id} keeps what was read, "
            f"'scanner resume {snapshot_id}' goes on"
        )
        raise typer.Exit(INTERRUPTED) from None


def show_outcome(store: Store, snapshot_id: int, as_json: bool) -> None:
    """Print totals on stdout and what was found on stderr; leave with the exit status."""
    from scanner.cli.console import emit, finish
    from scanner.reports.jsontext import pretty
    from scanner.reports.outcome import outcome_weights, print_outcome
    from scanner.reports.ratios import ratio_objects
    from scanner.reports.totals import print_totals
    from scanner.store import queries

    totals = queries.totals(store, snapshot_id)
    if as_json:
        emit(pretty(totals.to_json()))
    else:
        print_totals(totals, ratio_objects(store, totals))
    print_outcome(store, snapshot_id)
    finish(outcome_weights(store, snapshot_id))
