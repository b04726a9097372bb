"""The readers of hostile bytes: DER, witness stacks, lengths, prefixes."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.bitcoin_signing import ORDER, Key

from scanner.ownership.bitcoin.bip322_reading import (
    Reader,
    Variant,
    read_psbt,
    read_text,
    read_witness,
)
from scanner.ownership.primitives.der import der_to_compact

NUMBERS = st.integers(1, ORDER - 1)


def integer(number: int) -> bytes:
    data = number.to_bytes(33, "big").lstrip(b"\0") or b"\0"
    data = b"\0" + data if data[0] & 0x80 else data
    return b"\x02" + bytes((len(data),)) + data


def der(r: bytes, s: bytes) -> bytes:
    return b"\x30" + bytes((len(r) + len(s),)) + r + s


@given(NUMBERS, NUMBERS)
def test_der_round_trip(r: int, s: int) -> None:
    expected = r.to_bytes(32, "big") + s.to_bytes(32, "big")
    assert der_to_compact(der(integer(r), integer(s))) == expected


GOOD = der(integer(5), integer(7))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        GOOD[:-1],
        GOOD + b"\0",
        b"\x31" + GOOD[1:],
        GOOD[:1] + bytes((GOOD[1] + 1,)) + GOOD[2:],
        der(integer(5), b""),
        der(integer(5), integer(7) + b"\0"),
        der(b"\x02\x02\x00\x05", integer(7)),  # a needless zero in r
        der(integer(5), b"\x02\x02\x00\x07"),
        der(b"\x02\x01\x85", integer(7)),  # negative
        der(b"\x02\x00", integer(7)),  # empty
        der(b"\x03\x01\x05", integer(7)),
        der(integer(2**256), integer(7)),  # 33 bytes
        b"\x30\x81" + GOOD[1:],  # length in two bytes
    ],
)
def test_other_der_is_refused(data: bytes) -> None:
    assert der_to_compact(data) is None


@given(st.text(max_size=3), st.integers(0, 71), st.integers(0, 255))
def test_one_wrong_byte_never_reads_as_the_same_signature(name: str, at: int, byte: int) -> None:
    good = Key(name).der(bytes(32))[:-1]
    at %= len(good)
    wrong = good[:at] + bytes((byte,)) + good[at + 1 :]
    if wrong != good:
        assert der_to_compact(wrong) != der_to_compact(good)


@given(st.lists(st.binary(max_size=300), max_size=10))
def test_witness_round_trip(stack: list[bytes]) -> None:
    def sized(item: bytes) -> bytes:
        size = len(item)
        return (bytes((size,)) if size < 253 else b"\xfd" + size.to_bytes(2, "little")) + item

    data = bytes((len(stack),)) + b"".join(map(sized, stack))
    assert read_witness(data) == tuple(stack)
    for wrong in (data + b"\0", data[:-1]):
        with pytest.raises(ValueError, match=r"left over|too soon|shortest"):
            read_witness(wrong)


@pytest.mark.parametrize(
    "data", ["fd0100", "fdfc00", "fe01000000", "feffff0000", "ff0100000000000000"]
)
def test_lengths_have_one_spelling(data: str) -> None:
    with pytest.raises(ValueError, match="shortest"):
        Reader(bytes.fromhex(data)).size()


@pytest.mark.parametrize(
    ("data", "number"),
    [("fc", 252), ("fdfd00", 253), ("fe00000100", 65536), ("ff0000000001000000", 2**32)],
)
def test_lengths(data: str, number: int) -> None:
    assert Reader(bytes.fromhex(data)).size() == number


def test_a_length_that_promises_too_much_costs_nothing() -> None:
    for data in (b"\xff" * 9, b"\xfe\xff\xff\xff\xff", b"\x01\xfe\xff\xff\xff\x7f"):
        with pytest.raises(ValueError, match="too"):
            read_witness(data)


@given(st.binary(max_size=200))
def test_any_bytes_read_or_say_why(data: bytes) -> None:
    for read in (read_witness, lambda d: read_psbt(b"psbt\xff" + d), der_to_compact):
        try:
            read(data)
        except ValueError as e:
            assert str(e)


@pytest.mark.parametrize("variant", list(Variant))
def test_prefixes(variant: Variant) -> None:
    encoded = read_text(variant.value + "AQA=")
    assert (encoded.variant, encoded.data, encoded.prefixed) == (variant, b"\1\0", True)
    with pytest.raises(ValueError, match="base64"):
        read_text(variant.value.upper() + "AQA=")


def test_without_a_prefix_the_bytes_decide() -> None:
    def read(data: bytes) -> Variant:
        return read_text(base64.b64encode(data).decode()).variant

    assert read(b"\1\0") is Variant.SIMPLE
    assert read(b"psbt\xff\0") is Variant.PROOF_OF_FUNDS
    assert read(b"\2\0\0\0\1") is Variant.FULL
