"""The wire format of Protocol Buffers: what is written is read, and nothing else is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.model.protobuf import data, fields, number, read_varint, single, varint

FIELD = st.tuples(
    st.integers(1, 2**20), st.one_of(st.integers(1, 2**63), st.binary(min_size=1, max_size=300))
)


def test_the_documentations_examples() -> None:
    """150 in field 1 is 08 96 01; "testing" in field 2 is 12 07 and its letters."""
    assert number(1, 150).hex() == "089601"
    assert data(2, b"testing").hex() == "120774657374696e67"
    assert number(1, 0) == data(1, b"") == b""
    assert data(1, b"", always=True) == b"\x0a\x00"


@given(st.lists(FIELD, max_size=5))
def test_what_is_written_is_read(message: list[tuple[int, int | bytes]]) -> None:
    written = b"".join(
        number(n, value) if isinstance(value, int) else data(n, value) for n, value in message
    )
    assert list(fields(written)) == message


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(message: bytes) -> None:
    try:
        found = list(fields(message))
    except ValueError:
        return
    assert all(isinstance(value, int | bytes) for _, value in found)


@pytest.mark.parametrize(
    "broken", ["08", "0880", "12", "1205616263", "0d00000000", "08" + "80" * 11]
)
def test_what_ends_early_or_is_of_another_kind(broken: str) -> None:
    with pytest.raises(ValueError, match=r"end|kind"):
        list(fields(bytes.fromhex(broken)))


def test_no_number_is_negative() -> None:
    with pytest.raises(ValueError, match="negative"):
        varint(-1)
    assert read_varint(varint(2**63), 0) == (2**63, 10)


@pytest.mark.parametrize(
    "other",
    [
        pytest.param("00" + "05", id="field 0"),
        pytest.param("9880808080" + "01" + "05", id="field 3 to who keeps 32 bits of a tag"),
        pytest.param("18" + "85" + "80" * 8 + "02", id="5 to who keeps 64 bits of a number"),
    ],
)
def test_what_decoders_read_in_several_ways_is_refused(other: str) -> None:
    with pytest.raises(ValueError, match=r"no message|too large"):
        list(fields(bytes.fromhex(other)))


def test_a_field_that_comes_again_is_refused_where_one_is_meant() -> None:
    assert single(number(1, 5) + data(2, b"a")) == {1: 5, 2: b"a"}
    for twice in (number(1, 5) + number(1, 7), data(2, b"a") + number(1, 5) + data(2, b"b")):
        with pytest.raises(ValueError, match="twice"):
            single(twice)
