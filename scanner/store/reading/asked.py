"""SQL of what lists have in common, such as who else claims an address: made once, with parameters.

across.py asks it. SQLAlchemy takes longer to make one of these than a database to answer it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import cache, lru_cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Select,
    Text,
    and_,
    bindparam,
    func,
    or_,
    select,
    tuple_,
)

from scanner.store.reading.cut import cut
from scanner.store.schema import tables as t
from scanner.store.writing.publishers import list_publisher

Families = tuple[tuple[str, ...], ...]
"""Networks on which equal keys are one holder, family by family."""


@cache
def claims_of_key(*, behind: bool) -> Select[Any]:
    """Places of the claims of :key, newest list first, :limit at most.

    behind: only those behind number :no of list :list.
    """
    c = t.claim.c
    query = _places().where(c.address_key == bindparam("key"))
    if behind:
        place = tuple_(bindparam("list"), bindparam("no"))
        query = query.where(tuple_(c.list_id, c.no) < place)
    return query.order_by(c.list_id.desc(), c.no.desc()).limit(bindparam("limit"))


@cache
def claimants_of_key() -> Select[Any]:
    """Names of the publishers that claim :key in any list."""
    c, r = t.claim.c, t.reserve_list.c
    claims = select(c.no).where(c.address_key == bindparam("key"), c.list_id == r.id).exists()
    query = select(t.publisher.c.name).join(t.reserve_list, list_publisher() == t.publisher.c.id)
    return query.where(claims).distinct()


@cache
def claims_numbered() -> Select[Any]:
    """Places of the claims :numbers of list :list, in order."""
    c = t.claim.c
    some = c.no.in_(bindparam("numbers", expanding=True))
    return _places().where(c.list_id == bindparam("list"), some).order_by(c.no)


@lru_cache(maxsize=8)
def claims_of_others(families: Families | None = None) -> Select[Any]:
    """Places of the claims of :keys by others than :publisher, newest list first, :limit at most.

    What one list claims again is left out. families: if given, only on networks on which the holder
    is the one of :network.
    """
    c = t.claim.c
    query = _places().where(
        c.address_key.in_(bindparam("keys", expanding=True)),
        list_publisher() != bindparam("publisher"),
        c.duplicate.is_(False),
    )
    if families is not None:
        query = query.where(_one_holder(bindparam("network", type_=Text), c.network, families))
    return query.order_by(c.list_id.desc(), c.no.desc()).limit(bindparam("limit"))


@cache
def publisher() -> Select[Any]:
    """The publisher of list :list."""
    return select(list_publisher()).where(t.reserve_list.c.id == bindparam("list"))


@cache
def last_number() -> Select[Any]:
    """The highest number of a claim in list :list."""
    return select(func.max(t.claim.c.no)).where(t.claim.c.list_id == bindparam("list"))


@cache
def only_in() -> Select[Any]:
    """Claims of :list, taken as :snapshot, that :other_list has not, within a window."""
    c, b, o = t.claim.c, t.balance.c, t.claim.alias("o")
    same = and_(b.snapshot_id == bindparam("snapshot"), b.claim_no == c.no)
    there = select(o.c.no).where(o.c.list_id == bindparam("other_list"), *_same_claim(o)).exists()
    query = (
        select(c.no, c.asset, c.network, cut(c.address), c.row, c.decimals, c.amount, b.amount)
        .outerjoin_from(t.claim, t.balance, same)
        .where(c.duplicate.is_(False), ~there)
    )
    return _within(query)


@cache
def moved() -> Select[Any]:
    """Claims of :list and :other_list that differ in what is claimed or was found, in a window.

    The snapshots are :snapshot and :other_snapshot.
    """
    c, o = t.claim.c, t.claim.alias("o")
    now, then = t.balance.alias("now"), t.balance.alias("then")
    here: BindParameter[int] = bindparam("snapshot")
    there: BindParameter[int] = bindparam("other_snapshot")
    query = (
        select(
            *(c.no, c.asset, c.network, cut(c.address), c.row, c.decimals, c.amount, now.c.amount),
            *(o.c.no, o.c.row, o.c.decimals, o.c.amount, then.c.amount),
        )
        .join_from(t.claim, o, and_(o.c.list_id == bindparam("other_list"), *_same_claim(o)))
        .outerjoin(now, and_(now.c.snapshot_id == here, now.c.claim_no == c.no))
        .outerjoin(then, and_(then.c.snapshot_id == there, then.c.claim_no == o.c.no))
        .where(c.duplicate.is_(False), o.c.duplicate.is_(False))
        .where(
            or_(
                c.amount.is_distinct_from(o.c.amount),
                now.c.amount.is_distinct_from(then.c.amount),
            )
        )
    )
    return _within(query)


@cache
def number_of(query: Select[Any]) -> Select[Any]:
    """How many rows a question of this file has. query: one that is kept, for it is remembered."""
    return select(func.count()).select_from(query.subquery())


@lru_cache(maxsize=8)
def shared(families: Families) -> Select[Any]:
    """Numbers of the claims of :list whose address another than :publisher claims, in a window.

    Undecodable addresses are left out.
    """
    c, o, r = t.claim.c, t.claim.alias("o"), t.reserve_list.c
    foreign = select(r.id).where(list_publisher() != bindparam("publisher"))
    elsewhere = select(o.c.no).where(
        o.c.address_key == c.address_key,
        o.c.list_id.in_(foreign),
        o.c.duplicate.is_(False),
        _one_holder(c.network, o.c.network, families),
    )
    decoded = func.substr(c.address_key, 1, 1) != "?"
    return _within(select(c.no).where(c.duplicate.is_(False), decoded, elsewhere.exists()))


def _one_holder(
    network: ColumnElement[str], other: ColumnElement[str], families: Sequence[Collection[str]]
) -> ColumnElement[bool]:
    """Whether equal keys on two networks are one holder: one network, or two of one family."""
    together = [and_(network.in_(sorted(f)), other.in_(sorted(f))) for f in families]
    return or_(network == other, *together)


def _within(query: Select[Any]) -> Select[Any]:
    """Claims of :list behind :after and up to :end, in order, :limit at most."""
    c = t.claim.c
    window = (c.list_id == bindparam("list"), c.no > bindparam("after"), c.no <= bindparam("end"))
    return query.where(*window).order_by(c.no).limit(bindparam("limit"))


def _places() -> Select[Any]:
    c, r = t.claim.c, t.reserve_list.c
    newest = select(func.max(t.snapshot.c.id)).where(t.snapshot.c.list_id == r.id).scalar_subquery()
    return (
        select(
            *(t.publisher.c.name, r.id, r.name, newest, c.no, c.row, c.asset, c.network),
            *(cut(c.address), c.address_key, c.decimals, c.amount, c.duplicate),
        )
        .join_from(t.claim, t.reserve_list, r.id == c.list_id)
        .join(t.publisher, t.publisher.c.id == list_publisher())
    )


def _same_claim(other: Any) -> tuple[ColumnElement[bool], ...]:  # noqa: ANN401 - an alias of claim
    c, o = t.claim.c, other.c
    # Joined to nothing, so that databases look the address up, and not all claims of the asset.
    return (
        o.address_key == c.address_key,
        o.asset.concat("") == c.asset,
        o.network.concat("") == c.network,
    )
