"""Findings about what a list signs, and about addresses that other publishers' lists claim, too."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from threading import Lock
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine, Select, Text, and_, func, or_, select, type_coerce

from scanner.errors import clip
from scanner.model.finding import Finding, FindingKind
from scanner.model.statement import ListTexts, SignedText, Statement, StatementRule
from scanner.ownership.native.parts import said_in
from scanner.ownership.statement import judge_listed, nothing_shows
from scanner.settings.tables import load_registry
from scanner.store.database.engine import Store
from scanner.store.schema import tables as t
from scanner.store.writing.publishers import list_publisher

MOST_NAMED = 5
"""Addresses that a finding about another publisher names."""

_SHOWN = 120
"""Characters of a text that a finding shows."""


def about_texts(rule: StatementRule | None, texts: ListTexts | None) -> Iterator[Finding]:
    """The texts that do not count as the publisher's claim, each with how many rows sign it.

    rule, texts: of the snapshot; None where a program took it that did not ask.
    """
    if rule is None or texts is None:
        reason = (
            "the program that took this snapshot did not check what was signed: take a new "
            "snapshot, in which rows count only if their text claims these reserves"
        )
        yield Finding(FindingKind.STATEMENT_UNCHECKED, reason)
        return
    for text in texts.texts:
        if judge_listed(text.text, rule)[0] is not Statement.STATED:
            yield Finding(FindingKind.STATEMENT_UNCHECKED, _unchecked(text, rule))
    if texts.more or texts.uncounted:
        rows = texts.rows - sum(text.rows for text in texts.texts)
        reason = f"{rows:,} more rows give other texts: a list of many texts makes no claim"
        yield Finding(FindingKind.STATEMENT_UNCHECKED, reason)


def _unchecked(text: SignedText, rule: StatementRule) -> str:
    rows = "1 row gives" if text.rows == 1 else f"{text.rows:,} rows give"
    shown = f"{rows} {clip(said_in(text.text).shown, _SHOWN)!r} (first in line {text.first})"
    if rule.challenge:
        return f"{shown}, not the challenge that was issued"
    if rule.wanted:
        return f"{shown}, which is not what --statement demands"
    return f"{shown}, and {nothing_shows(rule)}"


Shared = Sequence[tuple[str, int, Sequence[str], int]]
"""Per other publisher, by name: how many addresses, a few of them, and how many of the addresses
have the very same signatures there."""

_known: WeakKeyDictionary[Engine, dict[tuple[int, int, int], Shared]] = WeakKeyDictionary()
"""Per open database: by list, number of lists and of merges; rows of a list never change."""
_lock = Lock()
_MOST_KNOWN = 1_000


def claimed_elsewhere(connection: Connection, list_id: int) -> Iterator[Finding]:
    """Addresses that lists of other publishers claim, too, one finding for each publisher."""
    for publisher, count, addresses, copied in _shared(connection, list_id):
        shown = ", ".join(clip(a, 80) for a in addresses)
        more = f" and {count - len(addresses):,} more" if count > len(addresses) else ""
        number = "1 address is" if count == 1 else f"{count:,} addresses are"
        reason = (
            f"{number} also claimed by {publisher}: {shown}{more}; the same coins cannot be the "
            f"reserves of both{_copied(copied)}"
        )
        yield Finding(FindingKind.CLAIMED_ELSEWHERE, reason)


def others_claiming(store: Store, list_id: int) -> list[tuple[str, int]]:
    """Other publishers whose lists claim addresses of a list, by name, each with how many."""
    with store.read() as connection:
        return [(publisher, count) for publisher, count, _, _ in _shared(connection, list_id)]


def _copied(addresses: int) -> str:
    """What to say of addresses that both lists have with the same signatures."""
    if not addresses:
        return ""
    which = "1 address has" if addresses == 1 else f"{addresses:,} addresses have"
    return f"; {which} the very same signatures there: one of the lists repeats the other's rows"


def _shared(connection: Connection, list_id: int) -> Shared:
    r, p = t.reserve_list.c, t.publisher.c
    newest = connection.execute(select(func.max(r.id))).scalar() or 0
    merged = connection.execute(select(func.count()).where(p.same_as.is_not(None))).scalar() or 0
    key = list_id, int(newest), int(merged)
    with _lock:
        known = _known.setdefault(connection.engine, {})
        if key in known:
            return known[key]
    found = _look(connection, list_id)
    with _lock:
        if len(known) >= _MOST_KNOWN:
            known.clear()
        known[key] = found
    return found


def _look(connection: Connection, list_id: int) -> Shared:
    whose = _publishers(connection)
    mine = whose[list_id][0]
    others: dict[str, list[int]] = {}
    for other, (key, name) in whose.items():
        if key != mine:
            others.setdefault(name, []).append(other)
    found = []
    for name, lists in sorted(others.items()):
        if number := _count(connection, list_id, lists):
            query = _also_in(list_id, lists)
            named = {row.address_key: row.address for row in connection.execute(_first(query))}
            shown = list(named.values())[:MOST_NAMED]
            found.append((name, number, shown, _count(connection, list_id, lists, signed=True)))
    return found


def _count(
    connection: Connection, list_id: int, lists: Sequence[int], *, signed: bool = False
) -> int:
    """How many addresses of a list one of others has, too; signed: with the very same signatures.

    Asked of each row of the shorter side: of a million rows, ten times as slow.
    """
    r = t.reserve_list.c
    query = select(r.id, r.claims).where(r.id.in_([list_id, *lists]))
    rows = {no: claims for no, claims in connection.execute(query)}
    here, there = [list_id], list(lists)
    if rows[list_id] > sum(rows[no] for no in lists):
        here, there = there, here
    keys = _in_both(here, there, signed=signed)
    distinct = func.count(t.claim.c.address_key.distinct())
    return int(connection.execute(keys.with_only_columns(distinct)).scalar_one())


def _also_in(list_id: int, lists: Sequence[int]) -> Select[tuple[str, str]]:
    """Addresses of a list that one of other lists claims, too."""
    return _in_both([list_id], lists)


def _in_both(
    here: Sequence[int], there: Sequence[int], *, signed: bool = False
) -> Select[tuple[str, str]]:
    """Addresses of the rows of some lists that a row of one of others has, too.

    signed: only those with the very same signatures, of the same text.
    """
    c, o = t.claim.c, t.claim.alias("o").c
    same = [and_(c.network.in_(names), o.network.in_(names)) for names in _kinds()]
    found = (
        select(o.no)
        .where(o.address_key == c.address_key, o.list_id.in_(there), o.duplicate.is_(False))
        .where(or_(c.network == o.network, *same))
    )
    if signed:
        some = func.length(type_coerce(c.signatures, Text)) > len("[]")
        found = found.where(some, o.signatures == c.signatures, o.message == c.message)
    query = select(c.address_key, c.address).where(c.list_id.in_(here), c.duplicate.is_(False))
    return query.where(func.substr(c.address_key, 1, 1) != "?", found.exists())


def _first(query: Select[tuple[str, str]]) -> Select[tuple[str, str]]:
    """Rows enough for the addresses that are named: a list repeats an address per coin."""
    return query.order_by(t.claim.c.no).limit(20 * MOST_NAMED)


def _publishers(connection: Connection) -> dict[int, tuple[int, str]]:
    """List -> the publisher that it counts as, and its name."""
    r, p = t.reserve_list.c, t.publisher.c
    names = {row[0]: row[1] for row in connection.execute(select(p.id, p.name))}
    query = select(r.id, list_publisher())
    return {int(no): (int(key), str(names[key])) for no, key in connection.execute(query)}


@cache
def _kinds() -> list[list[str]]:
    kinds: dict[str, list[str]] = {}
    for network in load_registry().networks.values():
        kinds.setdefault(network.kind, []).append(network.name)
    return [names for names in kinds.values() if len(names) > 1]
