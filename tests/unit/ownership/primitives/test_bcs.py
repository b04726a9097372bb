"""BCS has one spelling of each value."""

from __future__ import annotations

import pytest

from scanner.ownership.primitives.bcs import BcsReader


@pytest.mark.parametrize(
    ("data", "number"),
    [("00", 0), ("7f", 127), ("8001", 128), ("ff7f", 16_383), ("808001", 16_384), ("ffff7f", 2_097_151)],
)  # fmt: skip
def test_lengths(data: str, number: int) -> None:
    source = BcsReader(bytes.fromhex(data))
    assert source.uleb() == number
    source.end()


@pytest.mark.parametrize("data", ["", "80", "8000", "ff00", "808000", "80808001", "ffffff7f"])
def test_lengths_that_are_none(data: str) -> None:
    with pytest.raises(ValueError):
        BcsReader(bytes.fromhex(data)).uleb()


def test_what_stands_there_is_all_that_is_taken() -> None:
    source = BcsReader(b"\2ab\x01\x02\x03")
    assert (source.sized(), source.number(2), source.rest()) == (b"ab", 0x0201, b"\3")
    source.end()
    for wrong in (
        lambda: BcsReader(b"\2a").sized(),
        lambda: BcsReader(b"\2ab").sized(3),
        lambda: BcsReader(b"a").take(2),
        lambda: BcsReader(b"a").take(-1),
        lambda: BcsReader(b"\3").count(2),
        lambda: BcsReader(b"a").end(),
        lambda: BcsReader(b"a").number(2),
    ):
        with pytest.raises(ValueError):
            wrong()
