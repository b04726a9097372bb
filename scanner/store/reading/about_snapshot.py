"""Findings that no row has: what follows from how a snapshot was taken, and from what is owed.

Nothing of this is stored: it follows from the policy, the list and the liabilities, which are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from threading import Lock
from weakref import WeakKeyDictionary

from sqlalchemy import ColumnElement, Connection, Engine, and_, func, not_, select

from scanner.errors import SnapshotNotFoundError
from scanner.model.finding import Finding, FindingKind
from scanner.model.statement import ListTexts, StatementRule
from scanner.snapshots.values import SnapshotState
from scanner.store.reading.about_owed import about_owed, own_tokens
from scanner.store.reading.about_texts import about_texts, claimed_elsewhere
from scanner.store.reading.about_times import far_apart
from scanner.store.schema import tables as t
from scanner.store.schema.records import load_policy, load_texts
from scanner.store.writing.runs import publisher_name


@dataclass(frozen=True, slots=True)
class Subject:
    """A snapshot and its list.

    at: heights that its policy puts in place of the list's. complete: whether every balance was
    read. publisher: whose list it is. rule, texts: what counts as its claim, and what the list
    signs; None where that was not asked.
    """

    snapshot: int
    list: int
    at: Mapping[str, int | None]
    complete: bool
    publisher: str
    rule: StatementRule | None
    texts: ListTexts | None


@dataclass(frozen=True, slots=True)
class _Stated:
    """Rows of a network that state another height than a given one."""

    rows: int
    lowest: int
    highest: int


def subject(connection: Connection, snapshot_id: int) -> Subject:
    """Look a snapshot up. Raises SnapshotNotFoundError."""
    s = t.snapshot.c
    query = select(s.list_id, s.policy, s.state, s.texts).where(s.id == snapshot_id)
    found = connection.execute(query).first()
    if found is None:
        raise SnapshotNotFoundError(str(snapshot_id))
    policy = load_policy(found.policy)
    return Subject(
        snapshot_id,
        found.list_id,
        policy.at,
        found.state == SnapshotState.COMPLETE.value,
        publisher_name(connection, found.list_id),
        policy.statement,
        load_texts(found.texts),
    )


def still_true(of: Subject) -> ColumnElement[bool]:
    """Which findings of the list hold for a snapshot of it.

    Rows that state different heights, or none that can be read, do no harm where all were read at
    one.
    """
    c = t.list_finding.c
    settled = c.kind.in_([FindingKind.MIXED_HEIGHTS.value, FindingKind.BAD_HEIGHT.value])
    return not_(and_(settled, c.network.in_(sorted(of.at))))


def about_snapshot(connection: Connection, of: Subject) -> Iterator[Finding]:
    """Heights that were replaced; blocks far apart; texts that claim nothing; other claimants;
    what is owed.
    """
    yield from _replaced_heights(connection, of)
    yield from far_apart(connection, of.snapshot)
    yield from about_texts(of.rule, of.texts)
    yield from claimed_elsewhere(connection, of.list)
    yield from about_owed(
        connection, of.snapshot, of.list, of.complete, of.publisher, still_true(of)
    )
    yield from own_tokens(connection, of.snapshot, of.publisher)


ABOUT_SNAPSHOT = (
    FindingKind.HEIGHT_REPLACED,
    FindingKind.MIXED_TIMES,
    FindingKind.READ_LATER,
    FindingKind.STATEMENT_UNCHECKED,
    FindingKind.CLAIMED_ELSEWHERE,
    FindingKind.RESERVES_MISSING,
    FindingKind.LIABILITIES_OF_ANOTHER_DAY,
    FindingKind.LIABILITIES_UNDATED,
    FindingKind.LIABILITIES_REPLACED,
    FindingKind.LIABILITIES_PARTIAL,
    FindingKind.RESERVES_BELOW_LIABILITIES,
    FindingKind.RESERVES_MAYBE_BELOW,
    FindingKind.OWN_TOKEN,
)
"""Every kind that `about_snapshot` gives."""


def _replaced_heights(connection: Connection, of: Subject) -> Iterator[Finding]:
    for network, height in sorted(of.at.items()):
        stated = _stated(connection, of.list, network, height)
        if stated is None:
            continue
        rows = "1 row states" if stated.rows == 1 else f"{stated.rows:,} rows state"
        heights = f"height {stated.lowest}"
        if stated.highest != stated.lowest:
            heights = f"heights from {stated.lowest} to {stated.highest}"
        read = "the newest block" if height is None else f"height {height}"
        reason = (
            f"{rows} {heights}; as requested with --at, balances on {network} were read at {read}, "
            "so a shortfall or surplus may come from the time between"
        )
        yield Finding(FindingKind.HEIGHT_REPLACED, reason, network=network)


_known: WeakKeyDictionary[Engine, dict[tuple[int, str, int | None], _Stated | None]] = (
    WeakKeyDictionary()
)
"""Per open database, for a stored list never changes, and counting its rows takes a while."""
_MOST_KNOWN = 1_000
_lock = Lock()


def _stated(
    connection: Connection, list_id: int, network: str, height: int | None
) -> _Stated | None:
    key = list_id, network, height
    with _lock:
        known = _known.setdefault(connection.engine, {})
        if key in known:
            return known[key]
    found = _count(connection, list_id, network, height)
    with _lock:
        if len(known) >= _MOST_KNOWN:
            known.clear()
        known[key] = found
    return found


def _count(
    connection: Connection, list_id: int, network: str, height: int | None
) -> _Stated | None:
    c = t.claim.c
    query = select(func.count(), func.min(c.height), func.max(c.height)).where(
        c.list_id == list_id, c.network == network, c.height.is_not(None)
    )
    if height is not None:
        query = query.where(c.height != height)
    rows, lowest, highest = connection.execute(query).one()
    return _Stated(rows, lowest, highest) if rows else None
