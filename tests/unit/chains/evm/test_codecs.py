"""Sheets, Multicall and columns: what is written can be read back, and nothing else is read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.chains.assembly import assemble
from scanner.chains.evm import multicall, sheet
from scanner.chains.evm.columns import NATIVE, Column, Reading, Told, count_items, cut
from scanner.chains.evm.reader import Pace
from scanner.errors import SourceUnavailableError

A, B, TOKEN = b"\x0a" * 20, b"\x0b" * 20, b"\x0c" * 20
COLUMNS = [Column(NATIVE, [A, B]), Column(TOKEN, [A])]


def record(told: int, value: int) -> bytes:
    return bytes((told,)) + value.to_bytes(15)


GOOD = record(1, 0) + record(1, 5) + record(1, 2**120 - 1) + record(1, 6) + record(1, 7)


def section(tokens: list[bytes], holders: list[bytes]) -> bytes:
    return len(tokens).to_bytes(1) + len(holders).to_bytes(4) + b"".join(tokens + holders)


def test_a_sheets_request():
    assert sheet.encode(COLUMNS) == section([NATIVE], [A, B]) + section([TOKEN], [A])


def test_holders_asked_for_in_several_tokens_stand_once_in_a_sheet():
    columns = [Column(t, [A, B]) for t in (NATIVE, TOKEN)] + [Column(TOKEN, [B, A])]
    assert sheet.encode(columns) == section([NATIVE, TOKEN], [A, B]) + section([TOKEN], [B, A])
    many = [Column(n.to_bytes(20), [A]) for n in range(300)]
    tokens = [column.token for column in many]
    assert sheet.encode(many) == section(tokens[:255], [A]) + section(tokens[255:], [A])


def test_a_sheets_answer():
    coin, token = sheet.decode("n", COLUMNS, GOOD)
    assert (coin.amounts, coin.failed, coin.decimals) == ([5, 2**120 - 1], {}, None)
    assert (token.amounts, token.decimals, token.code) == ([7], 6, True)


def test_memory_that_the_program_never_reached_is_no_zero():
    coin, token = sheet.decode("n", COLUMNS, bytes(len(GOOD)))
    assert coin.failed == {0: (Told.NOTHING, ""), 1: (Told.NOTHING, "")}
    assert token.failed == {0: (Told.NOTHING, "")}
    assert token.decimals is None


@pytest.mark.parametrize("told", [Told.REVERTED, Told.SHORT, Told.EMPTY, Told.WIDE])
def test_failed_records_have_no_amount(told):
    raw = GOOD[:-16] + record(told, 99)
    (_, token) = sheet.decode("n", COLUMNS, raw)
    assert (token.amounts, token.failed) == ([0], {0: (told, "")})


def test_a_header_without_code():
    raw = GOOD[:48] + record(Told.NO_CODE, 0) + record(Told.EMPTY, 0)
    (_, token) = sheet.decode("n", COLUMNS, raw)
    assert (token.code, token.decimals) == (False, None)


@pytest.mark.parametrize(
    "raw", [GOOD[:-1], GOOD + b"\0", b"", GOOD[16:], GOOD[:-16] + record(9, 1)]
)
def test_cut_or_odd_sheets_are_refused(raw):
    with pytest.raises(SourceUnavailableError):
        sheet.decode("n", COLUMNS, raw)


def word(value: int) -> bytes:
    return value.to_bytes(32)


def results(items) -> bytes:
    """ABI encoding of (bool, bytes)[], by the book."""
    parts, offsets, at = [], [], 32 * len(items)
    for success, data in items:
        body = word(success) + word(64) + word(len(data)) + data + bytes(-len(data) % 32)
        offsets.append(word(at))
        parts.append(body)
        at += len(body)
    return word(32) + word(len(items)) + b"".join(offsets) + b"".join(parts)


@given(
    st.lists(
        st.tuples(
            st.booleans(), st.one_of(st.binary(max_size=70), st.binary(min_size=32, max_size=32))
        ),
        max_size=12,
    )
)
def test_multicall_answers_of_any_shape(items):
    assert multicall.decode("n", results(items), len(items)) == items


def test_multicall_requests_equal_the_general_codecs():
    from eth_abi import encode

    calls = [(TOKEN, bytes(range(36))), (A, b"\xff" * 36), (B, bytes(36))]
    plain = encode(["(address,bool,bytes)[]"], [[("0x" + t.hex(), True, d) for t, d in calls]])
    assert multicall.encode(calls) == multicall.AGGREGATE + plain


@given(st.data())
def test_spoilt_multicall_answers_are_refused_or_read_within_bounds(data):
    items = [(True, word(5)), (True, word(6)), (False, b""), (True, word(7))]
    raw = bytearray(results(items))
    for _ in range(data.draw(st.integers(1, 3))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    raw = raw[: data.draw(st.integers(0, len(raw)))] if data.draw(st.booleans()) else raw
    try:
        found = multicall.decode("n", bytes(raw), 4)
    except SourceUnavailableError:
        return
    assert len(found) == 4


@pytest.mark.parametrize("count", [0, 2, 4])
def test_another_number_of_results_is_refused(count):
    raw = results([(True, word(5))] * 3)
    with pytest.raises(SourceUnavailableError):
        multicall.decode("n", raw, count)


@given(st.lists(st.integers(0, 9), max_size=6), st.integers(1, 7))
def test_cutting_loses_and_reorders_nothing(sizes, size):
    columns = [
        Column(bytes([n]) * 20, [bytes([n, k]) * 10 for k in range(m)]) for n, m in enumerate(sizes)
    ]
    parts = list(cut(columns, size))
    joined = [[] for _ in columns]
    for part in parts:
        assert 1 <= count_items([c for _, c in part]) <= size
        for index, column in part:
            assert column.token == columns[index].token
            joined[index] += column.holders
    assert joined == [list(c.holders) for c in columns]
    assert all(count_items([c for _, c in part]) == size for part in parts[:-1])


def test_readings_are_joined_with_their_failures_in_place():
    first = Reading([1, 0], {1: (Told.SHORT, "")}, 6)
    first.add(Reading([0, 4], {0: (Told.EMPTY, "x")}))
    assert first.amounts == [1, 0, 0, 4]
    assert first.failed == {1: (Told.SHORT, ""), 2: (Told.EMPTY, "x")}
    assert first.decimals == 6


def test_sizes_halve_and_grow_within_their_limits():
    class Way:
        name, start_size, most = "w", 100, 160

    pace = Pace(Way())
    pace.answered(99)
    assert pace.size == 100  # a small request says nothing
    pace.answered(100)
    assert pace.size == 151
    pace.answered(151)
    assert pace.size == 160
    pace.refused(160)
    assert pace.size == 80
    pace.refused(10)
    assert pace.size == 5
    for _ in range(9):
        pace.refused(1)
    assert pace.size == 1


@pytest.mark.parametrize("text", ["NOSUCH", "@nowhere", "a: a:", "push", "-1"])
def test_programs_with_mistakes_are_refused(text):
    with pytest.raises(ValueError):
        assemble(text)


def test_assembling():
    assert assemble("0 255 256 ; note\n ADD").hex() == "600060ff61010001"
    assert assemble("@end JUMP end: STOP").hex() == "610004565b00"
    assert len(sheet.program(deployed=True, answer="RETURN")) < 700
    assert b"\x5f" not in _opcodes(
        sheet.program(deployed=True, answer="RETURN")
    )  # PUSH0 is of 2023


def _opcodes(code: bytes) -> bytes:
    found, at = bytearray(), 0
    while at < len(code):
        found.append(code[at])
        at += 1 + (code[at] - 0x5F if 0x60 <= code[at] <= 0x7F else 0)
    return bytes(found)
