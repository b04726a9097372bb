"""Findings about when balances were read: at one moment, or so that coins can be counted twice."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from sqlalchemy import Connection

from scanner.model.finding import Finding, FindingKind
from scanner.store.database.moments import Moments, Place, moments


def far_apart(connection: Connection, snapshot: int) -> Iterator[Finding]:
    """Coins that move, or are sold, between two moments are counted at both.

    A network that only knows its newest state cannot be read at the list's moment: that is not
    shown, and not false. Its balances are of the time of that state, whatever block was pinned.
    """
    found = moments(connection, snapshot)
    if found.apart:
        yield _mixed(found)
    late = sorted((time, place) for place, time in found.late.items())
    if not late:
        return
    (network, _), earliest = min((found.fixed or found.late).items(), key=_by_time)
    for time, (there, _) in late:
        if time - earliest > found.spread:
            reason = (
                f"{there} reports its newest state only, here of {_moment(time)}; {network} was "
                f"read as of {_moment(earliest)}: coins that arrived in between count twice"
            )
            yield Finding(FindingKind.READ_LATER, reason, network=there)


def _mixed(found: Moments) -> Finding:
    (last, _), time = max(found.fixed.items(), key=_by_time)
    (first, _), before = min(found.fixed.items(), key=_by_time)
    apart = sorted({network for network, _ in found.apart})
    counted = (
        "coins moved or sold in between are counted twice"
        if found.counted
        else f"rows on {', '.join(apart)} that are of another moment than most are not verified, "
        "because coins moved or sold in between would count twice"
    )
    reason = (
        f"balances on {first} are of {_moment(before)}, on {last} of {_moment(time)}: {counted}; "
        "take the snapshot at one moment (--at with a time), or allow a longer time between them "
        "with --spread"
    )
    return Finding(FindingKind.MIXED_TIMES, reason, network=apart[0])


def _by_time(item: tuple[Place, int]) -> tuple[int, Place]:
    return item[1], item[0]


def _moment(time: int) -> str:
    return f"{datetime.fromtimestamp(time, UTC):%Y-%m-%d %H:%M} UTC"
