"""Coins together with what others owe in their name: only where it is asked for, and told apart.

A total is of one asset: bridged and pegged tokens (USDC.e, USDT.bsc) stand beside the coin and are
not in its ratio. Who takes them for the coin can have them added up. What the publisher itself owes
is left out even then: the coins behind it may stand in the same list.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from scanner.model.amount import rescale
from scanner.model.network import Backing
from scanner.model.publisher import Publisher
from scanner.model.registry import Registry
from scanner.reports.figures.amounts import NOT_READ, added, known_coins, reading_coins
from scanner.settings.publishers import load_publishers
from scanner.settings.tables import load_registry
from scanner.snapshots.tally import AssetTotal, amount_text, reserve_ratio
from scanner.store.database.engine import Store
from scanner.store.reading.queries import SnapshotTotals, head

_SAID = {
    Backing.NATIVE: "the coin of its network",
    Backing.PROJECT: "of {}",
    Backing.COMPANY: "owed by {}",
    Backing.WRAPPED: "given back by {}",
    Backing.BRIDGED: "owed by {}",
    Backing.PEGGED: "owed by {}",
    Backing.PUBLISHER: "issued by {}",
}


@dataclass(frozen=True, slots=True)
class Member:
    """One asset of a group. issuer: in words. counted: False for what the publisher itself owes."""

    total: AssetTotal
    issuer: str
    counted: bool


@dataclass(frozen=True, slots=True)
class GroupTotal:
    """A coin and what is issued in its name, added up in base units of `decimals`.

    verified: of the members that count and are known, so that it is a lower bound; None where none
    is known, which is not 0. ratio: against what is owed in all members; None where it
    is not known of the coin itself, or a member that is owed has no ratio of its own. limits: what
    the ratio may not be read without; None where there is no ratio, or nothing limits it.
    """

    group: str
    decimals: int
    members: tuple[Member, ...]
    verified: int | None
    liabilities: int | None
    ratio: str | None
    limits: str | None


def group_totals(
    totals: Sequence[AssetTotal], registry: Registry, publisher: Publisher
) -> list[GroupTotal]:
    """The groups of which a list has several assets, by name. publisher: whose list it is."""
    groups: dict[str, list[AssetTotal]] = {}
    for total in totals:
        groups.setdefault(registry.group(total.asset), []).append(total)
    return [
        _group(name, [_member(total, registry, publisher) for total in groups[name]])
        for name in sorted(groups)
        if len(groups[name]) > 1
    ]


def _member(total: AssetTotal, registry: Registry, publisher: Publisher) -> Member:
    issuer = registry.issuer(total.asset)
    if issuer is None:
        return Member(total, "no table says who owes it", counted=False)
    own = total.asset in publisher.tokens or issuer.name == publisher.name
    return Member(total, _SAID[issuer.backing].format(issuer.name or "nobody"), counted=not own)


def _group(name: str, members: Sequence[Member]) -> GroupTotal:
    decimals = max(m.total.decimals for m in members)

    verified = added(m.total.rescaled(decimals).verified for m in members if m.counted)
    owed = [m for m in members if m.total.liabilities is not None]
    due = added(
        rescale(m.total.liabilities or 0, m.total.decimals, decimals)
        for m in owed
        if not m.total.owed_unit
    )
    due = due if any(not m.total.owed_unit for m in owed) else None
    # A side that cannot be held against the other for one asset cannot be for their sum.
    usable = all(m.total.reserve_ratio is not None or not m.total.liabilities for m in owed)
    known = usable and any(m.total.asset == name and m.total.liabilities for m in owed)
    ratio = reserve_ratio(verified, due) if known else None
    ordered = sorted(members, key=lambda m: (m.total.asset != name, m.total.asset))
    limits = "; ".join(sorted({m.total.ratio_limits for m in owed if m.total.ratio_limits}))
    limit = None if ratio is None else limits or None
    return GroupTotal(name, decimals, tuple(ordered), verified, due, ratio, limit)


def groups_of(store: Store, totals: SnapshotTotals) -> list[GroupTotal]:
    """The groups of a snapshot's totals, as its publisher's own tokens have it."""
    publisher = load_publishers().known(head(store, totals.snapshot).publisher)
    return group_totals(totals.assets, load_registry(), publisher)


def group_objects(groups: Sequence[GroupTotal]) -> list[dict[str, object]]:
    """For programs: amounts as strings of base units."""
    return [
        {
            "group": group.group,
            "decimals": group.decimals,
            "verified": amount_text(group.verified),
            "liabilities": None if group.liabilities is None else str(group.liabilities),
            "reserve_ratio": group.ratio,
            "ratio_limits": group.limits,
            "members": [
                {
                    "asset": m.total.asset,
                    "issuer": m.issuer,
                    "counted": m.counted,
                    "verified": amount_text(m.total.verified),
                    "decimals": m.total.decimals,
                }
                for m in group.members
            ],
        }
        for group in groups
    ]


def group_lines(groups: Sequence[GroupTotal]) -> Iterator[str]:
    """For people: one line a group, and one for each of its assets."""
    if not groups:
        yield "No group has several assets in this list."
    for group in groups:
        ratio = f", {group.ratio} of what is owed" if group.ratio else ""
        ratio += f" ({group.limits})" if group.limits else ""
        yield f"{group.group} with tokens that others owe in its name: {_sum_words(group)}{ratio}"
        for member in group.members:
            total = member.total
            amount = known_coins(total.verified, total.decimals, total.asset)
            left_out = "" if member.counted else "; not counted"
            yield f"  {total.asset}: {amount}, {member.issuer}{left_out}"


def group_view(groups: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """`group_objects` for a page: amounts as text, one entry a group."""
    return [
        {
            "group": group["group"],
            "verified": _told(group, group["group"]),
            "ratio": group["reserve_ratio"],
            "limits": group.get("ratio_limits") or "",
            "members": [
                {
                    **member,
                    "verified": _told(member, group["group"]),
                }
                for member in group["members"]
            ],
        }
        for group in groups
    ]


def _sum_words(group: GroupTotal) -> str:
    """What is verified of the members that count; "at least" where a balance is missing."""
    if group.verified is None:
        return NOT_READ
    amount = reading_coins(group.verified, group.decimals, group.group)
    silent = any(m.counted and not m.total.is_answered for m in group.members)
    return f"{'at least ' if silent else ''}{amount} verified"


def _told(known: Mapping[str, Any], asset: str) -> str:
    amount = known["verified"]
    return known_coins(None if amount is None else int(amount), known["decimals"], asset)
