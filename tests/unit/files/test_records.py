"""Splitting one CSV record, and finding where it ends."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from scanner.files.records import (
    RecordError,
    _split_carefully,
    is_closed,
    leaves_open,
    split_record,
)


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("", [""]),
        ("a,b", ["a", "b"]),
        ("a,,", ["a", "", ""]),
        ('"a,b",c', ["a,b", "c"]),
        ('"say ""hi""",c', ['say "hi"', "c"]),
        ('a"b,c', ['a"b', "c"]),
        ('a, "b,c" ,d', ["a", "b,c", "d"]),
        ('""', [""]),
        ('"",""', ["", ""]),
        ('"a\nb",c', ["a\nb", "c"]),
        ('{"k":1},x', ['{"k":1}', "x"]),
    ],
)
def test_splits_as_rfc_4180_says(text: str, fields: list[str]) -> None:
    assert split_record(text) == fields


@pytest.mark.parametrize(
    ("text", "column", "unclosed"),
    [('a,"b', 2, True), ('"a""', 1, True), ('a,"b"c,d', 2, False), ('"', 1, True)],
)
def test_says_which_field_is_not_csv(text: str, column: int, unclosed: bool) -> None:
    with pytest.raises(RecordError) as caught:
        split_record(text)
    assert (caught.value.column, caught.value.unclosed) == (column, unclosed)


@pytest.mark.parametrize(
    ("line", "inside", "expected"),
    [
        ("a,b", False, False),
        ('a,"b', False, True),
        ('a,"b"', False, False),
        ('b",c', True, False),
        ("still", True, True),
        ('a,""', True, True),
        ('b"c', True, None),
        ('b","c', True, True),
        ('a"b', False, False),
    ],
)
def test_knows_whether_a_line_leaves_a_field_open(
    line: str, inside: bool, expected: bool | None
) -> None:
    assert leaves_open(line, inside) is expected


@given(st.lists(st.text(st.characters(exclude_characters="\r\n\0")), min_size=1))
def test_reads_back_what_the_csv_module_writes(fields: list[str]) -> None:
    out = io.StringIO()
    csv.writer(out, lineterminator="", quoting=csv.QUOTE_ALL).writerow(fields)
    assert split_record(out.getvalue()) == fields
    assert leaves_open(out.getvalue(), False) is False


@given(st.text(alphabet='a", \\', max_size=30))
def test_one_scan_agrees_with_the_other(text: str) -> None:
    state = leaves_open(text, False)
    try:
        split_record(text)
    except RecordError as e:
        assert state is (True if e.unclosed else None)
    else:
        assert state is False


@given(st.text(alphabet='a",; \r\n', max_size=30), st.sampled_from(",;"))
@example(text='"",\n', delimiter=",")
def test_the_quick_road_and_the_careful_one_agree(text: str, delimiter: str) -> None:
    if is_closed(text.encode(), delimiter) and "\r" not in text:
        assert split_record(text, delimiter) == _split_carefully(text, delimiter)
        assert leaves_open(text, False, delimiter) is False


def test_a_field_longer_than_the_csv_module_takes() -> None:
    assert split_record('"' + "x" * 200_000 + '",b') == ["x" * 200_000, "b"]
