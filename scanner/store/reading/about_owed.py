"""Findings about what is owed: is it covered, of the same day, of all users, and by what."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from sqlalchemy import ColumnElement, Connection, select

from scanner.liabilities.interface import Liability
from scanner.model.amount import grouped_amount
from scanner.model.balance import Evidence
from scanner.model.finding import Finding, FindingKind
from scanner.model.registry import Registry
from scanner.settings.publishers import load_publishers
from scanner.settings.tables import load_registry
from scanner.snapshots.tally import AssetTotal
from scanner.store.schema import tables as t
from scanner.store.writing import seal
from scanner.store.writing.owed import liabilities_of

_UNREAD = (
    FindingKind.BAD_ROW,
    FindingKind.UNKNOWN_COIN,
    FindingKind.UNKNOWN_NETWORK,
    FindingKind.NOT_UNDERSTOOD,
    FindingKind.ROWS_DOUBTED,
    FindingKind.BAD_HEIGHT,
)
"""Findings of a list behind which coins may lie that are not in its totals, or not as they were."""


def about_owed(
    connection: Connection,
    snapshot_id: int,
    list_id: int,
    complete: bool,
    publisher: str,
    still_true: ColumnElement[bool],
) -> Iterator[Finding]:
    """By asset: owed and not claimed, of another day, of some users, or more than is verified.

    complete: whether every balance was read; before that nothing is said to be too little.
    publisher: whose list it is. still_true: which findings of the list hold for the snapshot.
    """
    owed = liabilities_of(connection, snapshot_id)
    if not owed:
        return
    totals = {total.asset: total for total in seal.tally_of(connection, snapshot_id).totals(owed)}
    registry, own = load_registry(), load_publishers().known(publisher).tokens
    unread = _unread(connection, list_id, still_true)
    for liability in owed:
        if liability.replaced:
            reason = f"what is owed in {liability.asset} was {liability.replaced}"
            yield Finding(FindingKind.LIABILITIES_REPLACED, reason, asset=liability.asset)
        claimed = _claimed(connection, list_id, liability.asset)
        yield from _about(liability) if claimed else _missing(liability)
        total = totals.get(liability.asset)
        if complete and total is not None:
            more = owed_in_its_name(totals, total, registry, own)
            yield from _covered(liability, total, more, bool(unread & {"", liability.asset}))


def _unread(connection: Connection, list_id: int, still_true: ColumnElement[bool]) -> set[str]:
    """Assets of which something in the list could not be read; "" where it may be of any."""
    f, r = t.list_finding.c, t.unreadable_row.c
    told = select(f.asset).distinct().where(f.list_id == list_id, still_true)
    found = set(connection.execute(told.where(f.kind.in_([k.value for k in _UNREAD]))).scalars())
    rows = connection.execute(select(r.row).where(r.list_id == list_id).limit(1)).first()
    return found | ({""} if rows else set())


def owed_in_its_name(
    totals: Mapping[str, AssetTotal], of: AssetTotal, registry: Registry, own: Collection[str]
) -> int:
    """What was found of assets that others owe in a coin's name, in base units of the coin.

    own: assets that the publisher owes itself, which cover nothing. Rounded down.
    """
    found = 0
    for total in totals.values():
        if total.asset in {of.asset, *own} or registry.group(total.asset) != of.asset:
            continue
        amount = (total.verified or 0) + (total.unverified or 0)
        found += amount * 10**of.decimals // 10**total.decimals
    return found


def own_tokens(connection: Connection, snapshot_id: int, publisher: str) -> Iterator[Finding]:
    """Which verified reserves are coins that the publisher issues itself, by asset."""
    own = load_publishers().known(publisher).tokens
    if not own:
        return
    for total in seal.tally_of(connection, snapshot_id).totals():
        if total.asset in own and total.verified:
            amount = grouped_amount(total.verified, total.decimals)
            reason = (
                f"{amount} {total.asset} of the verified reserves are a coin that {publisher} "
                "issues itself: they are worth what the publisher is worth"
            )
            yield Finding(FindingKind.OWN_TOKEN, reason, asset=total.asset)


def _claimed(connection: Connection, list_id: int, asset: str) -> bool:
    c = t.claim.c
    held = select(c.no).where(c.list_id == list_id, c.asset == asset).limit(1)
    return connection.execute(held).first() is not None


def _missing(owed: Liability) -> Iterator[Finding]:
    if owed.amount:
        amount = grouped_amount(owed.amount, owed.decimals)
        unit = owed.detail.get("unit", "")
        what = f"{owed.asset} for {amount} {unit}" if unit else f"{amount} {owed.asset}"
        reason = (
            f"{what} are owed, but no row of the list claims any: there are no "
            "reserves to compare, and no ratio"
        )
        yield Finding(FindingKind.RESERVES_MISSING, reason, asset=owed.asset)


def _about(owed: Liability) -> Iterator[Finding]:
    """What keeps the figure from being what is owed to all users at that moment."""
    if owed.other_day:
        reason = f"the liabilities in {owed.asset} cannot be compared with the reserves: "
        kind = FindingKind.LIABILITIES_OF_ANOTHER_DAY
        yield Finding(kind, f"{reason}{owed.other_day}; there is no ratio", asset=owed.asset)
    elif not owed.dated:
        said = f"only {owed.as_of!r}" if owed.as_of else "nothing"
        reason = (
            f"{said} dates the liabilities in {owed.asset}: the ratio is valid only if they are "
            "of the day of the balances"
        )
        yield Finding(FindingKind.LIABILITIES_UNDATED, reason, asset=owed.asset)
    part, unit = owed.detail.get("scope", ""), owed.detail.get("unit", "")
    if part or unit:
        what = [f"only of {part}"] * bool(part) + [f"given in {unit}, not in coins"] * bool(unit)
        reason = f"the liabilities in {owed.asset} are {' and '.join(what)}"
        yield Finding(FindingKind.LIABILITIES_PARTIAL, reason, asset=owed.asset)


def _covered(
    owed: Liability, total: AssetTotal, more: int = 0, unread: bool = False
) -> Iterator[Finding]:
    """Less verified than owed: false if nothing is left that could cover it, else not shown.

    more: what was found that others owe in the coin's name. unread: whether something of the list
    that may be of the coin could not be read.
    """
    due, held = total.liabilities, total.verified
    if total.reserve_ratio is None or due is None or held is None or held >= due:
        return
    verified, needed, missing = (grouped_amount(n, total.decimals) for n in (held, due, due - held))
    reason = (
        f"{verified} {total.asset} verified for {needed} owed "
        f"({_percent(held, due)} %): {missing} less"
    )
    doubts = _doubts(owed, total, more, unread)
    if not doubts:
        yield Finding(FindingKind.RESERVES_BELOW_LIABILITIES, reason, asset=owed.asset)
        return
    reason = f"{reason}; not proven, because {' and '.join(doubts)}"
    yield Finding(FindingKind.RESERVES_MAYBE_BELOW, reason, asset=owed.asset)


def _doubts(owed: Liability, total: AssetTotal, more: int, unread: bool) -> list[str]:
    """Why too little verified is not yet too little held."""
    due = total.liabilities or 0
    held = (total.verified or 0) + (total.unverified or 0)
    weaker = any(n for e, n in total.by_evidence.items() if e is not Evidence.PROVEN)
    doubts = {
        "the liabilities are only published": not owed.evidence.proves_coin_totals,
        "their day is not known": not owed.dated,
        "some balances are not proven": weaker,
        "rows without an answer may hold more": bool(total.unavailable_rows),
        "not all of the list could be read": unread,
        "what is held but not verified would cover it": held >= due,
        "tokens that others owe in its name would cover it": held < due <= held + more,
    }
    return [what for what, holds in doubts.items() if holds]


def _percent(part: int, whole: int) -> str:
    tenths = part * 1_000 // whole
    return f"{tenths // 10}.{tenths % 10}"
