"""What changed between two snapshots, per asset: totals against totals, without a database."""

from __future__ import annotations

from dataclasses import dataclass

from scanner.model.amount import rescale
from scanner.snapshots.tally import AssetTotal
from scanner.store.reading.queries import SnapshotTotals


@dataclass(frozen=True, slots=True)
class AssetChange:
    """One asset's totals in two snapshots, in base units of `decimals`.

    None where that snapshot's list has no such asset, states no amounts, or no source returned a
    balance: none of that is the same as 0. in_old, in_new: whether the list has the asset.
    """

    asset: str
    decimals: int
    claimed_old: int | None
    claimed_new: int | None
    verified_old: int | None
    verified_new: int | None
    in_old: bool = True
    in_new: bool = True

    @property
    def verified_by(self) -> int:
        """How much more is verified now; negative for less."""
        return (self.verified_new or 0) - (self.verified_old or 0)

    @property
    def claimed_by(self) -> int:
        """How much more is claimed now; negative for less."""
        return (self.claimed_new or 0) - (self.claimed_old or 0)

    def to_json(self) -> dict[str, object]:
        """Amounts as strings, None where there is none."""
        return {
            "asset": self.asset,
            "decimals": self.decimals,
            "claimed": {"old": _text(self.claimed_old), "new": _text(self.claimed_new)},
            "verified": {"old": _text(self.verified_old), "new": _text(self.verified_new)},
            "claimed_by": str(self.claimed_by),
            "verified_by": str(self.verified_by),
            "in_list": {"old": self.in_old, "new": self.in_new},
        }


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

    def claimed(total: AssetTotal | None) -> int | None:
        if total is None or not total.is_stated:
            return None
        return rescale(total.claimed, total.decimals, decimals)

    def verified(total: AssetTotal | None) -> int | None:
        if total is None or not total.is_answered:
            return None
        return rescale(total.verified, total.decimals, decimals)

    sides = claimed(old), claimed(new), verified(old), verified(new)
    return AssetChange(asset, decimals, *sides, in_old=old is not None, in_new=new is not None)


def _text(amount: int | None) -> str | None:
    return None if amount is None else str(amount)
