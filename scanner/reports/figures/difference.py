"""What changed between two snapshots, per asset: totals against totals, without a database."""

from __future__ import annotations

from dataclasses import dataclass

from scanner.model.amount import rescale
from scanner.snapshots.tally import AssetTotal
from scanner.store.reading.queries import SnapshotTotals


@dataclass(frozen=True, slots=True)
class AssetChange:
    """One asset's totals in two snapshots, in base units of `decimals`.

    None where that snapshot's list has no such asset: that is not the same as 0.
    """

    asset: str
    decimals: int
    claimed_old: int | None
    claimed_new: int | None
    verified_old: int | None
    verified_new: int | None

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

    def scaled(total: AssetTotal | None, amount: int) -> int | None:
        return None if total is None else rescale(amount, total.decimals, decimals)

    return AssetChange(
        asset,
        decimals,
        scaled(old, old.claimed if old else 0),
        scaled(new, new.claimed if new else 0),
        scaled(old, old.verified if old else 0),
        scaled(new, new.verified if new else 0),
    )


def _text(amount: int | None) -> str | None:
    return None if amount is None else str(amount)
