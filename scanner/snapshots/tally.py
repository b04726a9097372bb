"""Adds up what was found, per asset: integers only, order does not matter, no clock.

Rows are first added into parts, one for each (asset, decimals, proof or not, class of evidence).
Parts add up as rows do, so chunks keep their parts and a snapshot's totals are the sum of its
chunks' parts. The class of a row is the weakest of what it rests on: who named the block, who says
that the signers control the address, who says what it held.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import compress, product
from typing import Any, NamedTuple

from scanner.liabilities.interface import Liability
from scanner.model.amount import rescale
from scanner.model.balance import Balance, Evidence, weakest
from scanner.model.control import ControlResult, is_proof
from scanner.snapshots.columns import Columns, ResultColumns
from scanner.snapshots.values import NumberedClaim

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
    claimed: what the rows state; None where they state nothing, or where a sum of 0 does not tell
    that from 0. verified: balances found of rows whose control is proof, split by class of
    evidence in `by_evidence`. unverified: balances found of the other rows.
    unavailable_rows: rows whose balance nobody could say. shortfall, surplus: sums of the rows'
    differences where a row states an amount and a balance was found.
    verified, unverified, shortfall, surplus and each class are None, however they are given, where
    nothing was found and rows are without an answer: what is not known is no 0, whoever shows it.
    With some rows found they are lower bounds.
    unanswered: what rows state for which no source returned a balance. unstated: what was found of
    rows that state no amount. differs_now: by how much more (less, where negative) rows of class
    `latest_only` hold than they state; of them it cannot be told who states nothing, so that is in
    it and not in `unstated`. All three None in a history, where they are not kept. Always, with 0
    for what is None:
    claimed = verified + unverified + shortfall - surplus + unanswered - unstated - differs_now.
    liabilities: None where none are known. owed_unit: their unit ("US dollars") where that is not
    the asset: then they are no amount of it, and no program is given them as one. reserve_ratio:
    verified / liabilities, six decimals, rounded down: a lower bound, as `verified` is. None where
    a side is missing: liabilities unknown, zero, in another unit or of another moment, no row of
    the asset, or no balance that anybody could say.
    ratio_limits: what the ratio may not be read without ("unproven, of an unknown day"); None where
    there is no ratio, or nothing limits it.
    """

    asset: str
    decimals: int
    claimed: int | None
    verified: int | None
    by_evidence: Mapping[Evidence, int | None]
    unverified: int | None
    unavailable_rows: int
    shortfall: int | None
    surplus: int | None
    liabilities: int | None = None
    reserve_ratio: str | None = None
    ratio_limits: str | None = None
    unanswered: int | None = None
    unstated: int | None = None
    differs_now: int | None = None
    owed_unit: str = ""

    def __post_init__(self) -> None:
        found = (self.verified or 0) + (self.unverified or 0)
        silent = self.unavailable_rows and not (found or self.shortfall or self.surplus)
        # What is found where the list states nothing is no surplus.
        if not self.claimed and (silent or found > (self.surplus or 0)):
            self._forget("claimed")
        if silent:
            self._forget("verified", "unverified", "shortfall", "surplus")
            unknown: dict[Evidence, int | None] = dict.fromkeys(SHOWN_EVIDENCE)
            object.__setattr__(self, "by_evidence", unknown)

    def _forget(self, *names: str) -> None:
        for name in names:
            object.__setattr__(self, name, None)

    @property
    def is_answered(self) -> bool:
        """Whether a source returned the balance of any row; if not, nothing of it is known."""
        return self.verified is not None

    @property
    def is_stated(self) -> bool:
        """Whether the list states what it claims."""
        return self.claimed is not None

    def rescaled(self, decimals: int) -> AssetTotal:
        """The same amounts in a unit with at least as many decimals; liabilities are left out."""

        def to(amount: int | None) -> int | None:
            return None if amount is None else rescale(amount, self.decimals, decimals)

        return AssetTotal(
            self.asset,
            decimals,
            to(self.claimed),
            to(self.verified),
            {e: to(amount) for e, amount in self.by_evidence.items()},
            to(self.unverified),
            self.unavailable_rows,
            to(self.shortfall),
            to(self.surplus),
            unanswered=to(self.unanswered),
            unstated=to(self.unstated),
            differs_now=to(self.differs_now),
        )

    def to_json(self) -> dict[str, object]:
        """The object that `scanner totals --json` shows: amounts as strings.

        None for what the list does not state, and for what nobody answered: neither is 0.
        """
        return {
            "asset": self.asset,
            "decimals": self.decimals,
            "claimed": amount_text(self.claimed),
            "verified": amount_text(self.verified),
            "by_evidence": self.evidence_texts(),
            "unverified": amount_text(self.unverified),
            "unavailable_rows": self.unavailable_rows,
            "unanswered": amount_text(self.unanswered),
            "shortfall": amount_text(self.shortfall),
            "surplus": amount_text(self.surplus),
            "liabilities": None if self.owed_unit else amount_text(self.liabilities),
            "reserve_ratio": self.reserve_ratio,
            "ratio_limits": self.ratio_limits,
        }

    def evidence_texts(self) -> dict[str, str | None]:
        """What is verified by evidence, as `to_json` has it: 0 where nothing rests on one."""
        return {e.value: amount_text(self.by_evidence.get(e, 0)) for e in SHOWN_EVIDENCE}


def amount_text(amount: int | None) -> str | None:
    """Base units as JSON and CSV have them; None where the amount is not known."""
    return None if amount is None else str(amount)


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

    def count(
        self, amounts: Sequence[tuple[int | None, int | None]], said: Evidence | None
    ) -> None:
        """Count rows, one at least: what each claims and what was found, None where not known.

        said: the evidence of their balances.
        """
        self.rows += len(amounts)
        claims, balances = zip(*amounts, strict=True)
        self.claimed += sum(filter(None, claims))
        self.found += sum(filter(None, balances))
        if said is Evidence.LATEST_ONLY:
            return  # it differs now, which says nothing of the time the claim is about
        for claimed, found in amounts:
            if claimed is not None and found is not None and claimed != found:
                self.shortfall += max(claimed - found, 0)
                self.surplus += max(found - claimed, 0)

    def add(self, other: Part) -> None:
        """Take in another part of the same key."""
        self.rows += other.rows
        self.claimed += other.claimed
        self.found += other.found
        self.shortfall += other.shortfall
        self.surplus += other.surplus

    def take_out(self, other: Part) -> None:
        """Take a part of the same key out again."""
        self.rows -= other.rows
        self.claimed -= other.claimed
        self.found -= other.found
        self.shortfall -= other.shortfall
        self.surplus -= other.surplus


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
        evidence = Evidence.UNAVAILABLE if balance is None else row_class(balance, control, pin)
        proof = control is not None and control.is_proof and not other_moment
        part = self._part(PartKey(claim.asset, claim.decimals, proof, evidence))
        amount, said = (None, None) if balance is None else balance[:2]
        part.count([(claim.amount, amount)], said)

    def add_all(self, rows: ResultColumns, pin: Evidence | None) -> None:
        """Count many rows, as `add` does each: those of one asset that rest on the same at once."""
        control, binding, *_, shown, statement, _, _ = rows.verdicts
        found, said, *_ = rows.balances
        columns: Columns = [
            *(rows.assets, rows.decimals, control, binding, statement, shown, said),
            *(rows.claimed, found),
        ]
        if any(rows.duplicates):
            counted = [not duplicate for duplicate in rows.duplicates]
            columns = [list(compress(column, counted)) for column in columns]
        *keys, claimed, found = columns
        alike = defaultdict[tuple[Any, ...], list[tuple[int | None, int | None]]](list)
        pairs = zip(claimed, found, strict=True)
        for key, pair in zip(zip(*keys, strict=True), pairs, strict=True):
            alike[key].append(pair)
        for (asset, decimals, *verdict, shown_by, said_by), amounts in alike.items():
            evidence = said_by if pin is None else _CLASS[pin, shown_by, said_by]
            of = PartKey(asset, decimals, is_proof(*verdict), evidence)
            self._part(of).count(amounts, said_by)

    def of_another_moment(
        self,
        row: NumberedClaim,
        control: ControlResult | None,
        balance: Balance | None,
        pin: Evidence | None,
    ) -> None:
        """Count a row that was added as one of another moment after all."""
        added = Tally()
        added.add(row, control, balance, pin)
        for key, part in added.parts.items():
            known = self._part(key)
            known.take_out(part)
            if not known.rows:
                del self.parts[key]
        self.add(row, control, balance, pin, other_moment=True)

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
    decimals = max((key.decimals for key, _ in parts), default=owed.decimals if owed else 0)
    by_evidence: dict[Evidence, int] = dict.fromkeys(SHOWN_EVIDENCE, 0)
    sums = Part()
    unverified = unavailable_rows = unanswered = unstated = differs_now = 0
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
        beyond = scaled.found - (scaled.claimed - scaled.shortfall + scaled.surplus)
        if key.evidence is Evidence.LATEST_ONLY:
            differs_now += beyond  # their differences say nothing of then, and are no shortfall
        else:
            unstated += beyond
        if key.proof:
            by_evidence[key.evidence] += scaled.found
        else:
            unverified += scaled.found
    total = AssetTotal(
        asset=asset,
        decimals=decimals,
        claimed=sums.claimed,
        verified=sum(by_evidence.values()),
        by_evidence=by_evidence,
        unverified=unverified,
        unavailable_rows=unavailable_rows,
        shortfall=sums.shortfall,
        surplus=sums.surplus,
        unanswered=unanswered,
        unstated=unstated,
        differs_now=differs_now,
    )
    if owed is None:
        return total
    return with_liabilities(total, owed, complete=complete and bool(sums.rows))


def with_liabilities(total: AssetTotal, owed: Liability, *, complete: bool = True) -> AssetTotal:
    """The same total with what is owed, in a unit in which both are exact, and their ratio.

    complete: whether every row has been asked for, and there are rows; if not, there is no ratio.
    """
    unit = _decimals(total.decimals, owed)
    same, liabilities = total.rescaled(unit), _scaled(owed.amount, owed.decimals, unit)
    known = complete and owed.comparable
    ratio = reserve_ratio(same.verified, liabilities) if known else None
    limits = None if ratio is None else owed.limits or None
    beside = replace(same, liabilities=liabilities, owed_unit=owed.detail.get("unit", ""))
    return replace(beside, reserve_ratio=ratio, ratio_limits=limits)


def reserve_ratio(verified: int | None, liabilities: int | None) -> str | None:
    """verified / liabilities as decimal text, rounded down, so that 1.000000 is never flattery.

    Both in the same base units. None where one is unknown, or liabilities are zero.
    """
    if verified is None or not liabilities:
        return None
    scaled = verified * 10**RATIO_DECIMALS // liabilities
    whole, fraction = divmod(scaled, 10**RATIO_DECIMALS)
    return f"{whole}.{fraction:0{RATIO_DECIMALS}d}"


def _decimals(held: int, owed: Liability) -> int:
    fits = owed.decimals <= held or owed.amount % 10 ** (owed.decimals - held) == 0
    return held if fits else owed.decimals


def _scaled(amount: int, decimals: int, to_decimals: int) -> int:
    """Rescale either way; exact, for `_decimals` chose a unit in which it is."""
    if to_decimals >= decimals:
        return rescale(amount, decimals, to_decimals)
    return int(amount // 10 ** (decimals - to_decimals))
