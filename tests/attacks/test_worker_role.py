"""An attacker who has the worker's password on PostgreSQL: what its role may do."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from support.sealed_database import SEALED, fill

from scanner.errors import StoreError
from scanner.store.database.engine import open_store
from scanner.store.database.migrate import upgrade
from scanner.store.database.roles import grant
from scanner.store.reading.check import check
from scanner.store.schema import tables
from scanner.store.writing import alert_log

WORKER_MAY = {
    "alert_check": "INSERT UPDATE", "alert_delivery": "INSERT UPDATE",
    "alert_event": "INSERT UPDATE", "balance": "INSERT", "chunk": "DELETE INSERT UPDATE",
    "claim": "INSERT", "control_result": "INSERT", "declared_total": "INSERT",
    "finding": "INSERT", "liability": "", "liability_proof": "", "link": "INSERT", "list_finding": "INSERT",
    "pinned_block": "DELETE INSERT", "price": "", "pruned": "", "publisher": "INSERT",
    "rate_budget": "INSERT UPDATE", "reserve_list": "INSERT", "restatement": "", "schedule": "DELETE INSERT UPDATE",
    "schedule_run": "INSERT UPDATE", "snapshot": "INSERT UPDATE", "subtotal": "INSERT",
    "total": "INSERT", "unreadable_row": "INSERT",
}  # fmt: skip
"""Every right of the worker's role but to read. A new table is a line here, thought about."""

WORKER_TRIES = [
    *(c for c in SEALED if not c.startswith(("DELETE FROM snapshot", "DELETE FROM publisher"))),
    "DELETE FROM snapshot",
    "UPDATE publisher SET name = 'x' WHERE id = 1",
    "UPDATE snapshot SET created = created - interval '1 second' WHERE id = 1",
    "INSERT INTO liability VALUES (1, 'BTC', 1, 18, 'rehashed', 'x', '', '{}')",
    "INSERT INTO restatement VALUES (1, 'ETH', 2, 1, 18, 'rehashed', 'x', '', '{}', now())",
    "INSERT INTO pruned VALUES (1, now(), 'x', '{}', '{}')",
    "INSERT INTO price VALUES ('BTC', 'USD', now(), 'x', '1')",
    "INSERT INTO balance SELECT snapshot_id, 99, chunk_no, amount, evidence, sources, reason, detail,"
    " control, binding, freshness, scheme, required, signed_by, control_reason, control_evidence,"
    " statement, stated_by"
    " FROM balance WHERE claim_no = 1 AND snapshot_id = 1",
    "INSERT INTO claim SELECT list_id, 99, row, coin, asset, network, address, address_key, decimals,"
    " amount, height, message, signatures, script, owners, row_type, duplicate FROM claim WHERE no = 1",
    "UPDATE balance SET evidence = 'proven'",
    "UPDATE total SET proven = 9",
    "DROP TRIGGER balance_no_update ON balance",
    "ALTER TABLE balance DISABLE TRIGGER ALL",
    "SET session_replication_role = replica",
    "TRUNCATE finding",
]


@pytest.fixture(scope="module")
def worker_store(postgres_cluster):
    """A filled PostgreSQL database, opened as the worker's role; and as its owner."""
    url = postgres_cluster.create_database()
    upgrade(url)
    with open_store(url) as owner:
        fill(owner)
        with owner.write() as connection:
            for role in ("w_attack", "r_attack"):
                connection.exec_driver_sql(f"CREATE ROLE {role} LOGIN PASSWORD 'p'")
        grant(owner, "w_attack", "r_attack")
        place = owner.engine.url.set(username="w_attack", password="p")
        with open_store(place.render_as_string(hide_password=False)) as worker:
            yield worker, owner
        with owner.write() as connection:
            for role in ("w_attack", "r_attack"):
                connection.exec_driver_sql(f"DROP OWNED BY {role}; DROP ROLE {role}")


@pytest.mark.node
def test_the_rights_of_the_worker_are_these(worker_store):
    query = (
        "SELECT table_name, privilege_type FROM information_schema.role_table_grants "
        "WHERE grantee = 'w_attack' AND privilege_type <> 'SELECT' ORDER BY 1, 2"
    )
    found = {name: [] for name in tables.metadata.tables}
    with worker_store[1].read() as connection:
        for name, right in connection.execute(text(query)):
            if not name.startswith("procrastinate_"):
                found[name].append(right)
    assert {name: " ".join(rights) for name, rights in found.items()} == WORKER_MAY


@pytest.mark.node
@pytest.mark.parametrize("change", WORKER_TRIES)
def test_a_worker_changes_nothing_that_is_sealed(worker_store, change):
    worker, owner = worker_store
    with pytest.raises(StoreError), worker.write() as connection:
        connection.exec_driver_sql(change.replace("%", "%%"))
    assert check(owner) == []


@pytest.mark.node
def test_a_worker_says_something_else_of_a_snapshot(worker_store):
    worker, now = worker_store[0], datetime.now(UTC)
    for made, reason in ((1, "one"), (1, "two"), (0, "two")):
        event = alert_log.NewEvent("rule", "incomplete", "", reason, {}, ("ops",))
        stand = alert_log.stand(worker, 1)
        assert alert_log.record(worker, 1, stand, [event], now) == made
    assert 1 not in alert_log.unchecked(worker, now - timedelta(days=36500))
