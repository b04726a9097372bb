"""How many rows of a snapshot came out how, per asset and network, and how much they claim."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, Integer, Select, and_, cast, exists, func, select

from scanner.model.balance import Evidence
from scanner.model.control import Binding, Control, Freshness, is_proof
from scanner.model.finding import WEIGHTS, FindingKind, Weight
from scanner.model.statement import Statement
from scanner.store.database.engine import Store
from scanner.store.database.moments import chunks_left_out, moved, moved_rows
from scanner.store.schema import tables as t
from scanner.store.schema.bulk import values
from scanner.store.schema.verdicts import freshness, stored_verdict


@dataclass(frozen=True, slots=True)
class ControlCount:
    """How many claims of an asset on a network have one verdict.

    control, binding, statement: None for claims without a verdict yet. answered: whether somebody
    could say what they held at the snapshot's moment. duplicates: how many of `rows` repeat an
    earlier claim.
    """

    asset: str
    network: str
    control: Control | None
    binding: Binding | None
    answered: bool
    rows: int
    duplicates: int
    statement: Statement | None = None

    @property
    def is_proof(self) -> bool:
        """Whether these rows may count as verified, once their balance is known."""
        return is_proof(self.control, self.binding, self.statement)


@dataclass(frozen=True, slots=True)
class AnswerCount:
    """How many balances of a network came with one evidence from one set of endpoints.

    evidence: None for claims without an answer yet. sources: names, sorted.
    """

    network: str
    evidence: Evidence | None
    sources: tuple[str, ...]
    rows: int


@dataclass(frozen=True, slots=True)
class RowsFound:
    """How many rows findings are about; a row with both is false.

    false: rows of which something contradicts the chain, the mathematics or the list.
    unverified: the other rows of which something could not be verified.
    """

    false: int
    unverified: int


def control_counts(store: Store, snapshot_id: int) -> list[ControlCount]:
    """Verdicts per asset and network, sorted by both; every claim is counted exactly once."""
    c, r, b, s = t.claim.c, stored_verdict(), t.balance.c, t.snapshot.c
    joined = t.claim.join(t.snapshot, s.list_id == c.list_id)
    for table in (t.control_result, t.balance):
        same = and_(table.c.snapshot_id == s.id, table.c.claim_no == c.no)
        joined = joined.outerjoin(table, same)
    with store.read() as connection:
        answered = and_(b.evidence.is_not(None), b.evidence != Evidence.UNAVAILABLE.value)
        if others := chunks_left_out(connection, snapshot_id):
            answered = and_(answered, b.chunk_no.not_in(others))
        if moved_rows(connection, snapshot_id):
            answered = and_(answered, b.claim_no.not_in(moved(snapshot_id)))
        key = (c.asset, c.network, r.control, r.binding, answered, r.statement)
        query = (
            select(*key, func.count(), func.sum(cast(c.duplicate, Integer)))
            .select_from(joined)
            .where(s.id == snapshot_id)
            .group_by(*key)
        )
        found = [
            ControlCount(
                asset,
                network,
                None if control is None else Control(control),
                None if binding is None else Binding(binding),
                bool(yes),
                rows,
                int(duplicates),
                None if said is None else Statement(said),
            )
            for asset, network, control, binding, yes, said, rows, duplicates in (
                connection.execute(query)
            )
        ]
    return sorted(found, key=_place)


def _place(count: ControlCount) -> tuple[str, str, str, str, bool, str]:
    control, binding, statement = count.control or "", count.binding or "", count.statement or ""
    return count.asset, count.network, control, binding, count.answered, statement


def answer_counts(store: Store, snapshot_id: int) -> list[AnswerCount]:
    """Balances per network, evidence and endpoints, sorted; every claim is counted exactly once."""
    c, b, s = t.claim.c, t.balance.c, t.snapshot.c
    same = and_(b.snapshot_id == s.id, b.claim_no == c.no)
    joined = t.claim.join(t.snapshot, s.list_id == c.list_id).outerjoin(t.balance, same)
    key = (c.network, b.evidence, b.sources)
    query = select(*key, func.count()).select_from(joined).where(s.id == snapshot_id).group_by(*key)
    with store.read() as connection:
        found = [
            AnswerCount(
                network,
                None if evidence is None else Evidence(evidence),
                tuple(sources or ()),
                rows,
            )
            for network, evidence, sources, rows in connection.execute(query)
        ]
    return sorted(found, key=lambda f: (f.network, f.evidence or "", f.sources))


def freshness_counts(store: Store, snapshot_id: int) -> dict[str, int]:
    """How many verdicts of a snapshot are about texts of which freshness."""
    found = freshness(snapshot_id)
    query = select(found.c.freshness, func.count()).group_by(found.c.freshness)
    with store.read() as connection:
        return {name: int(count) for name, count in sorted(connection.execute(query))}


def dated_texts(store: Store, snapshot_id: int) -> Iterator[tuple[str, int]]:
    """The texts with a date that rows of a snapshot sign, each with how many rows; streamed."""
    c, s, found = t.claim.c, t.snapshot.c, freshness(snapshot_id)
    joined = found.join(t.claim, c.no == found.c.claim_no).join(t.snapshot, s.list_id == c.list_id)
    query = (
        select(c.message, func.count())
        .select_from(joined)
        .where(s.id == snapshot_id, found.c.freshness == Freshness.DATED.value)
        .group_by(c.message)
    )
    with store.read() as connection:
        for message, rows in values(connection, query):
            yield str(message), int(rows)


@dataclass(slots=True)
class Covered:
    """Rows and base units of one asset: all that are claimed, and those that somebody answered."""

    asset: str
    rows: int = 0
    read: int = 0
    claimed: int = 0
    covered: int = 0


def coverage(store: Store, snapshot_id: int) -> list[Covered]:
    """What has been read of a snapshot's claims, by asset; rows without a balance are not read."""
    c, b, s = t.claim.c, t.balance.c, t.snapshot.c
    same = and_(b.snapshot_id == s.id, b.claim_no == c.no)
    joined = t.claim.join(t.snapshot, s.list_id == c.list_id).outerjoin(t.balance, same)
    answered = func.coalesce(b.evidence, Evidence.UNAVAILABLE.value) != Evidence.UNAVAILABLE.value
    query = (
        select(c.asset, c.amount, answered)
        .select_from(joined)
        .where(s.id == snapshot_id, c.duplicate.is_(False))
    )
    found: dict[str, Covered] = {}
    with store.read() as connection:
        for asset, amount, read in values(connection, query):
            one = found.setdefault(asset, Covered(asset))
            one.rows += 1
            one.read += bool(read)
            one.claimed += amount or 0
            one.covered += (amount or 0) if read else 0
    return [found[asset] for asset in sorted(found)]


def rows_found(store: Store, snapshot_id: int) -> RowsFound:
    """Count the rows that findings of a snapshot are about, each once: unreadable ones, too."""
    with store.read() as connection:
        list_id = connection.execute(
            select(t.snapshot.c.list_id).where(t.snapshot.c.id == snapshot_id)
        ).scalar_one()
        false, unverified = _claims_found(connection, snapshot_id, list_id)
        return RowsFound(
            false + _unreadable(connection, list_id, Weight.FALSE),
            unverified + _unreadable(connection, list_id, Weight.UNSHOWN),
        )


def _kinds(weight: Weight) -> list[str]:
    return [kind.value for kind in FindingKind if WEIGHTS[kind] is weight]


def _has(weight: Weight, snapshot_id: int, claim_no: ColumnElement[int]) -> ColumnElement[bool]:
    """Whether a claim has a finding of a weight."""
    other = t.finding.alias(f"{weight.value}_finding").c
    same = other.snapshot_id == snapshot_id, other.claim_no == claim_no
    return exists().where(*same, other.kind.in_(_kinds(weight)))


def _claims_found(connection: Connection, snapshot_id: int, list_id: int) -> tuple[int, int]:
    """How many claims are false, and how many others are not verified.

    What is false is taken off what is not verified, from the side that has fewer rows: asking each
    of 250,000 unsigned rows whether it is false or repeated takes seconds.
    """
    f, c = t.finding.c, t.claim.c

    def found(weight: Weight) -> Select[int]:
        query = select(func.count(f.claim_no.distinct()))
        return query.where(f.snapshot_id == snapshot_id, f.kind.in_(_kinds(weight)))

    # A repeated row is told about with the list; it may have a finding of its own besides.
    repeated = select(func.count()).where(
        c.list_id == list_id, c.duplicate, ~_has(Weight.FALSE, snapshot_id, c.no)
    )
    false, again = _one(connection, found(Weight.FALSE)), _one(connection, repeated)
    unverified = _one(connection, found(Weight.UNSHOWN))
    if unverified and false:
        both = found(Weight.FALSE).where(_has(Weight.UNSHOWN, snapshot_id, f.claim_no))
        unverified -= _one(connection, both)
    if unverified and again:
        both = repeated.where(_has(Weight.UNSHOWN, snapshot_id, c.no))
        unverified -= _one(connection, both)
    return false + again, unverified


def _unreadable(connection: Connection, list_id: int, weight: Weight) -> int:
    u = t.unreadable_row.c
    query = select(func.count()).where(u.list_id == list_id, u.kind.in_(_kinds(weight)))
    return _one(connection, query)


def _one(connection: Connection, query: Select[int]) -> int:
    return int(connection.execute(query).scalar_one())
