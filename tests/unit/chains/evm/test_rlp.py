import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.chains.evm import rlp

ITEMS = st.recursive(st.binary(max_size=70), lambda s: st.lists(s, max_size=6), max_leaves=12)


@given(ITEMS)
def test_what_is_encoded_decodes_to_itself(item):
    assert rlp.decode(rlp.encode(item)) == item


@given(st.binary(max_size=80))
def test_every_byte_string_that_decodes_is_the_one_right_spelling(raw):
    try:
        item = rlp.decode(raw)
    except ValueError:
        return
    assert rlp.encode(item) == raw


@pytest.mark.parametrize(
    ("raw", "item"),
    [  # Ethereum's documentation of RLP
        ("83646f67", b"dog"),
        ("c88363617483646f67", [b"cat", b"dog"]),
        ("80", b""),
        ("c0", []),
        ("0f", b"\x0f"),
        ("820400", b"\x04\x00"),
        ("c7c0c1c0c3c0c1c0", [[], [[]], [[], [[]]]]),
    ],
)
def test_known_spellings(raw, item):
    assert rlp.decode(bytes.fromhex(raw)) == item
    assert rlp.encode(item) == bytes.fromhex(raw)


@pytest.mark.parametrize(
    "raw",
    [
        "",  # nothing
        "8100",  # a small byte with a prefix
        "817f",
        "b800",  # long form of nothing
        "b83700",
        "b90001" + "00",  # length with a leading zero
        "83646f",  # cut short
        "c883636174",
        "c1",
        "8080",  # bytes left over
        "bfffffffffffffffff",  # a length no memory holds
        "ffffffffffffffffff",
        "c0" * 2,
        "c1" * 20 + "c0",  # nested deeper than anything real
    ],
)
def test_wrong_spellings_are_refused(raw):
    with pytest.raises(ValueError):
        rlp.decode(bytes.fromhex(raw))


@pytest.mark.parametrize("raw", [b"\0", b"\0\1", bytes(33), b"\1" * 33, []])
def test_numbers_without_leading_zeros_and_within_256_bits(raw):
    with pytest.raises(ValueError):
        rlp.number(raw)


@given(st.integers(0, 2**256 - 1))
def test_numbers(value):
    assert rlp.number(rlp.number_bytes(value)) == value
