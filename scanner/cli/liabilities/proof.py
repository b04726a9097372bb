"""`scanner liabilities verify`: what a published proof of liabilities shows, and what not."""

from __future__ import annotations

from typing import Annotated

import typer

from scanner.cli.common.console import emit, emit_lines
from scanner.cli.common.options import AsJson
from scanner.cli.common.places import document_at_hand, key_at_hand
from scanner.liabilities import interface, proofs
from scanner.reports.commands import liabilities as shown
from scanner.reports.tables import jsontext

File = Annotated[
    str,
    typer.Argument(
        metavar="FILE",
        help="The published proof: a file or its http(s) address, '-' for stdin, or OKX's folder "
        "or zip.",
    ),
]
Key = Annotated[
    str | None,
    typer.Option(
        "--key",
        metavar="FILE|SHA256",
        help="The publisher's verifying key, or its SHA-256. The keys of known rounds are "
        "included. Binance: the SHA-256 of all .vk files joined in order.",
    ),
]


def verify(file: File, key: Key = None, as_json: AsJson = False) -> None:
    """Check a published proof of liabilities, and say what it does not show.

    Uses no database, and the network only for an address that you give. Exit status 0:
    accepted, under a pinned key if the form has keys; 1: false; 3: consistent, but the key
    comes from the file itself or the form proves nothing; 2: not read.
    """
    with document_at_hand(file) as path, key_at_hand(key) as pinned:
        found = proofs.check_proof(path, pinned)
    if as_json:
        emit(jsontext.pretty(shown.proof_object(found)))
    else:
        emit_lines(shown.proof_lines(found))
    raise typer.Exit(_status(found))


def _status(found: interface.ProofCheck) -> int:
    if found.status is interface.ProofStatus.REFUSED:
        return 1
    return 0 if found.status is interface.ProofStatus.ACCEPTED else 3
