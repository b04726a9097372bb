"""`scanner doctor LIST`: what a snapshot of a list would meet, before it is begun."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import Annotated

import typer

from scanner.chains import interface as chains
from scanner.cli.common.console import emit
from scanner.cli.common.listing import (
    Columns,
    Format,
    ListOptions,
    RowAsset,
    RowNetwork,
    open_published,
)
from scanner.cli.common.options import AsJson, Endpoints, ListFile
from scanner.cli.common.places import at_hand
from scanner.cli.common.progress import ProgressBar
from scanner.cli.common.reading import parse_heights
from scanner.cli.common.sources import open_sources
from scanner.lists import interface as lists
from scanner.model.claim import Claim
from scanner.model.registry import Registry
from scanner.reports.commands import forecasts
from scanner.reports.tables import jsontext
from scanner.settings import tables
from scanner.snapshots import forecast, moments

Heights = Annotated[
    list[str] | None,
    typer.Option(
        "--at",
        metavar="NETWORK=HEIGHT",
        help="Try this network at this height, whatever the list states. May be repeated.",
    ),
]


_MEANWHILE = "signatures need no network: 'scanner verify' checks them"


def doctor(  # noqa: PLR0913, PLR0917 - one parameter per option
    file: ListFile,
    at: Heights = None,
    endpoints: Endpoints = None,
    quorum: Annotated[
        int,
        typer.Option(
            min=1, max=16, help="Number of independent operators that must report the same balance."
        ),
    ] = 1,
    format: Format = "",
    columns: Columns = None,
    network: RowNetwork = "",
    asset: RowAsset = "",
    as_json: AsJson = False,
) -> None:
    """Try a few of the largest claims of each network at the stated height.

    Shows which endpoints answer, and whether at that height; the evidence to expect; how long
    the whole list would take; and what to do about a network that cannot be read. A height
    whose block is weeks away from the others is not read. Nothing is stored.
    Exit status 0 when all could be read, 3 when some could not, 2 when none could.
    """
    registry = tables.load_registry()
    heights = parse_heights(at or [], registry)
    options = ListOptions(format, columns or (), network, asset)
    with at_hand(file) as place:
        day = moments.named_day(place.name)
        with open_published(place, registry, options) as rows:
            needs = forecast.needs_of(_claims(rows), heights)
    names = {need.network for need in needs}
    policy = chains.ReadPolicy(quorum)
    with open_sources(names, endpoints, registry, policy, meanwhile=_MEANWHILE) as sources:
        found = _try_all(needs, sources, registry, day)
    if as_json:
        emit(jsontext.pretty([forecasts.forecast_record(f) for f in found]))
    else:
        forecasts.print_forecasts(found, sys.stdout)
    good = sum(f.good for f in found)
    raise typer.Exit(0 if good == len(found) else 3 if good else 2)


def _claims(rows: lists.OpenList) -> Iterator[Claim]:
    return (row for row in rows if isinstance(row, Claim))


def _try_all(
    needs: Sequence[forecast.Need],
    sources: dict[str, chains.BalanceSource],
    registry: Registry,
    day: int | None,
) -> list[forecast.Forecast]:
    blocks = forecast.chosen_blocks(needs, forecast.looked_up(needs, sources), sources, day)
    with ThreadPoolExecutor(forecast.AT_ONCE) as pool, ProgressBar("trying", "heights") as bar:
        jobs = {
            pool.submit(forecast.forecast, need, sources.get(need.network), registry, block): place
            for place, (need, block) in enumerate(zip(needs, blocks, strict=True))
        }
        found = {}
        for job in as_completed(jobs):
            found[jobs[job]] = job.result()
            bar.update(len(found) / len(jobs), len(found))
    return [found[place] for place in range(len(needs))]
