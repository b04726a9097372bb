"""What alert rules ask about addresses: unsigned now, gone from the list, claimed by others.

Answers are a count and a few examples, never a list's worth of rows.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, func, or_, select

from scanner.model.control import Control
from scanner.store.database.engine import Store
from scanner.store.reading.across import Taken
from scanner.store.schema import tables as t
from scanner.store.schema.bulk import streamed
from scanner.store.schema.verdicts import stored_verdict
from scanner.store.writing.publishers import list_publisher

EXAMPLES = 20
"""Addresses that an alert names."""


@dataclass(frozen=True, slots=True)
class Named:
    """Addresses found. examples: (network, address), in list order, EXAMPLES at most."""

    count: int
    examples: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class SharedWith:
    """Addresses that another publisher claims, too. fingerprint: sha256 over all their keys."""

    publisher: str
    named: Named
    fingerprint: str


def newly_unsigned(store: Store, old: Taken, new: Taken) -> Named:
    """Addresses without a signature in the newer snapshot that were not so in the older one."""
    c, b, r = t.claim.c, t.balance.c, t.control_result.c
    o, h, s = t.claim.alias("o"), t.balance.alias("h"), t.control_result.alias("s")
    unsigned = Control.UNSIGNED.value
    before = (
        select(o.c.no)
        .outerjoin(h, and_(h.c.snapshot_id == old.snapshot, h.c.claim_no == o.c.no))
        .outerjoin(s, and_(s.c.snapshot_id == old.snapshot, s.c.claim_no == o.c.no))
        .where(
            o.c.list_id == old.list_id,
            o.c.address_key == c.address_key,
            o.c.network == c.network,
            stored_verdict(h, s).control == unsigned,
        )
        .exists()
    )
    query = (
        select(c.no, c.network, c.address, c.address_key)
        .outerjoin(t.balance, and_(b.snapshot_id == new.snapshot, b.claim_no == c.no))
        .outerjoin(t.control_result, and_(r.snapshot_id == new.snapshot, r.claim_no == c.no))
        .where(c.list_id == new.list_id, stored_verdict().control == unsigned, ~before)
    )
    return _named(store, query.order_by(c.no))


def gone(store: Store, old: Taken, new: Taken) -> Named:
    """Addresses of the older list that the newer one does not hold, on any asset."""
    c, o = t.claim.c, t.claim.alias("o")
    there = (
        select(o.c.no)
        .where(
            o.c.list_id == new.list_id,
            o.c.address_key == c.address_key,
            o.c.network == c.network,
        )
        .exists()
    )
    query = select(c.no, c.network, c.address, c.address_key)
    return _named(store, query.where(c.list_id == old.list_id, ~there).order_by(c.no))


def shared_with(
    store: Store, snapshot: Taken, families: Sequence[Collection[str]]
) -> list[SharedWith]:
    """Other publishers that claim addresses of this list, by name. families: as in `shared_page`.

    Addresses that could not be decoded are left out: equal text is not one holder.
    """
    c, o = t.claim.c, t.claim.alias("o")
    r, p = t.reserve_list.c, t.publisher.c
    mine = select(list_publisher()).where(r.id == snapshot.list_id).scalar_subquery()
    # Before joining: a publisher's own older lists hold the same addresses many times over.
    foreign = select(r.id).where(list_publisher() != mine)
    together = [and_(c.network.in_(sorted(f)), o.c.network.in_(sorted(f))) for f in families]
    query = (
        select(p.name, c.address_key, func.min(c.network), func.min(c.address))
        .select_from(t.claim)
        .join(o, and_(o.c.address_key == c.address_key, o.c.list_id.in_(foreign)))
        .join(t.reserve_list, r.id == o.c.list_id)
        .join(t.publisher, p.id == list_publisher())
        .where(
            c.list_id == snapshot.list_id,
            func.substr(c.address_key, 1, 1) != "?",
            or_(c.network == o.c.network, *together),
        )
        .group_by(p.name, c.address_key)
        .order_by(p.name, c.address_key)
    )
    found: dict[str, _Gathered] = {}
    with store.read() as connection:
        for name, key, network, address in streamed(connection, query):
            found.setdefault(name, _Gathered()).add(key, network, address)
    return [SharedWith(name, g.named(), g.digest.hexdigest()) for name, g in sorted(found.items())]


class _Gathered:
    """Counts addresses one after another and keeps the first few."""

    def __init__(self) -> None:
        self.digest = hashlib.sha256()
        self._count = 0
        self._examples: list[tuple[str, str]] = []

    def add(self, key: str, network: str, address: str) -> None:
        self._count += 1
        self.digest.update(key.encode("utf-8", "backslashreplace") + b"\n")
        if len(self._examples) < EXAMPLES:
            self._examples.append((network, address))

    def named(self) -> Named:
        return Named(self._count, tuple(self._examples))


def _named(store: Store, query: Select[Any]) -> Named:
    """Count each (network, address key) once; the first spelling stands for it."""
    seen: set[tuple[str, str]] = set()
    gathered = _Gathered()
    with store.read() as connection:
        for _, network, address, key in streamed(connection, query):
            if (network, key) not in seen:
                seen.add((network, key))
                gathered.add(key, network, address)
    return gathered.named()


def list_imported(store: Store, list_id: int) -> datetime:
    """When a list's bytes were first read into this database, UTC."""
    query = select(t.reserve_list.c.imported).where(t.reserve_list.c.id == list_id)
    with store.read() as connection:
        found: datetime = connection.execute(query).scalar_one()
        return found
