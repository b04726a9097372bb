"""What the database keeps of a proof of one total: the record alone, without what verifies it.

Who reads results imports this, and so waits for no verifier to load.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from scanner.errors import InputError
from scanner.liabilities.interface import LiabilityEvidence, ProofStatus

MOST_RATIO = 10
"""From here on a bare number is a percentage whose sign was left out, or no ratio."""

_RATIO = re.compile(r"(?:0|[1-9][0-9]{0,17})(?:\.[0-9]{1,18})?", re.ASCII)


def check_ratio(text: str) -> str:
    """A publisher's own ratio, as 1.05; "" where it states none.

    Raises InputError, also for 105: a percentage without its sign would be a hundred times it.
    """
    if text and (_RATIO.fullmatch(text) is None or int(text.partition(".")[0]) >= MOST_RATIO):
        raise InputError(f"--published {text[:40]!r}: give a ratio such as 1.05, which is 105 %")
    return text


@dataclass(frozen=True, slots=True)
class KeptProof:
    """What is kept of one. sha256: of the document as given, unpacked.

    net: in the publisher's unit. unit_usd: US dollars of one such unit, decimal text; "" unknown.
    pin: SHA-256 of the key that was pinned, "" if the key was the file's own; key_data: its bytes.
    document: packed with zlib. published_ratio: what the publisher says of the same period, decimal
    text; "" if nobody told.
    """

    sha256: str
    format: str
    name: str
    status: ProofStatus
    evidence: LiabilityEvidence
    net: int
    unit_usd: str
    root: str
    pin: str
    key_data: bytes
    document: bytes
    published_ratio: str = ""
