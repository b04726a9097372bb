"""Makes snapshots: a row, its plan, and the liabilities its reserve ratio uses."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import Connection, case, func, select

from scanner import __version__
from scanner.chains.interface import BalanceSource, ValidatorFinder
from scanner.errors import ConfigError, SnapshotNotFoundError, StoreError
from scanner.liabilities.interface import Liability
from scanner.model.statement import StatementRule
from scanner.ownership.signed_texts import SignedTexts
from scanner.ownership.statement import make_rule
from scanner.settings.publishers import load_publishers
from scanner.snapshots.plan import PlanRow, plan_chunks
from scanner.snapshots.values import ChunkPlan, ChunkState, SnapshotPolicy, SnapshotState
from scanner.store.database import chain
from scanner.store.database.engine import Store
from scanner.store.schema import bulk
from scanner.store.schema import tables as t
from scanner.store.schema.bulk import insert_rows, streamed
from scanner.store.schema.records import chunk_values, dump_policy, dump_texts
from scanner.store.schema.restatement_table import restatement
from scanner.store.writing.owed import liabilities_of
from scanner.store.writing.publishers import list_publisher

_VALIDATOR: Final = len("0x") + 2 * 48
"""Characters of a validator's key in a claim; no other address of its networks has as many."""


def create_snapshot(
    store: Store,
    list_id: int,
    policy: SnapshotPolicy,
    also: Callable[[Connection, int], None] | None = None,
) -> int:
    """Plan a snapshot of a stored list; chunks and snapshot are one transaction.

    policy: one without a statement rule gets the one that the table of publishers and the list's
        own texts give. also: done in that transaction with the new id (jobs for workers).
    Returns its id. Raises StoreError if there is no such list.
    """
    with store.write() as connection:
        texts = signed_texts(connection, list_id)
        if policy.statement is None:
            policy = replace(policy, statement=_rule(connection, list_id, texts))
        made = connection.execute(
            t.snapshot.insert().values(
                list_id=list_id,
                policy=dump_policy(policy),
                state=SnapshotState.PLANNED.value,
                created=datetime.now(UTC),
                program=__version__,
                texts=dump_texts(texts),
            )
        )
        key = made.inserted_primary_key
        if key is None:
            raise StoreError("the database gave the new snapshot no id")
        snapshot_id = int(key[0])
        plan = plan_chunks(plan_rows(connection, list_id), policy.at, policy.chunk_sizes)
        store_plan(connection, snapshot_id, list(plan), first_no=1)
        if also is not None:
            also(connection, snapshot_id)
    return snapshot_id


def statement_rule(
    store: Store,
    list_id: int,
    challenge: str = "",
    wanted: tuple[str, ...] = (),
    *,
    guessed: bool = False,
) -> StatementRule:
    """What counts as the publisher's claim in a stored list.

    challenge, wanted, guessed: as for `scanner.ownership.statement.make_rule`. Raises StoreError
    if there is no such list, ConfigError for a pattern that says nothing.
    """
    with store.read() as connection:
        texts = None if challenge or wanted else signed_texts(connection, list_id)
        return _rule(connection, list_id, texts, challenge, wanted, guessed=guessed)


def _rule(
    connection: Connection,
    list_id: int,
    texts: SignedTexts | None,
    challenge: str = "",
    wanted: tuple[str, ...] = (),
    *,
    guessed: bool = False,
) -> StatementRule:
    name = publisher_name(connection, list_id)
    return make_rule(
        name, load_publishers(), texts, challenge=challenge, wanted=wanted, guessed=guessed
    )


def publisher_name(connection: Connection, list_id: int) -> str:
    """Whose list it is; of a merged publisher the name of what it is merged into.

    Raises StoreError if there is no such list.
    """
    query = (
        select(t.publisher.c.name)
        .join_from(t.reserve_list, t.publisher, t.publisher.c.id == list_publisher())
        .where(t.reserve_list.c.id == list_id)
    )
    name = connection.execute(query).scalar()
    if name is None:
        raise StoreError(f"no list {list_id} in this database")
    return str(name)


def signed_texts(connection: Connection, list_id: int) -> SignedTexts:
    """What the signed rows of a list sign, counted. Raises StoreError if there is no such list."""
    publisher_name(connection, list_id)
    c = t.claim.c
    query = select(c.message, func.count(), func.min(c.row))
    query = query.where(c.list_id == list_id, c.signatures != ()).group_by(c.message)
    texts = SignedTexts()
    for message, rows, first in streamed(connection, query):
        texts.add(message, rows, first)
    return texts


def networks_of(store: Store, list_id: int) -> frozenset[str]:
    """The networks that a list's claims are on."""
    query = select(t.claim.c.network).where(t.claim.c.list_id == list_id).distinct()
    with store.read() as connection:
        return frozenset(connection.execute(query).scalars())


def require_validators(
    store: Store, list_id: int, sources: Mapping[str, BalanceSource | None]
) -> None:
    """Raise ConfigError if a list names validators that its networks' sources cannot read.

    sources: by network. Lists without validators' keys need no endpoints that know them.
    """
    for network, source in sources.items():
        try:
            if isinstance(source, ValidatorFinder):
                source.require_validators()
        except ConfigError:
            if _has_validators(store, list_id, network):
                raise


def _has_validators(store: Store, list_id: int, network: str) -> bool:
    c = t.claim.c
    query = select(c.no).where(c.list_id == list_id, c.network == network)
    named = func.length(c.address_key) == _VALIDATOR, c.address_key.startswith("0x")  # and no "?.."
    query = query.where(*named).limit(1)
    with store.read() as connection:
        return connection.execute(query).first() is not None


def plan_rows(
    connection: Connection, list_id: int, networks: Collection[str] | None = None
) -> Iterator[PlanRow]:
    """What planning needs of a list's claims, by number. networks: only these, None for all."""
    query = select(t.claim.c.no, t.claim.c.network, t.claim.c.height).order_by(t.claim.c.no)
    query = query.where(t.claim.c.list_id == list_id)
    if networks is not None:
        query = query.where(t.claim.c.network.in_(sorted(networks)))
    return map(PlanRow._make, bulk.values(connection, query))


def store_plan(
    connection: Connection, snapshot_id: int, plans: Sequence[ChunkPlan], first_no: int
) -> None:
    """Keep chunks, numbered from `first_no`."""
    numbered = enumerate(plans, first_no)
    insert_rows(connection, t.chunk, (chunk_values(snapshot_id, no, plan) for no, plan in numbered))


def cut_again(
    connection: Connection, snapshot_id: int, policy: SnapshotPolicy, sizes: Mapping[str, int]
) -> None:
    """Replace the chunks of networks that are wholly undone by ones of other sizes.

    Sizes of the policy win. A network whose chunks have the right size already keeps them.
    """
    c = t.chunk.c
    wanted = {n: size for n, size in sizes.items() if n not in policy.chunk_sizes}
    networks = [n for n, size in wanted.items() if _wants_cut(connection, snapshot_id, n, size)]
    if not networks:
        return
    list_id = connection.execute(
        select(t.snapshot.c.list_id).where(t.snapshot.c.id == snapshot_id)
    ).scalar_one()
    highest = connection.execute(select(func.max(c.no)).where(c.snapshot_id == snapshot_id))
    first_no = int(highest.scalar() or 0) + 1
    connection.execute(
        t.chunk.delete().where(c.snapshot_id == snapshot_id, c.network.in_(networks))
    )
    plan = plan_chunks(plan_rows(connection, list_id, networks), policy.at, wanted)
    store_plan(connection, snapshot_id, list(plan), first_no)


def _wants_cut(connection: Connection, snapshot_id: int, network: str, size: int) -> bool:
    c = t.chunk.c
    groups = connection.execute(
        select(
            func.sum(case((c.state == ChunkState.DONE.value, 1), else_=0)),
            func.count(),
            func.max(c.claims),
            func.sum(c.claims),
        )
        .where(c.snapshot_id == snapshot_id, c.network == network)
        .group_by(c.wanted_height)
    ).all()
    if any(done for done, *_ in groups):
        return False
    return any(most > size or number > -(-total // size) for _, number, most, total in groups)


def _figure(owed: Liability) -> tuple[object, ...]:
    """What one asset's figure says: how much, in what, of whom, of when; and what supports it.

    A tree that gives a published figure again is more than the figure: it is no repetition.
    """
    about = (owed.detail.get(name) or "" for name in ("unit", "scope", "published_ratio"))
    return owed.amount, owed.decimals, owed.as_of, owed.evidence, *about


def set_liabilities(
    store: Store,
    snapshot_id: int,
    liabilities: Sequence[Liability],
    *,
    replacing: datetime | None = None,
) -> list[str]:
    """Keep what is owed, beside a snapshot. Returns the assets whose figure was replaced.

    An asset's figure is written once. replacing: now, where a later statement may take the place of
    one that differs: both stay. Raises SnapshotNotFoundError; StoreError if an asset already has a
    different figure, or one of other users, in another unit or of another day, and replacing is
    None.
    """
    with store.write() as connection:
        known = select(t.snapshot.c.id).where(t.snapshot.c.id == snapshot_id)
        if connection.execute(known).first() is None:
            raise SnapshotNotFoundError(str(snapshot_id))
        stored = {o.asset: o for o in liabilities_of(connection, snapshot_id)}
        other = [new for new in liabilities if _figure(stored.get(new.asset, new)) != _figure(new)]
        if other and replacing is None:
            raise StoreError(
                f"snapshot {snapshot_id} already has other liabilities for {other[0].asset}, or "
                "other evidence or another ratio: what is stored is not changed; --replace stores "
                "a later statement beside it"
            )
        first = [_owed_row(snapshot_id, o) for o in liabilities if o.asset not in stored]
        insert_rows(connection, t.liability, first)
        chain.append_rows(connection, chain.LIABILITIES, t.liability, first)
        later = [
            (*row[:2], _next_no(connection, snapshot_id, str(row[1])), *row[2:], replacing)
            for row in (_owed_row(snapshot_id, owed) for owed in other)
        ]
        insert_rows(connection, restatement, later)
        chain.append_rows(connection, chain.RESTATEMENTS, restatement, later)
        return [owed.asset for owed in other]


def _owed_row(snapshot_id: int, owed: Liability) -> tuple[object, ...]:
    detail = json.dumps(dict(owed.detail), sort_keys=True)
    return (
        *(snapshot_id, owed.asset, owed.amount, owed.decimals, owed.evidence.value),
        *(owed.source, owed.as_of, detail),
    )


def _next_no(connection: Connection, snapshot_id: int, asset: str) -> int:
    c = restatement.c
    query = select(func.max(c.no)).where(c.snapshot_id == snapshot_id, c.asset == asset)
    return int(connection.execute(query).scalar() or 0) + 1
