"""Adds up what was found, per asset: integers only, order does not matter, no clock.

Rows are first added into parts, one for each (asset, decimals, proof or not, class of evidence).
Parts add up as rows do, so chunks keep their parts and a snapshot's totals are the sum of its
chunks' parts. The class of a row is the weakest of what it rests on: who named the block, who says
that the signers control the address, who says what it held.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import NamedTuple

from scanner.liabilities.interface import Liability
from scanner.model.amount import rescale
from scanner.model.balance import Balance, Evidence, weakest
from scanner.model.control import ControlResult
from scanner.snapshots.interface import NumberedClaim

SHOWN_EVIDENCE = tuple(e for e in Evidence if e is not Evidence.UNAVAILABLE)
RATIO_DECIMALS = 6

_CLASS = {three: weakest(*three) for three in product(Evidence, repeat=3)}
"""(pin, control, balance) -> class: looked up for every row of a list."""


def row_class(balance: Balance, control: ControlResult | None, pin: Evidence | None) -> Evidence:
    """The class of one row: the weakest of who named the block, who shows control, who says what.

    pin: None where an older program did not record who named the block.
    """
    if control is None or pin is None:
        return balance.evidence
    return _CLASS[pin, control.evidence, balance.evidence]


@dataclass(frozen=True, slots=True)
class AssetTotal:
    """One asset's totals over all networks, in base units of `decimals`.

    decimals: the most among the asset's holdings in the list (and its liabilities, where theirs
    would not fit exactly). Duplicates are counted once.
    claimed: what the rows state. verified: balances found of rows whose control is proof, split
    by class of evidence in `by_evidence`. unverified: balances found of the other rows.
    unavailable_rows: rows whose balance nobody could say. shortfall, surplus: sums of the rows'
    differences where a row states an amount and a balance was found.
    unanswered: what rows state for which no source returned a balance. unstated: what was found of
    rows that state no amount. So claimed + unstated = verified + unverified + shortfall - surplus +
    unanswered. Both None in a history, where they are not kept.
    liabilities: None where none are known. reserve_ratio: verified / liabilities, six decimals,
    rounded down: a lower bound, as `verified` is. None where a side is missing: liabilities
    unknown, zero or of another moment, no row of the asset, or no balance that anybody could say.
    """

    asset: str
    decimals: int
    claimed: int
    verified: int
    by_evidence: Mapping[Evidence, int]
    unverified: int
    unavailable_rows: int
    shortfall: int
    surplus: int
    liabilities: int | None = None
    reserve_ratio: str | None = None
    unanswered: int | None = None
    unstated: int | None = None

    @property
    def is_answered(self) -> bool:
        """Whether a source returned the balance of any row; if not, nothing of it is known."""
        told = self.verified or self.unverified or self.shortfall or self.surplus
        return bool(told) or not self.unavailable_rows

    @property
    def is_stated(self) -> bool:
        """Whether the list states what it claims. What is found where it does not is no surplus."""
        return bool(self.claimed) or self.verified + self.unverified <= self.surplus

    def to_json(self) -> dict[str, object]:
        """The object that `scanner totals --json` shows: amounts as strings.

        None for what the list does not state, and for what nobody answered: neither is 0.
        """

        def known(amount: int) -> str | None:
            return str(amount) if self.is_answered else None

        return {
            "asset": self.asset,
            "decimals": self.decimals,
            "claimed": str(self.claimed) if self.is_stated else None,
            "verified": known(self.verified),
            "by_evidence": {e.value: known(self.by_evidence.get(e, 0)) for e in SHOWN_EVIDENCE},
            "unverified": known(self.unverified),
            "unavailable_rows": self.unavailable_rows,
            "unanswered": None if self.unanswered is None else str(self.unanswered),
            "shortfall": known(self.shortfall),
            "surplus": known(self.surplus),
            "liabilities": None if self.liabilities is None else str(self.liabilities),
            "reserve_ratio": self.reserve_ratio,
        }


class PartKey(NamedTuple):
    """Which rows are added up together.

    decimals: of the amounts. proof: control is proof. evidence: their class.
    """

    asset: str
    decimals: int
    proof: bool
    evidence: Evidence


@dataclass(slots=True)
class Part:
    """Sums over rows of one PartKey, in its base units."""

    rows: int = 0
    claimed: int = 0
    found: int = 0
    shortfall: int = 0
    surplus: int = 0

    def add(self, other: Part) -> None:
        """Take in another part of the same key."""
        self.rows += other.rows
        self.claimed += other.claimed
        self.found += other.found
        self.shortfall += other.shortfall
        self.surplus += other.surplus


class Tally:
    """Adds rows or parts, in any order; then tells the totals."""

    def __init__(self) -> None:
        self.parts: dict[PartKey, Part] = {}

    def add(
        self,
        row: NumberedClaim,
        control: ControlResult | None,
        balance: Balance | None,
        pin: Evidence | None,
        *,
        other_moment: bool = False,
    ) -> None:
        """Count one row, unless it is a duplicate. No balance counts as unavailable.

        pin: who named the block that the balance is of; None where that was not recorded: then the
        class is the balance's alone, as it was when such snapshots were begun. other_moment:
        whether that block is of another moment than the snapshot, so that its coins may be counted
        elsewhere: it is no proof of reserves, whoever controls the address.
        """
        if row.duplicate:
            return
        claim = row.claim
        claimed, amount = claim.amount, None if balance is None else balance.amount
        evidence = Evidence.UNAVAILABLE if balance is None else row_class(balance, control, pin)
        proof = control is not None and control.is_proof and not other_moment
        part = self._part(PartKey(claim.asset, claim.decimals, proof, evidence))
        part.rows += 1
        if claimed is not None:
            part.claimed += claimed
        if amount is None:
            return
        part.found += amount
        if claimed is None or claimed == amount:
            return
        if balance is not None and balance.evidence is Evidence.LATEST_ONLY:
            return  # it differs now, which says nothing of the time the claim is about
        if claimed > amount:
            part.shortfall += claimed - amount
        else:
            part.surplus += amount - claimed

    def add_part(self, key: PartKey, part: Part) -> None:
        """Count rows that were added up elsewhere."""
        self._part(key).add(part)

    def totals(
        self, liabilities: Iterable[Liability] = (), *, complete: bool = True
    ) -> tuple[AssetTotal, ...]:
        """Totals per asset, by name. An asset that is only owed has totals of 0.

        complete: whether every row's chunk is done; if not, no reserve ratio is given.
        """
        owed = {liability.asset: liability for liability in liabilities}
        by_asset: dict[str, list[tuple[PartKey, Part]]] = {asset: [] for asset in owed}
        for key, part in self.parts.items():
            by_asset.setdefault(key.asset, []).append((key, part))
        return tuple(
            _total(asset, by_asset[asset], owed.get(asset), complete) for asset in sorted(by_asset)
        )

    def _part(self, key: PartKey) -> Part:
        part = self.parts.get(key)
        if part is None:
            part = self.parts[key] = Part()
        return part


def _total(
    asset: str, parts: Sequence[tuple[PartKey, Part]], owed: Liability | None, complete: bool
) -> AssetTotal:
    decimals = _decimals(parts, owed)
    by_evidence: dict[Evidence, int] = dict.fromkeys(SHOWN_EVIDENCE, 0)
    sums = Part()
    unverified = unavailable_rows = unanswered = unstated = 0
    for key, part in parts:
        scaled = Part(
            part.rows,
            *(
                rescale(amount, key.decimals, decimals)
                for amount in (part.claimed, part.found, part.shortfall, part.surplus)
            ),
        )
        sums.add(scaled)
        if key.evidence is Evidence.UNAVAILABLE:
            unavailable_rows += part.rows
            unanswered += scaled.claimed
            continue
        # Of rows that state an amount, found is claimed - shortfall + surplus.
        unstated += scaled.found - (scaled.claimed - scaled.shortfall + scaled.surplus)
        if key.proof:
            by_evidence[key.evidence] += scaled.found
        else:
            unverified += scaled.found
    verified = sum(by_evidence.values())
    liabilities = None if owed is None else _scaled(owed.amount, owed.decimals, decimals)
    known = complete and unavailable_rows < sums.rows and (owed is None or owed.comparable)
    return AssetTotal(
        asset=asset,
        decimals=decimals,
        claimed=sums.claimed,
        verified=verified,
        by_evidence=by_evidence,
        unverified=unverified,
        unavailable_rows=unavailable_rows,
        shortfall=sums.shortfall,
        surplus=sums.surplus,
        liabilities=liabilities,
        reserve_ratio=reserve_ratio(verified, liabilities) if known else None,
        unanswered=unanswered,
        unstated=unstated,
    )


def reserve_ratio(verified: int, liabilities: int | None) -> str | None:
    """verified / liabilities as decimal text, rounded down, so that 1.000000 is never flattery.

    Both in the same base units. None where liabilities are unknown or zero.
    """
    if not liabilities:
        return None
    scaled = verified * 10**RATIO_DECIMALS // liabilities
    whole, fraction = divmod(scaled, 10**RATIO_DECIMALS)
    return f"{whole}.{fraction:0{RATIO_DECIMALS}d}"


def _decimals(parts: Sequence[tuple[PartKey, Part]], owed: Liability | None) -> int:
    held = max((key.decimals for key, _ in parts), default=None)
    if owed is None or held is None:
        return owed.decimals if owed is not None else held or 0
    fits = owed.decimals <= held or owed.amount % 10 ** (owed.decimals - held) == 0
    return held if fits else owed.decimals


def _scaled(amount: int, decimals: int, to_decimals: int) -> int:
    """Rescale either way; exact, for `_decimals` chose a unit in which it is."""
    if to_decimals >= decimals:
        return rescale(amount, decimals, to_decimals)
    return int(amount // 10 ** (decimals - to_decimals))
