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
    as written, "" if none. detail: extras for the record ("root", "users"), text only; "scope"
    says that they are of some users only, "unit" that they are not in the asset itself.
    replaced: what it takes the place of, and since when, as a clause; "" where it is the first.
    other_day: why no ratio can be made of it in its snapshot (moments.py), "" where one can.
    dated: whether its moment was compared with that of the balances. Raises ValueError.
    """

    asset: str
    amount: int
    decimals: int
    evidence: LiabilityEvidence
    source: str
    as_of: str = ""
    detail: dict[str, str] = field(default_factory=dict)
    other_day: str = ""
    replaced: str = ""
    dated: bool = False

    @property
    def comparable(self) -> bool:
        """Whether reserves may be held against it: of the same moment, and in the same unit."""
        return not self.other_day and not self.detail.get("unit")

    @property
    def limits(self) -> str:
        """What a ratio that rests on it may not be shown without; "" for nothing."""
        proven = self.evidence.proves_coin_totals
        return ratio_limits(proven=proven, dated=self.dated, scope=self.detail.get("scope", ""))

    def __post_init__(self) -> None:
        if self.amount < 0:
            raise ValueError("a liability cannot be negative")


def ratio_limits(*, proven: bool, dated: bool, scope: str) -> str:
    """What a ratio may not be shown without: "unproven, of an unknown day, only of EU users".

    "" if it is whole. proven: whether the total of the coin is. dated: whether the liabilities
    were compared with the time of the balances. scope: of whom alone they are, "" for all.
    """
    said = {"unproven": not proven, "of an unknown day": not dated, f"only of {scope}": scope}
    return ", ".join(what for what, holds in said.items() if holds)


@dataclass(frozen=True, slots=True)
class TreeProblem:
    """One place where a tree contradicts itself: proof that the publisher's file is false there.

    line: line of the file, from 1; or the step of a path, from 1. reason: one sentence.
    """

    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class TreeCheck:
    """What hashing and adding up a liability tree again found.

    format: "bitmex_tree", "okx_tree". root: its hash, hex. as_of: block height or date in the
    file, "" if none. levels, nodes, leaves: counts; padding is no leaf. totals: what the root
    says, as liabilities; their evidence is REHASHED when nothing contradicts, else PUBLISHED.
    problems: the first MAX_PROBLEMS, in file order. problem_count: all of them.
    gaps: what stays unproven although it holds. sha256: of the file, unpacked, hex; "" where its
    root stands for the totals as well.
    """

    format: str
    root: str
    as_of: str
    levels: int
    nodes: int
    leaves: int
    totals: tuple[Liability, ...]
    problems: tuple[TreeProblem, ...] = ()
    problem_count: int = 0
    gaps: tuple[str, ...] = ()
    sha256: str = ""

    @property
    def holds(self) -> bool:
        """Whether every hash and every sum is right."""
        return self.problem_count == 0


@dataclass(frozen=True, slots=True)
class Inclusion:
    """Whether one user's balance is in a tree.

    amounts: asset -> base units that were found for the user. decimals: of those amounts.
    leaves: their positions, from 0 at the left, () where a path needs none. root: hash, hex, that
    the balance is tied to; compare it with the published one. totals: what the root says.
    reason: why it is not included; "" if it is. format: of the file. unit: what the amounts are
    in, "" for coins. gaps: what stays unproven although it is included; unproven: nothing stands
    behind the root, or it fits other amounts as well. sha256: as in TreeCheck.
    account: whose the balance is, where the leaf is hashed with it; "" where it could be anybody's.
    as_of: as in TreeCheck. compared: whether the root is one that the user was shown elsewhere.
    """

    included: bool
    root: str
    amounts: dict[str, int]
    decimals: int
    totals: tuple[Liability, ...]
    leaves: tuple[int, ...] = ()
    reason: str = ""
    format: str = ""
    unit: str = ""
    gaps: tuple[str, ...] = ()
    unproven: bool = False
    sha256: str = ""
    account: str = ""
    as_of: str = ""
    compared: bool = False


class ProofStatus(StrEnum):
    """What checking a proof of liabilities came to."""

    ACCEPTED = "accepted"  # it holds under a key that others than the file vouch for
    CONSISTENT = "consistent"  # it holds, but its key is its own or its scheme proves nothing
    REFUSED = "refused"  # it contradicts itself, its key or the mathematics
    UNCHECKED = "unchecked"  # a known form that is named and not checked here


@dataclass(frozen=True, slots=True)
class ProofCheck:
    """What checking one published proof of liabilities found.

    format: "okx_v2", "okx_v1", ... grade: what its totals are worth after the check.
    root: of the tree of users that it is about, hex, as the publisher writes it; "" if refused.
    net: what is owed over all coins, in the publisher's own unit; None where it says no such.
    totals: what is owed per coin, for the formats that say so.
    key: SHA-256 of the verifying key, hex; "" where there is none. key_from: who vouches for it.
    gaps: what stays unproven although it holds, strongest first, each one sentence.
    stated: other figures of the file, name -> text; unproven.
    accounts: how many the totals run over, from place 0 on, as what was checked binds it; a user
    at a place behind them is in no total. None where the form binds no such number.
    place, reason: where and why it is refused; "" otherwise.
    """

    format: str
    status: ProofStatus
    grade: LiabilityEvidence
    root: str = ""
    net: int | None = None
    totals: tuple[Liability, ...] = ()
    key: str = ""
    key_from: str = ""
    gaps: tuple[str, ...] = ()
    stated: dict[str, str] = field(default_factory=dict)
    accounts: int | None = None
    place: str = ""
    reason: str = ""


OTHER_ROUND = (
    "the two may be of different publications: only a file of this one shows that an account was "
    "left out of it"
)
"""What is said where a user's file leads elsewhere: an honest one of last month does, too."""

MAX_PROBLEMS = 100
"""Problems of a tree that are kept; a file of nonsense has as many as lines."""

ROOT_ALONE = "the tree is its root alone: nothing was added up, the figure is only published"
"""What is said of a tree of one node: whoever is shown it is in it, and nobody else."""
