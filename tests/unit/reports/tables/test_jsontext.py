"""JSON bytes: stable, ASCII, readable back."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from scanner.reports.tables.jsontext import compact, pretty


def test_compact_keeps_key_order_and_ends_the_line():
    assert compact({"b": 1, "a": "x"}) == b'{"b":1,"a":"x"}\n'


def test_nothing_beyond_ascii_is_written_raw():
    assert (
        compact(["\x9b", "\u202e", "\x7f", "é"]) == b'["\\u009b","\\u202e","\\u007f","\\u00e9"]\n'
    )


def test_lone_surrogate_and_huge_integer_are_written():
    assert json.loads(compact(["\ud800"])) == ["\ud800"]
    assert json.loads(compact([2**256])) == [2**256]


@given(st.text(alphabet=st.characters(exclude_categories=())))
def test_any_text_comes_back(text):
    for data in (compact({"k": text}), pretty({"k": text})):
        assert json.loads(data) == {"k": text}
        assert data.isascii()
        assert not set(data[:-1]) & {0x1B, 0x7F, 0x0D}
