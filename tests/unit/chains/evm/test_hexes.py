import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.chains.evm import hexes
from scanner.errors import SourceUnavailableError


@given(st.integers(0, 2**256 - 1))
def test_quantities(value):
    assert hexes.quantity("n", hex(value), "x") == value


@pytest.mark.parametrize(
    "value",
    [
        "",
        "0x",
        "1",
        "0xg",
        "0x1 ",
        " 0x1",
        "0x1_0",
        "-0x1",
        "0X1",
        "0x" + "1" * 65,
        "0x１",
        1,
        None,
        {},
    ],
)
def test_what_is_no_quantity(value):
    with pytest.raises(SourceUnavailableError, match="n: did not give a number as balance"):
        hexes.quantity("n", value, "balance")


@given(st.binary(max_size=100))
def test_data(value):
    assert hexes.data("n", hexes.hexed(value), "x") == value


@pytest.mark.parametrize(
    "value", ["", "0x1", "0xzz", "12", "0x 12", "0x12 34", "0x12\n", None, 5, ["0x"]]
)
def test_what_is_no_data(value):
    with pytest.raises(SourceUnavailableError, match="did not give hex data"):
        hexes.data("n", value, "x")


def test_hashes_are_lower_case():
    assert hexes.block_hash("n", "0x" + "AB" * 32, "x") == "0x" + "ab" * 32
    for value in ("0x" + "ab" * 31, "ab" * 32, None, "0x" + "ab" * 33):
        with pytest.raises(SourceUnavailableError):
            hexes.block_hash("n", value, "x")
