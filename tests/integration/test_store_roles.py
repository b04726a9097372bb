"""The roles of PostgreSQL do their work and nothing else, with the triggers dropped."""

import pytest
from sqlalchemy import text
from support.snapshot_stub import StubSource, eth_claim
from support.taking import SIGNED, planned, take

from scanner.errors import StoreError
from scanner.snapshots.interface import SnapshotState
from scanner.store.database import statistics
from scanner.store.database.engine import open_store
from scanner.store.database.migrate import upgrade
from scanner.store.database.roles import grant_statements
from scanner.store.reading import queries
from scanner.store.reading.status import status
from scanner.store.schema import append_only, tables
from scanner.worker.queue import set_up

pytestmark = pytest.mark.node
WORKER, READER = 'work"er 100%', "reader'"


@pytest.fixture
def owner(postgres_database):
    upgrade(postgres_database)
    with open_store(postgres_database) as store:
        set_up(store)
        with store.write() as connection:
            for role in (WORKER, READER):
                name = role.replace('"', '""')
                connection.exec_driver_sql(f'DROP ROLE IF EXISTS "{name.replace("%", "%%")}"')
                connection.exec_driver_sql(
                    f"CREATE ROLE \"{name.replace('%', '%%')}\" LOGIN PASSWORD 'p'"
                )
            for statement in grant_statements(WORKER, READER):
                connection.connection.cursor().execute(statement)
        yield store
        with store.write() as connection:
            for role in (WORKER, READER):
                name = '"' + role.replace('"', '""') + '"'
                connection.connection.cursor().execute(f"DROP OWNED BY {name}; DROP ROLE {name}")


def as_role(owner, role):
    url = owner.engine.url.set(username=role, password="p")
    return open_store(url.render_as_string(hide_password=False))


def test_a_worker_takes_snapshots_and_changes_no_result(owner):
    with owner.write() as connection:
        for statement in append_only.drop_statements("postgresql", append_only.APPEND_ONLY):
            connection.execute(text(statement))
    with as_role(owner, WORKER) as store:
        snapshot = planned(store, [eth_claim(n, **SIGNED) for n in range(25)])
        assert take(store, snapshot, StubSource()).state is SnapshotState.COMPLETE
        for name in append_only.APPEND_ONLY:
            column = next(iter(tables.metadata.tables[name].columns)).name
            changes = [f"UPDATE {name} SET {column} = {column}", f"TRUNCATE {name}"]
            if name != "pinned_block":  # may be replaced; the trigger sees that nothing was read
                changes.append(f"DELETE FROM {name}")
            for change in changes:
                with pytest.raises(StoreError, match="may not"), store.write() as connection:
                    connection.execute(text(change))


def test_a_worker_replaces_no_block_that_was_read(owner):
    with as_role(owner, WORKER) as store:
        snapshot = planned(store, [eth_claim(1, **SIGNED)])
        assert take(store, snapshot, StubSource()).state is SnapshotState.COMPLETE
        with pytest.raises(StoreError, match="append-only"), store.write() as connection:
            connection.execute(text("DELETE FROM pinned_block"))


def test_a_reader_reads_and_writes_nothing(owner):
    snapshot = planned(owner, [eth_claim(1, **SIGNED)])
    take(owner, snapshot, StubSource())
    with as_role(owner, READER) as store:
        assert queries.totals(store, snapshot).complete
        assert status(store).queue is None
        with pytest.raises(StoreError, match="may not"):
            planned(store, [eth_claim(2)])
        with pytest.raises(StoreError, match="may not"), store.write() as connection:
            connection.execute(text("SELECT * FROM procrastinate_jobs"))


def test_a_worker_takes_its_turn_at_an_endpoint_and_a_reader_cannot(owner):
    from scanner.errors import SourceUnavailableError
    from scanner.store.writing.rate_budgets import FleetTimeline

    with as_role(owner, WORKER) as store:
        assert FleetTimeline(store, "node-a").reserve(1, 0.1) is not None
    with as_role(owner, READER) as store, pytest.raises(SourceUnavailableError):
        FleetTimeline(store, "node-a").reserve(1, 0.1)


def test_a_worker_works_the_queue(owner):
    from support.snapshot_stub import stored

    from scanner.worker.queue import queued_snapshot, refill

    with as_role(owner, WORKER) as store:
        list_id = stored(store, [eth_claim(n) for n in range(25)]).list_id
        from scanner.snapshots.interface import SnapshotPolicy

        queued_snapshot(store, list_id, SnapshotPolicy(), {})
        with store.write() as connection:
            connection.execute(text("DELETE FROM procrastinate_jobs"))
        assert refill(store) == 1


def rows_known(owner):
    """What PostgreSQL's planner takes for the number of rows of each table; -1: never looked."""
    query = text("SELECT relname, reltuples FROM pg_class WHERE relname = ANY(:names)")
    with owner.read() as connection:
        found = connection.execute(query, {"names": list(statistics.TABLES)})
        return {name: int(rows) for name, rows in found}


def test_the_planner_hears_of_a_large_snapshot_when_it_ends_also_from_a_worker(owner):
    """Until then it plans for one row, and joins thousands in a loop within a loop."""
    claims = [eth_claim(n, amount=1, **SIGNED) for n in range(statistics.MANY)]
    with as_role(owner, WORKER) as store:
        snapshot = planned(store, claims)
        assert rows_known(owner)["claim"] == len(claims)
        assert take(store, snapshot, StubSource()).state is SnapshotState.COMPLETE
    known = rows_known(owner)
    assert {known["balance"], known["claim"]} == {len(claims)}
    assert known["finding"] > 0


def test_without_the_right_to_tell_the_planner_a_snapshot_is_complete_all_the_same(owner):
    with owner.write() as connection:
        revoke = f"REVOKE EXECUTE ON FUNCTION {statistics.FUNCTION} FROM "
        quoted = WORKER.replace('"', '""').replace("%", "%%")
        connection.exec_driver_sql(f'{revoke}"{quoted}"')
    with as_role(owner, WORKER) as store:
        snapshot = planned(store, [eth_claim(n, **SIGNED) for n in range(statistics.MANY)])
        assert take(store, snapshot, StubSource()).state is SnapshotState.COMPLETE
    assert rows_known(owner)["balance"] == -1
