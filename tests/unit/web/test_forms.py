"""What comes in by a form: names that are safe as files' names, fields that are text."""

from __future__ import annotations

import pytest

from scanner.web.forms import MOST_NAME, parse_form, plain_name
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
