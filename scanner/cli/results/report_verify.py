"""`scanner report verify report.json`: check a report without the database that it is of."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from scanner.cli.common.console import emit, finish, say
from scanner.cli.common.options import AsJson, given
from scanner.cli.common.places import at_hand
from scanner.errors import InputError, clip
from scanner.files import hashed
from scanner.reports.documents import (
    html,
    twin_answer,
    twin_checks,
    twin_database,
    twin_signature,
    twin_words,
    verified_export,
)
from scanner.reports.documents import twin as twins
from scanner.reports.figures import other_chains as told
from scanner.reports.tables import jsontext, writers
from scanner.reports.tables.text import printable
from scanner.settings.database import database_url
from scanner.store.database import engine

Report = Annotated[
    Path, typer.Argument(metavar="REPORT", help="What 'scanner report --json' wrote.")
]
ListAtHand = Annotated[
    str | None,
    typer.Option(
        "--list", metavar="FILE", help="The published list: a file, its http(s) address, or '-'."
    ),
]
SignatureFile = Annotated[
    str | None,
    typer.Option("--signature", metavar="FILE", help="An OpenSSH signature over the report."),
]
KeyFile = Annotated[
    str | None,
    typer.Option(
        "--key",
        metavar="FILE",
        help="The signer's public key, from a place you trust, or a file of allowed signers.",
    ),
]
Seal = Annotated[
    str | None,
    typer.Option("--seal", metavar="HEX", help="The seal that you kept elsewhere."),
]
DatabaseAtHand = Annotated[
    str | None,
    typer.Option(
        "--database",
        metavar="URL",
        help="The database that the report is of: a SQLite file or a PostgreSQL URL.",
    ),
]
Page = Annotated[
    str | None,
    typer.Option(
        "--page",
        metavar="FILE",
        help="Write the report's page, with its signer; not if something is false.",
    ),
]

_SAYS = {
    "verified": "VERIFIED",
    "false": "FOUND FALSE",
    "unshown": "NOT FULLY VERIFIED",
    "incomplete": "INCOMPLETE",
}
_SEAL = re.compile(r"[0-9a-f]{64}", re.ASCII)
_SIGN = "ssh-keygen -Y sign -f KEY -n reserve-scanner-report"


def report_verify(
    report: Report,
    list_file: ListAtHand = None,
    signature: SignatureFile = None,
    key: KeyFile = None,
    seal: Seal = None,
    page: Page = None,
    database: DatabaseAtHand = None,
    as_json: AsJson = False,
) -> None:
    """Check a JSON report: its seal, its sums, its list, and who signed it.

    It needs no database and no network; --database also holds every part to the database, if you
    have it. Exit status 1: something in the report is false; 3:
    nothing is false, but something could not be checked, for example because no list or
    signature was given. The status is about the report itself; its first line repeats what it
    found.
    """
    if bool(given(signature, "--signature")) != bool(given(key, "--key")):
        raise InputError("--signature and --key must be given together")
    wanted = given(seal, "--seal").strip().lower()
    if wanted and not _SEAL.fullmatch(wanted):
        raise InputError("--seal is not a seal: give its 64 hexadecimal digits")
    _apart(given(page, "--page"), (report, list_file, signature, key))
    twin = twins.read_twin(report)
    sha256 = _hash(given(list_file, "--list"))
    checks = twin_checks.check_twin(twin, sha256, wanted)
    if given(database, "--database"):
        with engine.open_store(database_url(str(database)), read_only=True) as store:
            checks.append(twin_database.held_to(store, twin))
    signed: twin_signature.Signature | None = None
    if signature and key:
        check, signed = twin_signature.check_signature(
            twin.data, twin.sha256, Path(signature), Path(key)
        )
        checks.append(check)
    checks.append(_origin(seal, signed, checks))
    emit(jsontext.pretty(_object(twin, checks, signed)) if as_json else _text(twin, checks))
    if page:
        _write(str(page), twin, signed, checks)
    finish(weight for check in checks for weight in check.state.weights)


def _apart(page: str, read: Iterable[str | Path | None]) -> None:
    """Keep the page from taking the place of a file that is read. Raises InputError."""
    target = Path(page)
    for file in [Path(name) for name in read if name] if page else []:
        same = target.resolve() == file.resolve()
        if same or (target.exists() and file.exists() and target.samefile(file)):
            raise InputError(f"--page {page} is a file that is read: give the page another name")


def _hash(location: str) -> str | None:
    """The SHA-256 of the list's file; None where none is given."""
    if not location:
        return None
    with at_hand(location) as place, hashed.HashedFile(place.file) as file:
        file.hash_whole()
        return file.digest()


def _origin(
    seal: str | None, signed: twin_signature.Signature | None, checks: list[twin_checks.Check]
) -> twin_checks.Check:
    """Who stands behind the report: a hash without a key shows nobody."""
    if signed is not None:
        what = f"whoever holds {signed.key} vouches for all of it"
        return twin_checks.Check("origin", twin_checks.CheckState.HOLDS, what)
    if seal and all(
        c.state is twin_checks.CheckState.HOLDS for c in checks if c.name in ("seal", "totals")
    ):
        what = (
            "list, blocks and totals are of the seal that you kept; what is in no seal has "
            "nobody's word but the report's"
        )
        return twin_checks.Check("origin", twin_checks.CheckState.NOT_CHECKED, what)
    what = f"no valid signature: anybody can make a report that adds up ({_SIGN})"
    return twin_checks.Check("origin", twin_checks.CheckState.NOT_CHECKED, what)


def _text(twin: twins.Twin, checks: list[twin_checks.Check]) -> bytes:
    snapshot = twin.document["snapshot"]
    answer = twin_answer.with_doubts_apart(twin.document)["answer"]
    lines = [
        f"Report of snapshot {snapshot['id']} of {snapshot['publisher']}, SHA-256 {twin.sha256}",
        f"It says: {_SAYS[answer['status']]}: {answer['sentence']}",
        *(f"It says: NOT VERIFIED: {doubt}" for doubt in answer.get("doubts", [])),
        *(f"It says: {line}" for line in told.chain_lines(_chains(twin))),
        *(f"  {check.state.value:<12} {check.name:<10} {check.what}" for check in checks),
        f"No seal covers {twin_checks.UNSEALED}.",
        "They are held to its totals and rows; beyond that only by a signature, or by --database.",
        "Balances and signatures are not in a report; only the same snapshot again checks them.",
        *(f"  {line}" for line in _commands(twin, checks)),
    ]
    return "".join(printable(line) + "\n" for line in lines).encode()


def _chains(twin: twins.Twin) -> list[told.Chain]:
    """Other chains, as the report says and as its blocks do: whichever was left out is told."""
    read = [(each["network"], each["chain"]) for each in twin.document["blocks"]]
    said = [(each["network"], each["chain"]) for each in twin.document[told.COLUMN]]
    return sorted({*told.apart(read), *said})


def _commands(twin: twins.Twin, checks: list[twin_checks.Check]) -> list[str]:
    """How to take the snapshot again; nothing that a stranger may have written."""
    sealed = any(c.name == "question" and c.state is twin_checks.CheckState.HOLDS for c in checks)
    return list(twin.document["repeat"]) if sealed else []


def _object(
    twin: twins.Twin, checks: list[twin_checks.Check], signed: twin_signature.Signature | None
) -> dict[str, object]:
    return {
        "sha256": twin.sha256,
        "snapshot": twin.document["snapshot"]["id"],
        "seal": twin.document["snapshot"]["seal"],
        "says": twin.document["answer"],
        told.COLUMN: told.chain_objects(_chains(twin)),
        "checks": [
            {"check": c.name, "state": c.state.name.lower(), "what": c.what} for c in checks
        ],
        "unsealed": twin_checks.UNSEALED,
        "signature": None if signed is None else {"by": signed.by or None, "key": signed.key},
    }


def _safe(twin: twins.Twin, checks: list[twin_checks.Check]) -> twins.Json:
    """The report in this program's words, without commands that a stranger may have written."""
    document = {**twin_words.in_own_words(twin.document), "repeat": _commands(twin, checks)}
    command = verified_export.export_command(document["snapshot"]["id"])
    if document.get("verified_export", {}).get("command") != command:
        document.pop("verified_export", None)
    return document


def _write(
    target: str,
    twin: twins.Twin,
    signed: twin_signature.Signature | None,
    checks: list[twin_checks.Check],
) -> None:
    if any(check.state is twin_checks.CheckState.FALSE for check in checks):
        say(f"{target} was not written: something of the report is false")
        return
    try:
        data = html.report_page(_safe(twin, checks), signed).encode("utf-8")
    except twin_checks.ODD as e:
        why = f"{type(e).__name__}: {clip(str(e), 100)}"
        raise InputError(f"{target} was not written: no page shows this report ({why})") from None
    with writers.whole_file(target) as stream:
        stream.write(data)
    say(f"page written to {target}")
