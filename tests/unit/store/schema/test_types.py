import sqlite3
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.dialects import postgresql, sqlite

from scanner.store.schema.types import ExactText, Sum, TextList, Uint256, UtcTime

SQLITE, POSTGRESQL = sqlite.dialect(), postgresql.dialect()
DIALECTS = pytest.mark.parametrize("dialect", [SQLITE, POSTGRESQL], ids=lambda d: d.name)
AMOUNTS = st.integers(0, 2**256 - 1)


@given(AMOUNTS)
def test_amounts_are_padded_text_on_sqlite_and_numbers_on_postgresql(amount):
    stored = Uint256().process_bind_param(amount, SQLITE)
    assert len(stored) == 78
    assert Uint256().process_result_value(stored, SQLITE) == amount
    assert Uint256().process_bind_param(amount, POSTGRESQL) == amount
    assert Uint256().process_result_value(Decimal(amount), POSTGRESQL) == amount


@given(AMOUNTS, AMOUNTS)
def test_sqlite_compares_stored_amounts_as_numbers(one, two):
    stored = [Uint256().process_bind_param(n, SQLITE) for n in (one, two)]
    assert (stored[0] < stored[1]) == (one < two)


@given(AMOUNTS)
def test_a_real_sqlite_file_gives_back_the_same_text(amount):
    connection = sqlite3.connect(":memory:")
    try:
        connection.execute("CREATE TABLE t (a TEXT)")
        connection.execute(
            "INSERT INTO t VALUES (?)", [Uint256().process_bind_param(amount, SQLITE)]
        )
        ((stored,),) = connection.execute("SELECT a FROM t")
    finally:
        connection.close()
    assert Uint256().process_result_value(stored, SQLITE) == amount


@DIALECTS
@pytest.mark.parametrize("wrong", [True, False, 1.0, "1", Decimal(1), b"1"])
def test_only_int_is_an_amount(dialect, wrong):
    with pytest.raises(TypeError):
        Uint256().process_bind_param(wrong, dialect)


@DIALECTS
@pytest.mark.parametrize("wrong", [-1, 2**256, 10**78])
def test_amounts_out_of_range_are_refused(dialect, wrong):
    with pytest.raises(ValueError):
        Uint256().process_bind_param(wrong, dialect)


@DIALECTS
def test_sums_are_wider_and_as_strict(dialect):
    assert int(Sum().process_bind_param(10**120 - 1, dialect)) == 10**120 - 1
    for wrong in (-1, 10**120):
        with pytest.raises(ValueError):
            Sum().process_bind_param(wrong, dialect)


@DIALECTS
def test_nothing_is_nothing(dialect):
    for kind in (Uint256(), Sum(), ExactText(), TextList(), UtcTime()):
        assert kind.process_bind_param(None, dialect) is None
        assert kind.process_result_value(None, dialect) is None


@given(st.text(st.characters()))
def test_any_text_is_stored_in_what_both_databases_can_hold(text):
    stored = ExactText().process_bind_param(text, SQLITE)
    assert "\0" not in stored
    stored.encode("utf-8")
    assert ExactText().process_result_value(stored, SQLITE) == text


@given(st.text(st.characters()), st.text(st.characters()))
def test_different_texts_are_stored_differently(one, two):
    stored = [ExactText().process_bind_param(t, SQLITE) for t in (one, two)]
    assert (stored[0] == stored[1]) == (one == two)


def test_ordinary_text_is_stored_as_it_is():
    assert ExactText().process_bind_param("Größe ✓", SQLITE) == "Größe ✓"


@given(st.lists(st.text(st.characters())).map(tuple))
def test_lists_of_texts(texts):
    stored = TextList().process_bind_param(texts, SQLITE)
    assert stored.isascii()
    assert TextList().process_result_value(stored, SQLITE) == texts


def test_times_are_kept_in_utc_with_their_offset():
    moment = datetime(2026, 11, 21, 5, 0, tzinfo=timezone(timedelta(hours=2)))
    stored = UtcTime().process_bind_param(moment, SQLITE)
    assert stored == "2026-11-21T03:00:00.000000+00:00"
    back = UtcTime().process_result_value(stored, SQLITE)
    assert (back, back.tzinfo) == (moment, UTC)


def test_a_time_without_offset_is_refused():
    with pytest.raises(ValueError, match="offset"):
        UtcTime().process_bind_param(datetime(2026, 1, 1), SQLITE)


TEXTS = st.text(st.characters() | st.sampled_from('\x00\x01"\\\ud800é['), max_size=6)
COLUMNS = (
    (Uint256(), AMOUNTS),
    (Sum(), st.integers(0, 10**120 - 1)),
    (ExactText(), TEXTS),
    (TextList(), st.lists(TEXTS, max_size=3).map(tuple)),
    (TextList(), st.tuples(st.text(st.characters(max_codepoint=0x80), max_size=3))),
)


@DIALECTS
@pytest.mark.parametrize(("kind", "one"), COLUMNS, ids=lambda c: type(c).__name__)
@given(data=st.data())
def test_a_whole_column_is_stored_and_loaded_as_each_value_is(kind, one, dialect, data):
    values = data.draw(st.lists(one | st.none(), max_size=5))
    stored = list(kind.store_column(values, dialect))
    assert stored == [kind.process_bind_param(value, dialect) for value in values]
    assert list(kind.load_column(stored, dialect)) == values


@DIALECTS
@pytest.mark.parametrize("kind", [Uint256(), Sum()], ids=lambda kind: type(kind).__name__)
@pytest.mark.parametrize("wrong", [True, 1.0, "1", -1, 10**120])
def test_a_column_of_amounts_with_one_wrong_value_is_refused(kind, wrong, dialect):
    with pytest.raises((TypeError, ValueError)):
        kind.store_column([1, None, wrong, 2], dialect)
