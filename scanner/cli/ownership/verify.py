"""`scanner verify FILE`: did the keys sign? Ownership only: no network, no database."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from scanner.cli.common.console import emit, finish, say
from scanner.cli.common.later import import_ahead
from scanner.cli.common.listing import (
    Columns,
    Format,
    ListOptions,
    RowAsset,
    RowNetwork,
    Unit,
    open_published,
    say_if_owed,
    share,
)
from scanner.cli.common.options import AsJson, ListFile
from scanner.cli.common.places import Place, at_hand
from scanner.cli.common.progress import ProgressBar
from scanner.cli.common.publishers import (
    Challenge,
    Publisher,
    StatementOptions,
    Wanted,
    chosen_publisher,
    publisher_words,
    statement_options,
)
from scanner.errors import ConfigError
from scanner.files import source
from scanner.model.statement import StatementRule
from scanner.ownership import parallel, signed_texts
from scanner.ownership import statement as statements
from scanner.reports.commands import ownership as summing
from scanner.reports.commands import ownership_json, ownership_text
from scanner.reports.tables import jsontext, writers
from scanner.settings import publishers as publisher_table
from scanner.settings import tables

Jsonl = Annotated[
    str,
    typer.Option(
        "--jsonl", metavar="OUT", help="Write one JSON object per row to a file; '-' for stdout."
    ),
]


def verify(  # noqa: PLR0913, PLR0917 - one parameter per option
    file: ListFile,
    jsonl: Jsonl = "",
    as_json: AsJson = False,
    publisher: Publisher = "",
    challenge: Challenge = "",
    statement: Wanted = None,
    format: Format = "",
    columns: Columns = None,
    network: RowNetwork = "",
    asset: RowAsset = "",
    unit: Unit = "",
) -> None:
    """Check every signature of a published list. No network, no database.

    A summary per asset and network goes to stdout (to stderr with '--jsonl -'), with the texts that
    were signed; --json writes it as one object. 'Verified' is about keys and texts here: what
    the addresses hold, and what only a chain can answer (who owns a contract), 'scanner
    snapshot' asks.
    """
    keep_apart(file, jsonl)
    if as_json and jsonl == "-":
        raise ConfigError("--json and --jsonl - both write to stdout: name a file for one of them")
    options = ListOptions(format, columns or (), network, asset, unit)
    said = statement_options(challenge, statement)
    with at_hand(file) as place:
        name = chosen_publisher(publisher, place.name, publisher_table.load_publishers())
        rule = _rule(place, options, name, said, guessed=not publisher.strip())
        summary = _verify(place, options, jsonl, rule, as_json=as_json)
        say_if_owed(place, summary.rows - summary.total(summing.UNREADABLE))
    say(publisher_words(name, publisher, [name]))
    if as_json:
        emit(
            jsontext.pretty(
                {
                    "file": place.name,
                    "publisher": name,
                    **ownership_json.ownership_json(summary, rule),
                }
            )
        )
    else:
        ownership_text.print_ownership(summary, rule, sys.stderr if jsonl == "-" else sys.stdout)
    finish(summary.weights)


def keep_apart(file: str, out: str) -> None:
    """Refuse to replace the list by its verdicts. Raises ConfigError."""
    if out not in ("", "-") and source.split_place(file)[0].resolve() == Path(out).resolve():
        raise ConfigError(f"--jsonl {out} is the list itself: name another file")


def _rule(
    place: Place, options: ListOptions, name: str, said: StatementOptions, *, guessed: bool
) -> StatementRule:
    """What counts as the publisher's claim; the whole list is read first where that decides."""
    table = publisher_table.load_publishers()
    texts = None
    if not (said.challenge or said.wanted or table.known(name).texts):
        texts = _texts(place, options)
    return statements.make_rule(
        name, table, texts, challenge=said.challenge, wanted=said.wanted, guessed=guessed
    )


def _texts(place: Place, options: ListOptions) -> signed_texts.SignedTexts:
    texts = signed_texts.SignedTexts()
    with (
        open_published(place, tables.load_registry(), options) as rows,
        ProgressBar(f"reading {place.name}", "rows") as bar,
    ):
        for part in parallel.judge_blocks(rows.blocks(), summing.count_texts, judged=False):
            texts.merge(part)
            bar.update(share(rows.progress()), texts.rows)
    return texts


def _verify(
    place: Place, options: ListOptions, jsonl: str, rule: StatementRule, *, as_json: bool
) -> summing.OwnershipSummary:
    summary = summing.OwnershipSummary()
    render = partial(summing.render_block, lines=bool(jsonl), rule=rule)
    with ExitStack() as stack:
        rows = stack.enter_context(open_published(place, tables.load_registry(), options))
        out = stack.enter_context(writers.whole_file(jsonl)) if jsonl else None
        bar = stack.enter_context(ProgressBar(f"verifying {place.name}", "rows"))
        for number, (part, lines) in enumerate(parallel.judge_blocks(rows.blocks(), render)):
            if not number:  # the other cores are at the next blocks: there is time for this now
                import_ahead(ownership_json if as_json else ownership_text)
            summary.merge(part)
            if out is not None:
                out.write(lines)
            bar.update(share(rows.progress()), summary.rows)
        for doubt in summary.doubt_units(tables.load_registry(), rows.summary().unit):
            if out is not None:
                out.write(jsontext.compact(summing.finding_object(doubt)))
    return summary
