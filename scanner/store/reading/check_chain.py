"""Checks the chain of a database: every link, what it is about, and that nothing stands outside."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Row, and_, func, select

from scanner.model.amount import counted
from scanner.model.jsontext import own_json
from scanner.snapshots.values import SnapshotState
from scanner.store.database import chain
from scanner.store.database.engine import Store
from scanner.store.schema import tables as t
from scanner.store.schema.chain_table import link as link_table
from scanner.store.schema.lines import digest
from scanner.store.schema.verdicts import is_beside_another


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is not as it should be. snapshot_id: None if it is about the database.

    older: nothing is wrong, but an older program stored it without a seal that covers it.
    """

    snapshot_id: int | None
    what: str
    older: bool = False


@dataclass(slots=True)
class _Seen:
    """What the links name."""

    lists: set[int] = field(default_factory=set)
    publishers: dict[int, Row[Any]] = field(default_factory=dict)
    snapshots: set[int] = field(default_factory=set)
    loose: dict[str, set[str]] = field(default_factory=lambda: {k: set() for k in chain.LOOSE})
    heads: set[str] = field(default_factory=set)
    begun: Mapping[str, Any] = field(default_factory=dict)


def newest_head(store: Store) -> str:
    """The head of everything sealed so far, "" if there is nothing: to be kept elsewhere."""
    with store.read() as connection:
        return chain.newest(connection)


def check_chain(connection: Connection, wanted: str = "") -> Iterator[Problem]:
    """What is wrong with the chain. wanted: a head that it must hold, "" for none."""
    seen = _Seen()
    yield from _links(connection, seen)
    if wanted and wanted not in seen.heads:
        yield Problem(
            None,
            f"the chain does not contain the head {wanted}: what was sealed up to it was "
            "removed, or the whole chain was rebuilt",
        )
    yield from _publishers(connection, seen)
    yield from _lists(connection, seen)
    yield from _snapshots(connection, seen)
    yield from _loose(connection, seen)


def _links(connection: Connection, seen: _Seen) -> Iterator[Problem]:
    before = ""
    links = connection.execute(select(link_table).order_by(link_table.c.no)).all()
    for expected, link in enumerate(links, 1):
        if link.no != expected:
            yield Problem(None, f"link {expected} of the chain is missing, with what it sealed")
            return
        head = chain.head_after(before, link.no, link.kind, link.subject, link.digest, link.at)
        if head != link.head:
            yield Problem(None, f"link {link.no} of the chain was changed")
        seen.heads.add(link.head)
        before = link.head
        yield from _link(connection, link, seen)
    if not links or links[0].kind != chain.BEGIN:
        yield Problem(None, "the chain has no beginning")


def _link(connection: Connection, link: Row[Any], seen: _Seen) -> Iterator[Problem]:
    about = None
    try:
        subject = own_json(link.subject)
        if link.kind == chain.SNAPSHOT:
            about = subject["id"]
            seen.snapshots.add(about)
        elif link.kind == chain.LIST:
            seen.lists.add(subject["id"])
        elif link.kind == chain.PUBLISHER:
            seen.publishers[subject["id"]] = link
            return  # the newest one holds
        elif link.kind in chain.LOOSE:
            seen.loose[link.kind].update(map(chain.key_text, subject["keys"]))
        elif link.no == 1:
            seen.begun = subject
        if chain.digest_of(connection, link.kind, subject) != link.digest:
            yield Problem(about, f"{_words(link)} is not as it was sealed: it was changed")
    except LookupError as e:
        yield Problem(about, f"{_words(link)} is not as it was sealed: {e.args[0]}")
    except (ValueError, TypeError):
        yield Problem(None, f"link {link.no} of the chain cannot be read")


def _publishers(connection: Connection, seen: _Seen) -> Iterator[Problem]:
    for publisher_id, link in seen.publishers.items():
        try:
            same = chain.digest_of(connection, link.kind, {"id": publisher_id}) == link.digest
        except LookupError:
            same = False
        if not same:
            yield Problem(
                None, f"the publisher {publisher_id} was renamed, merged or deleted unsealed"
            )
    older = int(seen.begun.get("publishers", 0))
    for publisher_id in connection.execute(select(t.publisher.c.id)).scalars():
        if publisher_id not in seen.publishers and publisher_id > older:
            yield Problem(None, f"the publisher {publisher_id} was never sealed")


def _words(link: Row[Any]) -> str:
    named = {
        chain.LIST: "the list {id}",
        chain.SNAPSHOT: "the snapshot {id}",
        chain.LIABILITIES: "a liability",
        chain.PRICES: "a price",
        chain.FINDINGS: "a later finding",
        chain.PROOFS: "a proof of liabilities",
        chain.RESTATEMENTS: "a later statement of a liability",
        chain.PRUNED: "the record of a pruned snapshot",
        chain.BEGIN: "the beginning of the chain",
    }
    subject = own_json(link.subject)
    words = named.get(link.kind, "something").format(id=subject.get("id"))
    return f"{words} (link {link.no} of the chain)"


def _lists(connection: Connection, seen: _Seen) -> Iterator[Problem]:
    older = int(seen.begun.get("lists", 0))
    query = select(t.reserve_list.c.id, t.reserve_list.c.content).order_by(t.reserve_list.c.id)
    for list_id, content in connection.execute(query).all():
        if list_id not in seen.lists:
            if list_id > older:
                yield Problem(None, f"the list {list_id} was never sealed")
            else:
                what = f"the list {list_id} was stored by an older program, without a seal"
                yield Problem(None, what, older=True)
        elif content not in chain.list_contents(connection, list_id):
            yield Problem(None, f"the rows of the list {list_id} are not the ones that were read")
    yield from _strays(connection)


def _strays(connection: Connection) -> Iterator[Problem]:
    """Rows of lists and snapshots that are not there, and publishers without a list."""
    for table in (*chain.LIST_ROWS, t.list_finding):
        known = select(t.reserve_list.c.id)
        query = select(func.count()).where(table.c.list_id.not_in(known))
        if count := connection.execute(query).scalar_one():
            yield Problem(
                None, f"{counted(count, 'row')} of {table.name} without a list that exists"
            )


def _snapshots(connection: Connection, seen: _Seen) -> Iterator[Problem]:
    older = int(seen.begun.get("snapshots", 0))
    query = select(t.snapshot.c.id, t.snapshot.c.state).order_by(t.snapshot.c.id)
    for snapshot_id, state in connection.execute(query).all():
        if state != SnapshotState.COMPLETE.value:
            continue
        if snapshot_id in seen.snapshots:
            yield from _outside_chunks(connection, snapshot_id)
        elif snapshot_id > older:
            yield Problem(snapshot_id, "it is complete and was never sealed")
        else:
            what = "an older program sealed its results, without list, publisher and times"
            yield Problem(snapshot_id, what, older=True)


def _outside_chunks(connection: Connection, snapshot_id: int) -> Iterator[Problem]:
    """Verdicts and findings of a sealed snapshot about claims that no chunk's digest covers."""
    b = t.balance.c
    for table in (t.control_result, t.finding):
        c = table.c
        has = and_(b.snapshot_id == c.snapshot_id, b.claim_no == c.claim_no)
        query = select(func.count()).where(
            c.snapshot_id == snapshot_id, ~select(b.claim_no).where(has).exists()
        )
        if count := connection.execute(query).scalar_one():
            what = f"{counted(count, 'row')} of {table.name} in no chunk: no seal covers that"
            yield Problem(snapshot_id, what)
    of = t.control_result.c.snapshot_id == snapshot_id
    twice = select(func.count()).select_from(t.control_result).where(of, is_beside_another())
    if count := connection.execute(twice).scalar_one():
        what = f"{counted(count, 'row')} of control_result beside a verdict: no seal covers that"
        yield Problem(snapshot_id, what)


def _loose(connection: Connection, seen: _Seen) -> Iterator[Problem]:
    """Liabilities, prices and later findings without a link: only those from before the chain."""
    before = seen.begun.get("loose", {})
    nothing = digest(())
    for kind, table in chain.LOOSE.items():
        found = digest(chain.loose_lines(connection, kind, seen.loose[kind]))
        if found != before.get(kind, nothing):
            what = f"rows of {table.name} ({kind}) were added, changed or lost without a seal"
            yield Problem(None, what)
