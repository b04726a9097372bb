"""`scanner liabilities verify`: what a published proof of liabilities shows, and what not."""

from __future__ import annotations

from typing import Annotated

import typer

from scanner.cli.common.console import emit
from scanner.cli.common.options import AsJson
from scanner.cli.common.places import document_at_hand, key_at_hand
from scanner.liabilities.documents import NOT_CHECKED
from scanner.liabilities.interface import Liability, ProofCheck, ProofStatus
from scanner.liabilities.proofs import check_proof
from scanner.model.amount import format_amount
from scanner.reports.tables.jsontext import pretty

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

_STATUS = {
    ProofStatus.ACCEPTED: 0,
    ProofStatus.REFUSED: 1,
    ProofStatus.CONSISTENT: 3,
    ProofStatus.UNCHECKED: 3,
}


def verify(file: File, key: Key = None, as_json: AsJson = False) -> None:
    """Check a published proof of liabilities, and say what it does not show.

    Uses no database, and the network only for an address that you give. Exit status 0:
    accepted, under a pinned key if the form has keys; 1: false; 3: consistent, but the key
    comes from the file itself or the form proves nothing; 2: not read.
    """
    with document_at_hand(file) as path, key_at_hand(key) as pinned:
        found = check_proof(path, pinned)
    if as_json:
        emit(pretty(proof_object(found)))
    else:
        emit("".join(f"{line}\n" for line in _lines(found)).encode())
    raise typer.Exit(_STATUS[found.status])


def _headline(found: ProofCheck) -> str:
    if found.status is ProofStatus.REFUSED:
        return f"false: {': '.join(filter(None, (found.place, found.reason)))}"
    if found.status is ProofStatus.UNCHECKED:
        return f"named, not checked: {found.stated['file']} of {found.stated['publisher']}"
    if found.status is ProofStatus.CONSISTENT:
        return "consistent, but not proven"
    if found.key:
        return "accepted by the published verifier under a pinned key"
    return "all hashes and sums are correct"


def _lines(found: ProofCheck) -> list[str]:
    lines = [f"{found.format}: {_headline(found)}"]
    hashes = [f"sha256: {found.stated['sha256']}"] if "sha256" in found.stated else []
    if found.status is ProofStatus.UNCHECKED:
        return [*lines, *hashes, *(f"note: {gap.removeprefix(NOT_CHECKED)}" for gap in found.gaps)]
    lines.append(f"evidence: {found.grade.value}")
    # What nothing stands behind is somebody's claim: "owed" would be our word for it.
    owed = "owed" if found.status is ProofStatus.ACCEPTED else "claimed"
    if found.net is not None:
        unit = "the publisher's unit of value"
        lines.append(f"{owed} over all coins, net: {found.net:,} in {unit}")
    lines += [
        f"{owed}: {t.asset} {format_amount(t.amount, t.decimals)}{_unit(t)} ({t.evidence.value})"
        for t in found.totals
        if found.status is not ProofStatus.REFUSED
    ]
    if found.root:
        lines.append(f"root: {found.root}")
    lines += hashes
    if found.key:
        lines.append(f"key: {found.key} (from {found.key_from})")
    return lines + [f"gap: {gap}" for gap in found.gaps]


def _unit(total: Liability) -> str:
    return f" in {unit}" if (unit := total.detail.get("unit")) else ""


def proof_object(found: ProofCheck) -> dict[str, object]:
    """The same for programs. net: text, for its size; null where the form has no such.

    Amounts are in base units of `decimals`; where `unit` is not "", in that unit and not in coins.
    """
    return {
        "format": found.format,
        "status": found.status.value,
        "grade": found.grade.value,
        "net": None if found.net is None else str(found.net),
        "root": found.root,
        "key": found.key,
        "key_from": found.key_from,
        "totals": [
            {
                "asset": total.asset,
                "decimals": total.decimals,
                "amount": str(total.amount),
                "unit": total.detail.get("unit", ""),
                "evidence": total.evidence.value,
            }
            for total in found.totals
        ],
        "stated": found.stated,
        "gaps": list(found.gaps),
        "place": found.place,
        "reason": found.reason,
    }
