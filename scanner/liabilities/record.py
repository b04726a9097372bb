"""What the database keeps of a proof of one total: the record alone, without what verifies it.

Who reads results imports this, and so waits for no verifier to load.
"""

from __future__ import annotations

from dataclasses import dataclass

from scanner.liabilities.interface import LiabilityEvidence, ProofStatus


@dataclass(frozen=True, slots=True)
class KeptProof:
    """What is kept of one. sha256: of the document as given, unpacked.

    net: in the publisher's unit. unit_usd: US dollars of one such unit, decimal text; "" unknown.
    pin: SHA-256 of the key that was pinned, "" if the key was the file's own; key_data: its bytes.
    document: packed with zlib.
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
