"""Checks a database against itself: triggers, counts, totals, seals, the chain.

What a backup or a careless hand does to results shows here: everything that was added up is added
up again, row by row, and every sealed snapshot's hash chain is made anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from sqlalchemy import Connection, func, select, text

from scanner.model.amount import counted
from scanner.model.finding import WEIGHTS, Weight
from scanner.snapshots.tally import Tally
from scanner.snapshots.values import ChunkState, SnapshotState
from scanner.store.database.engine import Store
from scanner.store.database.moments import chunks_left_out, moved_rows
from scanner.store.database.pruned import Pruned, PruneRecordError, goes, pruned_of
from scanner.store.reading.check_chain import Problem, check_chain
from scanner.store.schema import guards, referred
from scanner.store.schema import tables as t
from scanner.store.schema.records import read_balance, read_control
from scanner.store.writing import seal
from scanner.store.writing.chunk_seal import ChunkSeal, stored_rows
from scanner.store.writing.pins import evidence_by_chunk


def check(
    store: Store, progress: Callable[[int, int], None] | None = None, head: str = ""
) -> list[Problem]:
    """Everything that is wrong, nothing if all is well. Changes nothing.

    head: one that was kept elsewhere, and that the chain must hold. progress: called with the
    snapshots checked and their number.
    """
    query = select(t.snapshot.c.id, t.snapshot.c.state, t.snapshot.c.chain_head)
    with store.read() as connection:
        problems = [Problem(None, what) for what in _database(connection)]
        problems += check_chain(connection, head)
        snapshots = connection.execute(query.order_by(t.snapshot.c.id)).all()
        for count, (snapshot_id, state, seal_head) in enumerate(snapshots, 1):
            sealed = seal_head if state == SnapshotState.COMPLETE.value else None
            problems += [Problem(snapshot_id, w) for w in wrong(connection, snapshot_id, sealed)]
            if progress is not None:
                progress(count, len(snapshots))
    return problems


def _database(connection: Connection) -> Iterator[str]:
    yield from guards.wrong(connection)
    if connection.dialect.name == "sqlite":
        for (said,) in connection.execute(text("PRAGMA integrity_check(10)")):
            if said != "ok":
                yield f"the file is damaged: {said}"
        nowhere = [table for table, *_ in connection.execute(text("PRAGMA foreign_key_check"))]
    else:
        nowhere = list(referred.dangling(connection))
    for table in nowhere:
        yield f"a row of {table} refers to a missing row"


def wrong(connection: Connection, snapshot_id: int, sealed: str | None) -> Iterator[str]:
    """What is wrong with one snapshot. sealed: head of its hash chain, None if not complete."""
    try:
        gone = pruned_of(connection, snapshot_id)
        if gone is not None:
            yield from _pruned(connection, gone, sealed)
            return
    except PruneRecordError:
        yield "the record of its pruning cannot be read: it was changed"
        return
    except (ValueError, KeyError):
        yield "what is kept of it contains words that this program does not know"
        return
    yield from _counts(connection, snapshot_id)
    try:
        tally, digests = _again(connection, snapshot_id)
        sums = seal.tally_of(connection, snapshot_id)
    except (ValueError, KeyError):  # a word that no program of ours writes
        yield "its results contain words that this program does not know: they were changed"
        return
    if tally.parts != sums.parts:
        yield "its sums do not match its balances"
    yield from _digests(connection, snapshot_id, digests)
    if sealed is not None:
        if count := seal.left_out(connection, snapshot_id):
            have = "has" if count == 1 else "have"
            claims = f"{counted(count, 'claim')} of its list {have} no balance"
            yield f"{claims}: chunks were removed or changed"
        yield from _sealed(connection, snapshot_id, tally, sealed)


def _counts(connection: Connection, snapshot_id: int) -> Iterator[str]:
    """Chunks that say done have all their balances, others have none; nothing is left over."""
    c, b = t.chunk.c, t.balance.c
    # Counted in one pass: a join would go through all balances again for every chunk.
    in_chunks = select(b.chunk_no, func.count()).where(b.snapshot_id == snapshot_id)
    stored = {no: count for no, count in connection.execute(in_chunks.group_by(b.chunk_no))}
    query = select(c.no, c.state, c.claims).where(c.snapshot_id == snapshot_id)
    for no, state, claims in connection.execute(query.order_by(c.no)):
        found = stored.get(no, 0)
        wanted = claims if state == ChunkState.DONE.value else 0
        if found != wanted:
            yield f"chunk {no} is {state} and has {found} balances of {claims}"
    last = (
        select(t.reserve_list.c.claims)
        .join(t.snapshot, t.snapshot.c.list_id == t.reserve_list.c.id)
        .where(t.snapshot.c.id == snapshot_id)
        .scalar_subquery()
    )
    for table in (t.control_result, t.finding):
        no = table.c.claim_no
        strays = select(func.count()).where(table.c.snapshot_id == snapshot_id, no > last)
        if count := connection.execute(strays).scalar_one():
            yield (
                f"{counted(count, 'row')} of {table.name} belong{'s' if count == 1 else ''} to "
                "claims that are not in the list"
            )


def _pruned(connection: Connection, gone: Pruned, sealed: str | None) -> Iterator[str]:
    """Of a pruned snapshot: its seal and totals from what is kept; no row came back.

    What its record says of the findings is held to the sealed totals.
    """
    for table in (t.control_result, t.balance, t.finding):
        query = select(func.count()).where(goes(table, gone.snapshot))
        if count := connection.execute(query).scalar_one():
            yield f"it is pruned, and has {counted(count, 'row')} of {table.name} that were added"
    if sealed is None:
        yield "it is pruned and is not complete: only complete snapshots are"
        return
    tally = seal.tally_of(connection, gone.snapshot)
    yield from _sealed(connection, gone.snapshot, tally, sealed)
    heavy = {WEIGHTS[kind] for kind, count in gone.findings.items() if count} - {Weight.NOTE}
    for total in tally.totals():
        if not heavy and (total.unverified or total.unavailable_rows or total.shortfall):
            yield f"its record has no finding, and of {total.asset} not everything is verified"


def _again(connection: Connection, snapshot_id: int) -> tuple[Tally, dict[int, str]]:
    """Every balance added up, and the digest of every chunk made, row by row."""
    tally, seals = Tally(), dict[int, ChunkSeal]()
    pins = evidence_by_chunk(connection, snapshot_id)
    others = chunks_left_out(connection, snapshot_id)
    moved = moved_rows(connection, snapshot_id)
    for chunk, claim, verdict, balance, told in stored_rows(connection, snapshot_id):
        if chunk is None:
            continue
        found = read_control(verdict), read_balance(balance), pins.get(chunk)
        tally.add(claim, *found, other_moment=chunk in others or claim.no in moved)
        if chunk not in seals:
            seals[chunk] = ChunkSeal()
        seals[chunk].add([(claim, verdict, balance, told)])
    return tally, {no: made.digest() for no, made in seals.items()}


def _digests(connection: Connection, snapshot_id: int, digests: Mapping[int, str]) -> Iterator[str]:
    c = t.chunk.c
    query = select(c.no, c.digest).where(
        c.snapshot_id == snapshot_id, c.state == ChunkState.DONE.value
    )
    unsealed = 0
    for no, digest in connection.execute(query.order_by(c.no)):
        unsealed += not digest
        if digest and digest != digests.get(no):
            yield f"chunk {no} is not as it was sealed: its results were changed"
    if unsealed:
        yield f"{unsealed} chunks were stored without a digest, by an older program: not checked"


def _sealed(connection: Connection, snapshot_id: int, tally: Tally, head: str) -> Iterator[str]:
    query = select(t.total).where(t.total.c.snapshot_id == snapshot_id)
    stored = sorted(tuple(row)[1:] for row in connection.execute(query))
    if stored != sorted(seal.total_values(total) for total in tally.totals()):
        yield "its totals do not match its balances"
    versions = (seal.VERSION, seal.OLD_VERSION)
    try:
        heads = [seal.chain_head(connection, snapshot_id, version) for version in versions]
    except LookupError as e:
        yield str(e)
        return
    if head not in heads:
        yield f"its hash chain does not end in {head}: results were changed after the seal"
