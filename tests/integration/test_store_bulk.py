"""Many rows in and out of both databases at once."""

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, func, select

from scanner.errors import ListFormatError, StoreError
from scanner.store.schema import bulk
from scanner.store.schema.types import ExactText, TextList, Uint256

ROWS = [(n, 2**256 - n if n % 3 else None, f"a\x00{n}", ("é", str(n))) for n in range(1, 5_000)]


def made_table(store, name):
    made = Table(
        name,
        MetaData(),
        Column("no", Integer, primary_key=True),
        Column("amount", Uint256),
        Column("name", ExactText),
        Column("parts", TextList),
    )
    made.create(store.engine)
    return made


@pytest.fixture
def table(store):
    made = made_table(store, "bulk_test")
    yield made
    made.drop(store.engine)


@pytest.fixture
def second(store):
    made = made_table(store, "second_test")
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


HARD = (
    "\\N",
    "\\.",
    "%s",
    "%",
    "a\tb",
    "a\nb",
    "a\r",
    "\\",
    "\\t",
    "",
    "\x01",
    "é\u2028",
    "column1",
)


@pytest.mark.parametrize("count", [1, 49, 50, 51, 250, 301, 1_001])
@pytest.mark.parametrize("name", [*HARD, None], ids=ascii)
def test_text_that_looks_like_syntax_is_text(store, table, name, count):
    """The same all down, and once among others; so for amounts that are there and not there."""
    same = [(n, None, name, ("a",)) for n in range(count)]
    mixed = [(n, n, name if n % 7 == 3 else str(n), (str(n),)) for n in range(count, 2 * count)]
    with store.write() as connection:
        bulk.insert_rows(connection, table, same)
        bulk.insert_columns(connection, table, [list(zip(*mixed, strict=True))])
    with store.read() as connection:
        assert list(bulk.values(connection, select(table).order_by(table.c.no))) == same + mixed


def test_columns_of_different_lengths_are_refused(store, table):
    columns = [[1, 2], [None, None], ["a"], [(), ()]]
    with pytest.raises(ValueError, match="lengths"), store.write() as connection:
        bulk.insert_columns(connection, table, [columns])


def test_batches_are_asked_for_one_by_one_and_an_empty_one_is_nothing(store, table):
    done = []

    def batches():
        for no in range(3):
            yield [[no], [None], ["a"], [()]] if no % 2 else [()] * 4
            done.append(no)

    with store.write() as connection:
        bulk.insert_columns(connection, table, batches())
        bulk.insert_rows(connection, table, [])
    assert done == [0, 1, 2]
    with store.read() as connection:
        assert list(bulk.values(connection, select(table))) == [(1, None, "a", ())]


@pytest.mark.parametrize("value", [b"a", 1.5, ("a",)])
def test_what_has_no_text_for_copy_is_refused(value):
    for column in ([value], [value, 1], [None, value]):
        with pytest.raises(TypeError, match=type(value).__name__):
            bulk.copy_text([column])


@pytest.mark.parametrize("row", [(1, 2, "a"), (1, 2, "a", (), 5)])
def test_a_row_of_another_width_is_refused(store, table, row):
    with pytest.raises(ValueError, match="zip"), store.write() as connection:
        bulk.insert_rows(connection, table, [row])


def test_loading_takes_rows_of_two_tables_in_turn(store, table, second, monkeypatch):
    monkeypatch.setattr(bulk, "LONGEST_COPY", 2_000)
    with store.write() as connection:
        with bulk.Loading(connection) as loading:
            for first in range(0, len(ROWS), 700):
                loading.add(table, ROWS[first : first + 700])
                if first % 1_400 == 0:
                    loading.add(second, ROWS[first : first + 3])
        counted = connection.execute(select(func.count()).select_from(table)).scalar()
    assert counted == len(ROWS)
    wanted = [row for first in range(0, len(ROWS), 1_400) for row in ROWS[first : first + 3]]
    with store.read() as connection:
        for of, rows in ((table, ROWS), (second, wanted)):
            assert list(bulk.values(connection, select(of).order_by(of.c.no))) == rows


def loaded(store, table, *batches, then=None):
    """Load batches in one transaction, and raise `then` before its end."""
    with store.write() as connection, bulk.Loading(connection) as loading:
        for batch in batches:
            loading.add(table, batch)
        if then is not None:
            raise then


@pytest.mark.parametrize(
    "error", [ListFormatError("a.csv", "a quote is open", line=7), KeyboardInterrupt()]
)
def test_what_stops_a_loading_stops_it_with_its_own_words_and_nothing_is_stored(
    store, table, error
):
    with pytest.raises(type(error)) as told:
        loaded(store, table, ROWS, then=error)
    assert told.value is error
    with store.read() as connection:
        assert list(bulk.values(connection, select(table))) == []


def test_a_row_that_the_database_refuses_ends_the_loading(store, table):
    with pytest.raises(StoreError):
        loaded(store, table, ROWS[:10], ROWS[:10])
    loaded(store, table, ROWS[:10])
