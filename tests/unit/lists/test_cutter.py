"""Cutting bytes into complete records: the same for every way the bytes arrive."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.lists import cutter
from scanner.lists.cutter import Piece, Record, cut, records


class Dribble:
    """A stream that gives its bytes in parts of the sizes asked for, over and over."""

    def __init__(self, data: bytes, sizes: Sequence[int]) -> None:
        self.data, self.sizes, self.at, self.turn = data, sizes or [1 << 20], 0, 0

    def read(self, size: int, /) -> bytes:
        step = min(size, self.sizes[self.turn % len(self.sizes)])
        self.turn += 1
        part = self.data[self.at : self.at + step]
        self.at += len(part)
        return part


def all_records(pieces: list[Piece]) -> list[tuple[int, int, bytes]]:
    found = []
    for piece in pieces:
        if piece.too_long:
            found.append((piece.first_line, 1, b"<too long>" + piece.data))
        else:
            found += [(r.line, r.lines, r.data) for r in records(piece.data, piece.first_line)]
    return found


def test_lines_and_their_numbers() -> None:
    assert list(records(b"a\r\nb\n\nc", 5)) == [
        Record(5, 1, 3, b"a"),
        Record(6, 1, 2, b"b"),
        Record(7, 1, 1, b""),
        Record(8, 1, 2, b"c"),
    ]


def test_a_quoted_field_may_hold_a_line_end() -> None:
    found = list(records(b'a,"b\nc",d\ne\n', 1))
    assert [(r.line, r.lines, r.data) for r in found] == [(1, 2, b'a,"b\nc",d'), (3, 1, b"e")]


def test_an_unclosed_quote_takes_only_its_own_line() -> None:
    rows = b"".join(b"row %d,x\n" % i for i in range(40))
    found = list(records(b'a,"open\n' + rows, 1))
    assert found[0].data == b'a,"open'
    assert [r.line for r in found] == list(range(1, 42))


def test_a_quote_that_closes_in_the_middle_of_text_opened_nothing() -> None:
    found = list(records(b'a,"open\nb,"fine, really",c\nd\n', 1))
    assert [r.data for r in found] == [b'a,"open', b'b,"fine, really",c', b"d"]


def test_a_quoted_field_over_too_many_lines_is_none() -> None:
    lines = cutter.MAX_RECORD_LINES
    inside = b'a,"' + b"\n" * (lines - 1) + b'",b\n'
    assert [r.lines for r in records(inside, 1)] == [lines]
    over = b'a,"' + b"\n" * lines + b'",b\n'
    assert all(r.lines == 1 for r in records(over, 1))


def test_a_line_over_the_limit_stands_alone_and_the_rest_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(cutter, "MAX_LINE", 100)
    monkeypatch.setattr(cutter, "BLOCK", 64)
    data = b"a\n" + b"x" * 100 + b"\n" + b"y" * 101 + b"\nb\n" + b"z" * 5000
    found = all_records(list(cut(Dribble(data, [7]))))
    assert [(line, text[:11]) for line, _, text in found] == [
        (1, b"a"),
        (2, b"x" * 11),
        (3, b"<too long>y"),
        (4, b"b"),
        (5, b"<too long>z"),
    ]
    assert all(len(text) <= 110 for _, _, text in found)


def test_ten_megabytes_without_a_line_end_stay_small() -> None:
    (piece,) = cut(Dribble(b"x" * 10_000_000, []))
    assert piece.too_long
    assert len(piece.data) == cutter.MAX_LINE


TEXT = st.lists(
    st.sampled_from([b"a", b",", b'"', b'""', b"\n", b"\r\n", b'","', b'"\n"', b"xyz" * 9]),
    max_size=120,
).map(b"".join)


@settings(max_examples=300, deadline=None)
@given(data=TEXT, sizes=st.lists(st.integers(1, 40), max_size=5))
def test_how_the_bytes_arrive_changes_nothing(data: bytes, sizes: list[int]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cutter, "MAX_LINE", 60)
        patch.setattr(cutter, "MAX_RECORD", 40)
        patch.setattr(cutter, "MAX_RECORD_LINES", 4)
        patch.setattr(cutter, "BLOCK", 32)
        in_parts = all_records(list(cut(Dribble(data, sizes))))
        patch.setattr(cutter, "BLOCK", 1 << 20)
        at_once = all_records(list(cut(Dribble(data, []))))
    assert in_parts == at_once
    lines = data.count(b"\n") + (bool(data) and not data.endswith(b"\n"))
    assert sum(count for _, count, _ in at_once) == lines
    assert [line for line, _, _ in at_once] == sorted({line for line, _, _ in at_once})


@given(data=TEXT, sizes=st.lists(st.integers(1, 40), max_size=5))
def test_without_quotes_every_line_is_a_record(data: bytes, sizes: list[int]) -> None:
    joined = b"".join(piece.data for piece in cut(Dribble(data, sizes), quotes=False))
    assert joined == data
