"""A verdict stands in its balance's row, or by itself: as older programs stored it, or a failed try."""

from sqlalchemy import func, select

from scanner.snapshots.interface import SnapshotState
from scanner.store.database import migrate
from scanner.store.database.engine import connect, open_store
from scanner.store.database.rows import rows
from scanner.store.reading import coverage, queries
from scanner.store.reading.across import Taken
from scanner.store.reading.alert_questions import newly_unsigned
from scanner.store.reading.check import check
from scanner.store.reading.check_chain import newest_head
from scanner.store.reading.unasked import keys_not_asked
from scanner.store.reading.verified import every_verified
from scanner.store.reading.weighed import largest_verified
from scanner.store.schema import tables as t


def counted(store):
    """How many verdicts stand by themselves, and how many in their balance's row."""
    inside = select(func.count()).where(t.balance.c.control.is_not(None))
    with store.read() as connection:
        apart = connection.execute(select(func.count()).select_from(t.control_result))
        return apart.scalar_one(), connection.execute(inside).scalar_one()


def said(store):
    """What every question about verdicts is answered."""
    found = [newest_head(store)]
    for head in queries.heads(store, states=(SnapshotState.COMPLETE,)):
        if head.pruned is not None:
            continue
        list_id, totals = head.list_id, queries.totals(store, head.id)
        nothing, mine = Taken(head.id, 0), Taken(head.id, list_id)
        with store.read() as connection:
            found.append(keys_not_asked(connection, head.id, list_id))
        found += [
            head.chain_head,
            totals,
            list(rows(store, head.id)),
            list(every_verified(store, head.id)),
            largest_verified(store, head.id, {}, 9),
            coverage.control_counts(store, head.id),
            coverage.freshness_counts(store, head.id),
            list(coverage.dated_texts(store, head.id)),
            newly_unsigned(store, nothing, mine),
            newly_unsigned(store, mine, mine),
        ]
    return found


def test_a_database_of_the_program_before_is_read_and_its_seals_hold(filled_url):
    with open_store(filled_url) as store:
        apart, inside = counted(store)
        assert apart
        assert inside > apart
        before = said(store)
    with connect(filled_url) as store:
        migrate.downgrade_store(store, "0018")
        migrate.upgrade_store(store)
    with open_store(filled_url) as store:
        assert counted(store) == (apart + inside, 0)
        assert check(store) == []
        assert said(store) == before
