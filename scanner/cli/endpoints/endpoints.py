"""`scanner endpoints check`: which providers answer, how fast, and how far back."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import Annotated

import typer

from scanner.cli.common import completion
from scanner.cli.common.console import emit
from scanner.cli.common.options import AsJson, Endpoints
from scanner.cli.common.progress import ProgressBar
from scanner.cli.endpoints import asking
from scanner.errors import ConfigError
from scanner.model.endpoint import Endpoint
from scanner.model.registry import Registry
from scanner.reports.commands import providers
from scanner.reports.tables import jsontext
from scanner.settings import endpoints as endpoint_table
from scanner.settings import tables

app = typer.Typer(help="Check endpoints.", no_args_is_help=True, rich_markup_mode=None)

OnlyNetwork = Annotated[
    list[str] | None,
    typer.Option(
        "--networks",
        metavar="NAME[,NAME]",
        help="Ask endpoints of these networks only. May be repeated.",
        autocompletion=completion.networks,
    ),
]
AT_ONCE = 8
"""How many endpoints to ask at a time."""


@app.command("check")
def check(
    endpoints: Endpoints = None, networks: OnlyNetwork = None, as_json: AsJson = False
) -> None:
    """Ask every endpoint for its newest final block and for an old one.

    Exit status 0 when all answer, 3 when some do not, 2 when none does.
    """
    registry = tables.load_registry()
    wanted = {registry.network(n).name for text in networks or [] for n in text.split(",")}
    found = endpoint_table.load_endpoints(endpoints, registry)
    chosen = [e for n, group in found.items() for e in group if not wanted or n in wanted]
    if not chosen:
        of = f" of {', '.join(sorted(wanted))}" if wanted else ""
        raise ConfigError(
            f"no endpoint{of} is named: write one into the file of --endpoints or "
            "SCANNER_ENDPOINTS, or 'defaults = true' for the shipped ones"
        )
    answers = _ask(chosen, registry)
    if as_json:
        emit(jsontext.pretty([providers.answer_record(a) for a in answers]))
    else:
        providers.print_answers(answers, sys.stdout)
    raise typer.Exit(_status(answers))


def _status(answers: Sequence[providers.Answer]) -> int:
    answering = sum(a.tip is not None for a in answers)
    if answering == 0:
        return 2
    return 0 if answering == len(answers) else 3


def _ask(endpoints: Sequence[Endpoint], registry: Registry) -> list[providers.Answer]:
    with (
        ThreadPoolExecutor(AT_ONCE) as pool,
        ProgressBar("asking endpoints", "endpoints") as bar,
    ):
        jobs = {pool.submit(asking.ask, e, registry): place for place, e in enumerate(endpoints)}
        answers = {}
        for job in as_completed(jobs):
            answers[jobs[job]] = job.result()
            bar.update(len(answers) / len(jobs), len(answers))
    return [answers[place] for place in range(len(endpoints))]
