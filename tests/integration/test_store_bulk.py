"""Many rows in and out of both databases at once."""

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, select

from scanner.store.schema import bulk
from scanner.store.schema.types import ExactText, TextList, Uint256

ROWS = [(n, 2**256 - n if n % 3 else None, f"a\x00{n}", ("é", str(n))) for n in range(1, 5_000)]


@pytest.fixture
def table(store):
    made = Table(
        "bulk_test",
        MetaData(),
        Column("no", Integer, primary_key=True),
        Column("amount", Uint256),
        Column("name", ExactText),
        Column("parts", TextList),
    )
    made.create(store.engine)
    yield made
    made.drop(store.engine)


def test_rows_come_back_as_they_went_in(store, table):
    with store.write() as connection:
        bulk.insert_rows(connection, table, iter(ROWS))
    query = select(table).order_by(table.c.no)
    with store.read() as connection:
        assert list(bulk.values(connection, query)) == ROWS
        assert [tuple(row) for row in bulk.streamed(connection, query)] == ROWS
        assert list(bulk.values(connection, query.where(table.c.no < 0))) == []


@pytest.mark.parametrize("row", [(1, 2, "a"), (1, 2, "a", (), 5)])
def test_a_row_of_another_width_is_refused(store, table, row):
    with pytest.raises(ValueError, match="zip"), store.write() as connection:
        bulk.insert_rows(connection, table, [row])
