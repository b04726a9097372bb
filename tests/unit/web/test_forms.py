"""What comes in by a form: names that are safe as files' names, fields that are text."""

from __future__ import annotations

import tracemalloc

import pytest

from scanner.web.forms import MOST_NAME, MOST_PARTS, parse_form, plain_name
from scanner.web.trouble import RefusedError


def form(field: bytes) -> bytes:
    return b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n' + field + b"\r\n--x--\r\n"


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("list.csv", "list.csv"),
        ("../../etc/passwd", "passwd"),
        ("C:\\lists\\por.csv", "por.csv"),
        ("..", "list"),
        ("a\tb\u202ec.csv", "a_b_c.csv"),
    ],
)
def test_a_name_is_one_of_a_file(given, kept):
    assert plain_name(given) == kept


@pytest.mark.parametrize("letter", ["x", "\u8868", "\U0001d400"])
def test_a_name_is_as_long_as_systems_keep_and_keeps_its_end(letter, tmp_path):
    name = plain_name(letter * 300 + ".csv")
    assert len(name.encode()) <= MOST_NAME
    assert name.endswith(letter + ".csv")
    (tmp_path / name).touch()


def test_a_field_that_no_command_can_be_given_is_refused():
    assert parse_form("multipart/form-data; boundary=x", form(b"North Bank"))["a"] == "North Bank"
    with pytest.raises(RefusedError, match="not text"):
        parse_form("multipart/form-data; boundary=x", form(b"North\0Bank"))


def test_a_form_has_as_many_parts_as_it_may_and_is_not_taken_into_millions():
    one = b'\r\n--x\r\nContent-Disposition: form-data; name="%d"\r\n\r\ny'
    parts = b"".join(one % number for number in range(MOST_PARTS)).removeprefix(b"\r\n")
    kind = "multipart/form-data; boundary=x"
    assert len(parse_form(kind, parts + b"\r\n--x--\r\n").fields) == MOST_PARTS
    many = b"\r\n--xab" * 1_000_000
    tracemalloc.start()
    try:
        with pytest.raises(RefusedError, match="completely"):
            parse_form(kind, many)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert most < 5 * len(many)
