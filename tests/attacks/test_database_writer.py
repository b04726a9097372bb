"""An attacker who may write the database: what `scanner db check` sees.

Every change is made behind the triggers' back, which are put back as they were.
"""

import json
import re
from datetime import UTC, timedelta

import pytest
from sqlalchemy import BigInteger, Boolean, Integer, LargeBinary, Text, select, text
from sqlalchemy.exc import DBAPIError
from support.databases import BOTH, new_database
from support.sealed_database import SEALED, WHEN, fill

from scanner.errors import StoreError
from scanner.prices.interface import make_price
from scanner.store.database import chain
from scanner.store.database.engine import open_store
from scanner.store.database.migrate import upgrade
from scanner.store.reading import check as checks
from scanner.store.reading.check import check
from scanner.store.reading.check_chain import newest_head
from scanner.store.reading.prices import add_prices
from scanner.store.schema import append_only, guards, tables
from scanner.store.schema.chain_table import link as link_table
from scanner.store.schema.types import Natural, TextList, UtcTime

OUTSIDE_TABLES = {
    "schedule", "schedule_run", "alert_check", "alert_event", "alert_delivery", "rate_budget",
}  # fmt: skip
"""What is not about results: plans, and who was told. docs/how-to/back-up.md names them."""

OUTSIDE_COLUMNS: set[str] = set()


@pytest.fixture(scope="module", params=BOTH)
def filled(request, tmp_path_factory):
    """Two snapshots of two publishers, with something in every table of results.

    One for all tests: what they change they roll back.
    """
    url = new_database(request, tmp_path_factory.mktemp("writer"))
    upgrade(url)
    with open_store(url) as store:
        fill(store)
        yield store


class behind:
    """A transaction without the triggers of some tables, put back in the end; it is rolled back."""

    def __init__(self, store, tables):
        self.store = store
        self.triggers = (
            [made for on, made in TRIGGERS if on in tables] if store.dialect == "sqlite" else []
        )

    def __enter__(self):
        self.connection = self.store.engine.connect()
        self.connection.begin()
        if self.store.dialect == "postgresql":
            self.connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
        else:
            self.connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
        for made in self.triggers:
            self.connection.exec_driver_sql(f"DROP TRIGGER {made.split()[2]}")
        return self.connection

    def restore(self):
        for made in self.triggers:
            self.connection.exec_driver_sql(made)

    def __exit__(self, *_):
        self.connection.rollback()
        self.connection.close()


TRIGGERS = [
    (re.search(r" ON (\w+)", made)[1], made)
    for made in [*append_only.wanted("sqlite").values(), *guards.create_statements("sqlite")]
]
"""Each trigger of SQLite: its table, and the statement that makes it."""


def seen(store, *changes):
    """The first that the check says after some SQL, None if nothing; nothing stays of it."""
    with (way := behind(store, re.findall(r"\w+", " ".join(changes)))) as connection:
        for change in changes:
            done = connection.execute(text(change))
            assert done.rowcount, f"changes nothing: {change}"
        way.restore()
        return next(_everything_wrong(connection), None)


def _everything_wrong(connection):
    yield from (p.what for p in checks.check_chain(connection))
    yield from checks._database(connection)
    t = tables
    query = select(t.snapshot.c.id, t.snapshot.c.state, t.snapshot.c.chain_head)
    for number, state, head in connection.execute(query).all():
        sealed = head if state == "complete" else None
        yield from checks.wrong(connection, number, sealed)


RESULTS = ("finding", "balance", "subtotal", "total", "liability",
           "pinned_block", "chunk")  # fmt: skip
CHANGES = {
    "a balance": ["UPDATE balance SET amount = (SELECT amount FROM claim WHERE no = 1 AND list_id = 1)"
                  " WHERE claim_no = 3"],
    "a verdict": ["UPDATE balance SET control = 'controls', binding = 'derived' WHERE claim_no = 3"],
    "a verdict that stands by itself": ["UPDATE control_result SET control = 'unsigned'"],
    "a verdict in place of one that stands by itself": [
        "UPDATE balance SET control = 'unsigned' WHERE control IS NULL",
    ],
    "a verdict taken out of its balance's row": [
        "UPDATE balance SET control = NULL, binding = NULL, freshness = NULL, scheme = NULL,"
        " required = NULL, signed_by = NULL, control_reason = NULL, control_evidence = NULL,"
        " statement = NULL, stated_by = NULL WHERE snapshot_id = 1 AND claim_no = 3",
    ],
    "a second verdict beside one": [
        "INSERT INTO control_result SELECT snapshot_id, claim_no, control, binding, freshness, scheme,"
        " required, signed_by, control_reason, control_evidence, statement, stated_by FROM balance"
        " WHERE snapshot_id = 1 AND claim_no = 1",
    ],
    "a verdict moved behind a second one": [
        "INSERT INTO control_result SELECT snapshot_id, claim_no, 'controls', 'derived', freshness, scheme,"
        " required, signed_by, control_reason, control_evidence, statement, stated_by FROM balance"
        " WHERE snapshot_id = 1 AND claim_no = 3",
        "UPDATE balance SET control = NULL, binding = NULL WHERE snapshot_id = 1 AND claim_no = 3",
    ],
    "a claim's finding deleted": ["DELETE FROM finding WHERE claim_no = 3 AND kind <> 'balance_changed'"],
    "totals": ["UPDATE total SET reported = unverified, unverified = reported"],
    "list findings deleted": ["DELETE FROM list_finding"],
    "unreadable rows deleted": ["DELETE FROM unreadable_row"],
    "unreadable rows deleted, counts too": [
        "DELETE FROM unreadable_row",
        "UPDATE reserve_list SET unreadable = 0, data_rows = claims WHERE id = 1",
    ],
    "declared total": ["UPDATE declared_total SET amount = (SELECT max(claimed) FROM total)"],
    "message": ["UPDATE claim SET message = 'We owe nobody anything' WHERE no = 1"],
    "signatures": ["UPDATE claim SET signatures = '[]' WHERE no = 1"],
    "address as published": ["UPDATE claim SET address = '0xdEaD' WHERE no = 1"],
    "row and coin": ["UPDATE claim SET \"row\" = 77, coin = 'BTC' WHERE no = 1"],
    "height": ["UPDATE claim SET height = 12345 WHERE no = 1"],
    "liability made smaller": ["UPDATE liability SET amount = '1'"],
    "liability deleted": ["DELETE FROM liability"],
    "liability added": ["INSERT INTO liability SELECT snapshot_id, 'BTC', amount, decimals, evidence,"
                        " source, as_of, detail FROM liability"],
    "price": ["UPDATE price SET value = '30000'"],
    "price deleted": ["DELETE FROM price"],
    "price added": ["INSERT INTO price SELECT 'BTC', currency, at, source, value FROM price"],
    "publisher renamed": ["UPDATE publisher SET name = 'Somebody Else' WHERE id = 1"],
    "list renamed": ["UPDATE reserve_list SET name = 'other.csv' WHERE id = 1"],
    "snapshot deleted with all results": [
        *(f"DELETE FROM {name} WHERE snapshot_id = 1" for name in RESULTS),
        "DELETE FROM snapshot WHERE id = 1",
    ],
    "snapshot and its link deleted": [
        *(f"DELETE FROM {name} WHERE snapshot_id = 1" for name in RESULTS),
        "DELETE FROM snapshot WHERE id = 1",
        "DELETE FROM link WHERE no = (SELECT min(no) FROM link WHERE kind = 'snapshot')",
    ],
    "seal taken off": ["UPDATE snapshot SET state = 'running', chain_head = '' WHERE id = 1"],
    "pointed at another list": ["UPDATE snapshot SET list_id = 2 WHERE id = 1"],
    "later finding deleted": ["DELETE FROM finding WHERE kind = 'balance_changed'"],
    "later finding changed": ["UPDATE finding SET reason = 'none' WHERE kind = 'balance_changed'"],
    "finding of nobody added": ["INSERT INTO finding VALUES (1, 2, 'unsigned', 'made up')"],
    "list finding added": ["INSERT INTO list_finding VALUES (1, 99, 'bad_row', 'made up', 1, '', '', '')"],
    "claim added": ["INSERT INTO claim SELECT list_id, 99, \"row\", coin, asset, network, address,"
                    " address_key, decimals, amount, height, message, signatures, script, owners,"
                    " row_type, duplicate FROM claim WHERE no = 1 AND list_id = 1"],
    "a later statement taken back": ["DELETE FROM restatement"],
    "a later statement made smaller": ["UPDATE restatement SET amount = '1'"],
    "a later statement without a link": [
        "INSERT INTO restatement SELECT snapshot_id, asset, no + 1, amount, decimals, evidence,"
        " source, as_of, detail, at FROM restatement",
    ],
    "pruned without a link": [
        "INSERT INTO pruned SELECT 1, at, program, findings, rows FROM pruned",
        *(f"DELETE FROM {name} WHERE snapshot_id = 1" for name in ("finding", "balance")),
    ],
    "rows deleted as if they were pruned": ["DELETE FROM balance WHERE snapshot_id = 1"],
    "a pruned snapshot named no more": ["DELETE FROM pruned"],
    "the record of a pruned snapshot says less": ["UPDATE pruned SET findings = '{}'"],
    "totals of a pruned snapshot": [
        "UPDATE total SET reported = unverified, unverified = reported"
        " WHERE snapshot_id = (SELECT snapshot_id FROM pruned)",
    ],
    "sums of a pruned snapshot": [
        "UPDATE subtotal SET proof = NOT proof WHERE snapshot_id = (SELECT snapshot_id FROM pruned)",
    ],
    "a row given back to a pruned snapshot": [
        "INSERT INTO balance SELECT p.snapshot_id, 1, chunk_no, amount, evidence, sources, reason, detail,"
        " control, binding, freshness, scheme, required, signed_by, control_reason, control_evidence, statement, stated_by"
        " FROM balance b, pruned p WHERE b.snapshot_id = 1 AND b.claim_no = 1",
    ],
    "link deleted": ["DELETE FROM link WHERE no = 2"],
    "a list made older than the chain": ["DELETE FROM link WHERE kind = 'list'"],
}  # fmt: skip


@pytest.mark.parametrize("what", CHANGES)
def test_a_change_behind_the_triggers_back_is_seen(filled, what):
    assert seen(filled, *CHANGES[what])


def test_a_database_as_it_was_written_is_in_order(filled):
    with (way := behind(filled, tables.metadata.tables)) as connection:
        assert len(way.triggers) == (len(TRIGGERS) if filled.dialect == "sqlite" else 0)
        way.restore()
        assert list(_everything_wrong(connection)) == []
    assert check(filled) == []


def _other(column, value):
    """SQL for another value that a column could have."""
    if isinstance(column.type, TextList):
        return "'[\"other\"]'"
    if isinstance(column.type, UtcTime):
        return None if value is None else value + timedelta(seconds=1)
    if isinstance(column.type, LargeBinary):
        return bytes(value) + b"x"
    if isinstance(column.type, Boolean):
        return not value
    if isinstance(column.type, Natural | BigInteger | Integer):
        return (0 if value is None else int(value)) + 1
    assert isinstance(column.type, Text) or "Text" in type(column.type).__name__, column.type
    return "other" if value is None else f"{value}x"


COLUMNS = [
    (table.name, column.name)
    for table in tables.metadata.sorted_tables
    if table.name not in OUTSIDE_TABLES
    for column in table.columns
    if f"{table.name}.{column.name}" not in OUTSIDE_COLUMNS
]


@pytest.mark.parametrize(("table", "column"), COLUMNS)
def test_every_column_of_every_table_of_results_is_sealed(filled, table, column):
    """Made from the tables: a new column is sealed, or named above and in the docs as outside."""
    found = tables.metadata.tables[table]
    target = found.columns[column]
    with (way := behind(filled, [table])) as connection:
        rows = connection.execute(select(found)).all()
        assert rows, f"nothing in {table}"
        tried = 0
        for row in rows:
            value = getattr(row, column)
            other = _other(target, value)
            if other is None:
                continue
            if isinstance(target.type, TextList):
                other = ("other",)
            place = [c == getattr(row, c.name) for c in found.primary_key.columns]
            try:
                with connection.begin_nested():
                    connection.execute(found.update().where(*place).values({column: other}))
            except DBAPIError:
                continue  # the database itself refuses it: a key or a CHECK
            tried += 1
            break
        way.restore()
        assert tried, f"nothing of {table}.{column} could be changed: this tries nothing"
        assert next(_everything_wrong(connection), None), f"{table}.{column} is not sealed"


def test_new_tables_are_results_or_named_as_outside():
    names = set(tables.metadata.tables)
    assert {name for name, _ in COLUMNS} | OUTSIDE_TABLES == names


def test_what_is_outside_the_seal_is_told_in_the_docs():
    from pathlib import Path

    page = (Path(__file__).parents[2] / "docs" / "how-to" / "back-up.md").read_text()
    for name in OUTSIDE_TABLES | OUTSIDE_COLUMNS:
        assert f"`{name}`" in page, name


@pytest.mark.parametrize("name", [g.name for g in guards.guards("sqlite")])
def test_a_trigger_that_does_nothing_is_seen(filled, name):
    if filled.dialect != "sqlite":
        pytest.skip("SQLite's triggers; PostgreSQL's are below")
    guard = next(g for g in guards.guards("sqlite") if g.name == name)
    event = guard.create.split("BEFORE ")[1].split(" ON ")[0]
    with filled.engine.connect() as connection:
        connection.begin()
        connection.exec_driver_sql(f"DROP TRIGGER {name}")
        made = f"CREATE TRIGGER {name} BEFORE {event} ON {guard.table} WHEN 0 BEGIN SELECT 1; END"
        connection.exec_driver_sql(made)
        assert any("another one" in what for what in guards.wrong(connection))
        connection.rollback()


@pytest.mark.parametrize(
    "change",
    [
        "DROP TRIGGER balance_no_update ON balance",
        "ALTER TABLE balance DISABLE TRIGGER balance_no_update",
        "CREATE OR REPLACE FUNCTION scanner_sealed() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RETURN NEW; END $$",
        "CREATE OR REPLACE FUNCTION scanner_append_only() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RETURN NEW; END $$",
        "CREATE TRIGGER x BEFORE INSERT ON balance FOR EACH ROW EXECUTE FUNCTION scanner_sealed()",
    ],
)
def test_a_weakened_trigger_of_postgresql_is_seen(filled, change):
    if filled.dialect != "postgresql":
        pytest.skip("PostgreSQL only")
    with filled.engine.connect() as connection:
        connection.begin()
        assert guards.wrong(connection) == []
        connection.exec_driver_sql(change.replace("%", "%%"))
        assert guards.wrong(connection)
        connection.rollback()


@pytest.mark.parametrize("change", SEALED)
def test_the_database_refuses_to_change_what_is_sealed(filled, change):
    with pytest.raises(StoreError, match="append-only"), filled.write() as connection:
        connection.execute(text(change))
    assert check(filled) == []


def test_a_head_kept_elsewhere_shows_that_the_end_was_cut_off(filled):
    kept = newest_head(filled)
    assert check(filled, head=kept) == []
    later_price = WHEN + timedelta(days=1)
    add_prices(filled, [make_price("ETH", later_price, "test", "3001")])
    assert check(filled, head=kept) == []
    later = newest_head(filled)
    with (way := behind(filled, ["link", "price"])) as connection:
        connection.exec_driver_sql("DELETE FROM link WHERE no = (SELECT max(no) FROM link)")
        connection.execute(tables.price.delete().where(tables.price.c.at > WHEN))
        way.restore()
        from scanner.store.reading.check_chain import check_chain

        assert list(check_chain(connection)) == [], "nothing in the database itself shows it"
        (problem,) = check_chain(connection, later)
        assert "was removed" in problem.what
    assert any("does not contain" in p.what for p in check(filled, head="0" * 64))


def test_the_chain_can_be_recomputed_from_its_description(filled):
    """Only hashlib and json: what the docs say is enough for any language."""
    from hashlib import sha256

    with filled.read() as connection:
        links = connection.execute(select(link_table).order_by(link_table.c.no)).all()
        claims = connection.execute(
            select(tables.claim).where(tables.claim.c.list_id == 1).order_by(tables.claim.c.no)
        ).mappings()
        lines = b""
        for claim in claims.all():
            plain = {
                name: str(v) if name == "amount" else list(v) if isinstance(v, tuple) else v
                for name, v in claim.items()
                if v is not None and name != "list_id"
            }
            lines += (
                json.dumps(
                    plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False
                ).encode()
                + b"\n"
            )
        parts = {"claim": sha256(lines).hexdigest()}
        content = chain.Content(chain.LIST_ROWS)
        for values in connection.execute(
            select(tables.claim).where(tables.claim.c.list_id == 1).order_by(tables.claim.c.no)
        ):
            content.add(tables.claim, tuple(values))
    assert content._hashes["claim"].hexdigest() == parts["claim"]
    head = b""
    for link in links:
        moment = link.at.astimezone(UTC).isoformat(timespec="microseconds")
        record = [link.no, link.kind, link.subject, link.digest, moment]
        said = json.dumps(record, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"
        head = sha256(head + said).hexdigest().encode()
        assert head.decode() == link.head
