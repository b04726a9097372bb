"""`scanner verify-transactions FILE`: were the announced transactions made?"""

from __future__ import annotations

import sys
from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from scanner.cli.common.console import finish
from scanner.cli.common.options import Endpoints
from scanner.cli.common.progress import ProgressBar
from scanner.cli.common.reading import TransactionQuorum
from scanner.cli.ownership.verify import Jsonl, keep_apart
from scanner.errors import InputError
from scanner.net import locations
from scanner.ownership.bitcoin import announcements
from scanner.reports.commands import transactions
from scanner.reports.tables import writers
from scanner.settings import endpoints as endpoint_table
from scanner.settings import tables
from scanner.snapshots import announced

AnnouncementFile = Annotated[
    str,
    typer.Argument(metavar="FILE", help="A CSV of announced transactions: network,address,kind,.."),
]


def verify_transactions(
    file: AnnouncementFile,
    jsonl: Jsonl = "",
    endpoints: Endpoints = None,
    quorum: TransactionQuorum = 1,
) -> None:
    """Check control that is proven by transactions instead of signatures.

    Looks for payments of an announced amount from an address to itself, and OP_RETURN
    commitments to a digest, on Bitcoin and similar networks. Asks a node (with -txindex, and
    -blockfilterindex for transactions that are not named) or an Esplora server. No database.
    What is not there is false only if your own node says so, or servers of two operators do
    (with a higher quorum, of so many).
    """
    keep_apart(file, jsonl)
    path = _path(file)
    registry = tables.load_registry()
    rows = announcements.read_announcements(path, registry)
    table = endpoint_table.load_endpoints(endpoints, registry)
    judge = announced.AnnouncementJudge(registry, table, quorum)
    with closing(judge), ProgressBar(f"verifying {path.name}", "rows") as bar:
        judged = judge.judge_all(rows, lambda done: bar.update(done / len(rows), done))
    if jsonl:
        with writers.whole_file(jsonl) as out:
            out.write(transactions.render_transactions(judged))
    finish(transactions.print_transactions(judged, sys.stderr).weights)


def _path(file: str) -> Path:
    """The file, of this machine. Raises InputError.

    From an address it could name documents here, to have their hashes compared.
    """
    if locations.is_url(file):
        raise InputError("no address is read here: download the file, and name it")
    return Path(locations.check_path(file))
