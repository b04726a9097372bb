"""`scanner proofs check FILE`: checks stored state proofs again, without asking anybody."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from scanner.chains.evm import archive
from scanner.cli.common.console import emit
from scanner.cli.common.options import AsJson
from scanner.reports.tables import jsontext
from scanner.reports.tables.text import printable

app = typer.Typer(help="Check stored state proofs.", no_args_is_help=True, rich_markup_mode=None)

ProofFile = Annotated[
    Path, typer.Argument(metavar="FILE", help="A .proofs.jsonl file, as --proof writes them.")
]


@app.command("check")
def check(file: ProofFile, as_json: AsJson = False) -> None:
    """Check every balance in the file against its block's header. No network, no database.

    The block's hash is computed from the header in the file: compare it with one you trust.
    """
    found = archive.check_archive(file)
    if as_json:
        balances = [
            {"token": f"0x{token}" if token else "", "holder": f"0x{holder}", "amount": str(amount)}
            for (token, holder), amount in sorted(found.balances.items())
        ]
        record = {"network": found.network, "chain": found.chain, "height": found.height}
        emit(jsontext.pretty({**record, "hash": found.hash, "balances": balances}))
    else:
        place = printable(f"{found.network} (chain {found.chain})")  # words of the file
        words = f"{len(found.balances):,} balances hold on {place} at block {found.height}"
        emit(f"{words}, hash {found.hash}\n".encode())
