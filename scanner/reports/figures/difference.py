"""What changed between two snapshots, per asset: totals against totals, without a database."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from scanner.model.publisher import name_key
from scanner.reports.figures.amounts import less
from scanner.snapshots.tally import AssetTotal, amount_text
from scanner.store.reading.heads import SnapshotHead
from scanner.store.reading.queries import SnapshotTotals


@dataclass(frozen=True, slots=True)
class AssetChange:
    """One asset's totals in two snapshots, in base units of `decimals`.

    None where that snapshot's list has no such asset, states no amounts, or no source returned a
    balance: none of that is the same as 0. in_old, in_new: whether the list has the asset.
    unread: rows without an answer now, which may hold what is missing.
    """

    asset: str
    decimals: int
    claimed_old: int | None
    claimed_new: int | None
    verified_old: int | None
    verified_new: int | None
    in_old: bool = True
    in_new: bool = True
    unread: int = 0

    @property
    def verified_by(self) -> int | None:
        """How much more is verified now; negative for less. None where a side is not known."""
        return self._by(self.verified_old, self.verified_new)

    @property
    def claimed_by(self) -> int | None:
        """How much more is claimed now; negative for less. None where a side is not known."""
        return self._by(self.claimed_old, self.claimed_new)

    def _by(self, old: int | None, new: int | None) -> int | None:
        # Of an asset that is not in a list nothing is claimed there: that is known.
        return less(new if self.in_new else 0, old if self.in_old else 0)

    def to_json(self) -> dict[str, object]:
        """Amounts as strings, None where there is none."""
        return {
            "asset": self.asset,
            "decimals": self.decimals,
            "claimed": {"old": amount_text(self.claimed_old), "new": amount_text(self.claimed_new)},
            "verified": {
                "old": amount_text(self.verified_old),
                "new": amount_text(self.verified_new),
            },
            "claimed_by": amount_text(self.claimed_by),
            "verified_by": amount_text(self.verified_by),
            "in_list": {"old": self.in_old, "new": self.in_new},
        }


OTHER_RULES: Final = (
    "The two snapshots were judged by different rules of what text counts (--statement, "
    "--challenge, --publisher): what is verified may differ for that alone, though nothing moved."
)
"""What stands beside a difference of such snapshots."""


def judged_otherwise(old: SnapshotHead, new: SnapshotHead) -> bool:
    """Whether other texts counted in one of two snapshots, but for a new challenge each time."""
    return _counts(old) != _counts(new)


def _counts(head: SnapshotHead) -> object:
    rule = head.policy.statement
    if rule is None:
        return None
    return name_key(rule.publisher), bool(rule.challenge), rule.wanted, rule.known


def compare_totals(old: SnapshotTotals, new: SnapshotTotals) -> list[AssetChange]:
    """Every asset of either snapshot, by name."""
    before = {total.asset: total for total in old.assets}
    after = {total.asset: total for total in new.assets}
    return [
        _change(asset, before.get(asset), after.get(asset))
        for asset in sorted(before.keys() | after.keys())
    ]


def _change(asset: str, old: AssetTotal | None, new: AssetTotal | None) -> AssetChange:
    decimals = max(total.decimals for total in (old, new) if total is not None)
    before, after = (None if t is None else t.rescaled(decimals) for t in (old, new))
    return AssetChange(
        asset,
        decimals,
        None if before is None else before.claimed,
        None if after is None else after.claimed,
        None if before is None else before.verified,
        None if after is None else after.verified,
        in_old=old is not None,
        in_new=new is not None,
        unread=0 if new is None else new.unavailable_rows,
    )
