"""What a liability is, and how strong the evidence for it is."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class LiabilityEvidence(StrEnum):
    """What stands behind a liability figure, strongest first."""

    REHASHED = "rehashed"  # the whole sum tree is public and was hashed and summed again here
    SNARK_PER_COIN = "snark_per_coin"  # a proof of each coin's total, under a pinned key
    SNARK_AGGREGATE = "snark_aggregate"  # a proof of one total over all coins
    ROOT_LINKED = "root_linked"  # one user's inclusion up to a root; the total is unproven
    TRANSCRIPT_ONLY = "transcript_only"  # consistent files of a scheme that proves nothing
    PUBLISHED = "published"  # a number somebody wrote down

    @property
    def proves_coin_totals(self) -> bool:
        """Whether a ratio per coin may rest on it without the word "unproven"."""
        return self in (LiabilityEvidence.REHASHED, LiabilityEvidence.SNARK_PER_COIN)


@dataclass(frozen=True, slots=True)
class Liability:
    """What is owed to users in one asset.

    asset: our name. amount: base units of `decimals`, never negative.
    source: file or page it came from, for the report. as_of: date or block the publisher gave,
    as written, "" if none. detail: extras for the record ("root", "users"), text only.
    """

    asset: str
    amount: int
    decimals: int
    evidence: LiabilityEvidence
    source: str
    as_of: str = ""
    detail: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.amount < 0:
            raise ValueError("a liability cannot be negative")
