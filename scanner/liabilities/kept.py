"""A proof of one total over all coins, whole, so that it can be verified again without anybody."""

from __future__ import annotations

import hashlib
import re
import zlib
from pathlib import Path

from scanner.errors import InputError, ListFormatError
from scanner.liabilities.documents import read_document
from scanner.liabilities.interface import ProofCheck, ProofStatus
from scanner.liabilities.okx_v2.key import sha256_of
from scanner.liabilities.okx_v2.pins import Pin, pin_of_bytes, pin_of_key, read_pin
from scanner.liabilities.okx_v2.proof_file import recognises
from scanner.liabilities.okx_v2.verify import check_document, key_bytes
from scanner.liabilities.opening import MAX_DOCUMENT, head_of, read_whole
from scanner.liabilities.record import KeptProof, check_ratio
from scanner.model.amount import ambiguous_dot, both_readings
from scanner.model.jsontext import read_json

_UNIT = re.compile(r"(?:0|[1-9][0-9]{0,8})(?:\.[0-9]{1,18})?", re.ASCII)


def is_proof(path: Path) -> bool:
    """Whether a file is a proof of one total, and no table of what is owed in each coin."""
    return head_of(path).lstrip()[:1] == b"{" and recognises(read_document(path))


def keep(
    path: Path, key: str, unit_usd: str, published: str = ""
) -> tuple[ProofCheck, KeptProof | None]:
    """Verify a proof; what to keep of it, None where it is refused.

    key: as for `check_proof`. unit_usd: "" or a decimal number. published: the publisher's own
    ratio. Raises InputError, ListFormatError.
    """
    check_ratio(published)
    if unit_usd and (not _UNIT.fullmatch(unit_usd) or not unit_usd.strip("0.")):
        raise InputError(
            f"--unit-usd {unit_usd[:40]!r}: give a number of US dollars, such as 1 or 0.0001"
        )
    if ambiguous_dot(unit_usd):
        raise InputError(f"--unit-usd {unit_usd}: {both_readings(unit_usd)}")
    data = read_whole(path)
    document = read_document(path)
    pin = read_pin(key) if key else None
    found = check_document(document, path.name, pin or "")
    if found.status is ProofStatus.REFUSED or found.net is None:
        return found, None
    accepted = found.status is ProofStatus.ACCEPTED
    return found, KeptProof(
        hashlib.sha256(data).hexdigest(),
        found.format,
        path.name,
        found.status,
        found.grade,
        found.net,
        unit_usd,
        found.root,
        found.key if accepted else "",
        key_bytes(document, pin),
        zlib.compress(data, 9),
        published,
    )


def recheck(kept: KeptProof) -> str:
    """Verify what is kept again. Returns what is wrong with it, "" if nothing is."""
    unpacker = zlib.decompressobj()
    try:
        data = unpacker.decompress(kept.document, MAX_DOCUMENT)
    except zlib.error as e:
        return f"the document cannot be unpacked: {e}"
    if unpacker.unconsumed_tail or hashlib.sha256(data).hexdigest() != kept.sha256:
        return "the document does not match the saved hash"
    try:
        found = check_document(read_json(data, unique_names=True), kept.name, _pin(kept) or "")
    except (ValueError, InputError, ListFormatError) as e:
        return f"the document cannot be read: {e}"
    if found.status is ProofStatus.REFUSED:
        return f"the proof is false: {found.place}: {found.reason}"
    # The pin says which key was vouched for, the bytes beside it are the key: each may be changed.
    if len({found.key, sha256_of(kept.key_data), kept.pin or found.key}) != 1:
        pinned = f", the pinned key is {kept.pin}" if kept.pin else ""
        bytes_kept = sha256_of(kept.key_data)
        return f"it is checked under the key {found.key}, the saved bytes are {bytes_kept}{pinned}"
    said = (found.status, found.grade, found.net, found.root)
    if said != (kept.status, kept.evidence, kept.net, kept.root):
        return (
            f"it gives {found.status.value}, net {found.net}, root {found.root}: not the saved "
            "figures"
        )
    return ""


def _pin(kept: KeptProof) -> Pin | None:
    if not kept.pin:
        return None
    return pin_of_key(kept.pin) or pin_of_bytes(kept.key_data, "the key that was pinned")
