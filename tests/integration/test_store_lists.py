"""Storing published lists, on both databases."""

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from support.snapshot_stub import RowsOf, eth_claim, evm_address, stored

from scanner.errors import ListFormatError, StoreError
from scanner.lists.reconcile import ListAudit
from scanner.model.claim import Claim, DeclaredTotal, UnreadableRow
from scanner.model.finding import FindingKind
from scanner.settings.tables import load_registry
from scanner.snapshots.interface import SnapshotPolicy
from scanner.store.reading import queries
from scanner.store.schema import tables
from scanner.store.writing.lists_in import BATCH, import_list
from scanner.store.writing.runs import create_snapshot

HOSTILE = "a\0b\ud800'\";--\u202e=cmd()\x01"


def read_back(store, list_id):
    snapshot = create_snapshot(store, list_id, SnapshotPolicy())
    return [row.claim for row in queries.rows(store, snapshot)]


def count(store, table):
    with store.read() as connection:
        return connection.execute(select(func.count()).select_from(table)).scalar()


def test_claims_come_back_as_they_went_in_and_in_order(store):
    claims = [
        eth_claim(1, amount=2**256 - 1, signatures=("0xaa", "0xbb"), owners=("0xcc",)),
        eth_claim(2, amount=0, height=None),
        Claim(9, HOSTILE, "BTC", "bitcoin", HOSTILE, "?" + HOSTILE, 8, None, 2**40, HOSTILE, (HOSTILE, ""), HOSTILE, (HOSTILE,), HOSTILE),
        eth_claim(3, message="\x01json", row_type="Native ETH Staking"),
    ]  # fmt: skip
    assert read_back(store, stored(store, claims).list_id) == claims


def test_more_rows_than_a_batch(store):
    claims = [eth_claim(n) for n in range(BATCH + 2)]
    seen = []
    kept = stored(store, claims, progress=seen.append)
    assert (kept.claims, kept.already) == (BATCH + 2, False)
    assert seen == [BATCH, BATCH + 2]
    assert read_back(store, kept.list_id) == claims


def test_the_same_bytes_are_stored_once_for_a_publisher(store):
    rows = [eth_claim(1), eth_claim(2)]
    first = stored(store, rows)
    again = stored(store, rows)
    assert (again.list_id, again.already, again.claims) == (first.list_id, True, 2)
    other = stored(store, rows, publisher="bybit")
    assert other.list_id != first.list_id
    assert not other.already
    assert count(store, tables.claim) == 4


def test_the_same_bytes_read_differently_are_another_list(store):
    audit = lambda: ListAudit(load_registry())  # noqa: E731
    as_eth = RowsOf([eth_claim(1)], sha256="aa")
    as_usdt = RowsOf([eth_claim(1, asset="USDT")], sha256="aa")
    first = import_list(store, as_eth, audit(), publisher="okx", name="x")
    second = import_list(store, as_usdt, audit(), publisher="okx", name="x")
    assert first.list_id != second.list_id


def test_a_repeated_holder_is_a_duplicate_whatever_its_spelling(store):
    upper = "0x" + evm_address(1)[2:].upper()
    rows = [eth_claim(1), eth_claim(1, address=upper, row=7), eth_claim(1, asset="USDT", row=8)]
    snapshot = create_snapshot(store, stored(store, rows).list_id, SnapshotPolicy())
    assert [r.duplicate for r in queries.rows(store, snapshot)] == [False, True, False]
    (found,) = queries.findings(store, snapshot, kinds=[FindingKind.DUPLICATE])
    assert (found.finding.row, found.finding.address) == (7, upper)


def test_rows_that_give_no_claim_are_findings(store):
    rows = [
        eth_claim(1),
        UnreadableRow(3, 2, "unknown_coin", "unknown coin 'ABC'", HOSTILE),
        UnreadableRow(4, 0, "bad_row", "too few fields"),
    ]
    snapshot = create_snapshot(store, stored(store, rows).list_id, SnapshotPolicy())
    found = [f.finding for f in queries.findings(store, snapshot)]
    assert [(f.kind, f.row) for f in found] == [
        (FindingKind.UNKNOWN_COIN, 3),
        (FindingKind.BAD_ROW, 4),
    ]
    assert "field 2" in found[0].reason
    assert queries.head(store, snapshot).unreadable == 2


def test_a_totals_block_that_differs_is_a_finding(store):
    rows = [
        eth_claim(1, amount=10),
        DeclaredTotal(2, "ETH", "ETH", "ethereum", 18, 11, 100, places=18),
    ]
    snapshot = create_snapshot(store, stored(store, rows).list_id, SnapshotPolicy())
    (found,) = queries.findings(store, snapshot)
    assert found.finding.kind is FindingKind.TOTAL_DIFFERS
    assert count(store, tables.declared_total) == 1


def test_a_list_that_breaks_off_is_not_stored(store):
    class Broken(RowsOf):
        def __iter__(self):
            yield from self.rows
            raise ListFormatError("x.csv", "ends in the middle", 3)

    with pytest.raises(ListFormatError):
        import_list(
            store, Broken([eth_claim(n) for n in range(BATCH + 1)]), ListAudit(load_registry()),
            publisher="okx", name="x.csv",
        )  # fmt: skip
    assert [count(store, t) for t in (tables.claim, tables.reserve_list, tables.publisher)] == [
        0
    ] * 3


def test_a_reader_that_miscounts_is_caught(store):
    class Miscounting(RowsOf):
        def summary(self):
            return RowsOf(self.rows[1:]).summary()

    with pytest.raises(AssertionError):
        import_list(
            store, Miscounting([eth_claim(1), eth_claim(2)]), ListAudit(load_registry()),
            publisher="okx", name="x",
        )  # fmt: skip
    assert count(store, tables.claim) == 0


def test_an_empty_list_is_a_list(store):
    kept = stored(store, [])
    assert kept.claims == 0
    assert read_back(store, kept.list_id) == []


def test_what_calls_itself_an_address_may_be_of_any_length(store):
    """An index holds 2,700 bytes: the key of such a row is stored as a digest."""
    texts = ["".join(random.Random(n).choices("0123456789abcdef\0", k=50_000)) for n in (1, 2)]
    claims = [eth_claim(n, address=texts[at], row=n) for n, at in enumerate((0, 1, 0), 1)]
    snapshot = create_snapshot(store, stored(store, claims).list_id, SnapshotPolicy())
    rows = list(queries.rows(store, snapshot))
    assert [r.claim.address for r in rows] == [texts[0], texts[1], texts[0]]
    assert [r.duplicate for r in rows] == [False, False, True]
    assert rows[0].claim.address_key == rows[2].claim.address_key != rows[1].claim.address_key


TEXT = st.text(st.characters(), max_size=12)


@settings(
    max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(st.lists(st.builds(
    eth_claim, st.integers(0, 5), amount=st.one_of(st.none(), st.integers(0, 2**256 - 1)),
    height=st.one_of(st.none(), st.integers(0, 2**60)), message=TEXT, script=TEXT, row_type=TEXT,
    signatures=st.lists(TEXT, max_size=3).map(tuple), owners=st.lists(TEXT, max_size=2).map(tuple),
), max_size=5))  # fmt: skip
def test_any_text_and_amount_comes_back(store, claims):
    assert read_back(store, stored(store, claims).list_id) == claims


def test_no_such_list(store):
    with pytest.raises(StoreError, match="no list 77"):
        create_snapshot(store, 77, SnapshotPolicy())
