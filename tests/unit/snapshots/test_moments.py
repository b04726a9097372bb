"""A stated height is a block of the list's moment, or it is not read."""

from random import Random

import pytest

from scanner.chains.interface import Counted
from scanner.model.block import BlockRef
from scanner.snapshots.apart import of_other_moments
from scanner.snapshots.moments import fitting, moment_of, named_day

DAY = 86_400
MOMENT = 1_781_798_400  # 2026-06-18 16:00 UTC


def counted(what: str, height: int, time: int | None, *, exact: bool = True) -> Counted:
    return Counted(what, BlockRef("aptos", "1", height, f"0x{height:x}", time), exact)


BLOCK = counted("block", 840_200_933, MOMENT + 40)
OLD = counted("ledger version", 120_028_705, MOMENT - 900 * DAY)


@pytest.mark.parametrize(
    ("name", "day"),
    [
        ("por_csv_2026061900_V3.zip", MOMENT + 8 * 3600),
        ("list-2026-06-19.csv", MOMENT + 8 * 3600),
        ("2026-06-19 and 2026-06-20.csv", None),
        ("20261399.csv", None),
        ("20260231.csv", None),
        ("508399035.csv", None),
        ("reserves.csv", None),
    ],
)
def test_a_day_in_a_name(name: str, day: int | None) -> None:
    assert named_day(name) == day


def test_the_others_tell_the_moment_if_most_of_them_agree() -> None:
    times = {"tron": [MOMENT], "sui": [MOMENT + DAY], "aptos": [5], "ton": [MOMENT - 7 * DAY]}
    assert moment_of(times, "aptos") == MOMENT
    assert moment_of({"tron": [MOMENT], "aptos": [5]}, "aptos") is None  # one is not enough
    split = {"a": [MOMENT], "b": [MOMENT], "c": [5], "d": [6], "x": []}
    assert moment_of(split, "x") is None


def test_the_reading_that_fits_is_taken() -> None:
    assert fitting([BLOCK, OLD], MOMENT, None, newest=False) is BLOCK
    assert fitting([OLD, BLOCK], MOMENT, None, newest=False) is BLOCK
    # The name helps where the other blocks do not tell.
    assert fitting([OLD, BLOCK], None, MOMENT + 8 * 3600, newest=False) is BLOCK


def test_none_fits() -> None:
    said = fitting([OLD], MOMENT, None, newest=False)
    assert isinstance(said, str)
    assert "from about 2026-06-18" in said
    assert "block 120028705 of 2023-12-31" in said


def test_a_day_in_a_name_alone_refuses_no_clear_height() -> None:
    assert fitting([OLD], None, MOMENT, newest=False) is OLD  # the day of a download, perhaps


def test_two_fit() -> None:
    near = counted("ledger version", 5, MOMENT + DAY)
    said = fitting([BLOCK, near], MOMENT, None, newest=False)
    assert isinstance(said, str)
    assert "in several ways" in said
    same = counted("ledger version", BLOCK.block.height, MOMENT + 40)
    assert fitting([BLOCK, same], MOMENT, None, newest=False) is BLOCK


def test_nobody_tells_the_moment() -> None:
    assert fitting([BLOCK], None, None, newest=False) is BLOCK
    assert isinstance(fitting([BLOCK, OLD], None, None, newest=False), str)
    assert fitting([BLOCK, OLD], None, None, newest=True) is BLOCK  # nothing rests on it


def test_a_number_within_a_block_is_told_and_not_taken() -> None:
    within = counted("ledger version", 7, MOMENT, exact=False)
    said = fitting([OLD, within], MOMENT, None, newest=False)
    assert isinstance(said, str)
    assert "block 7 of 2026-06-18 (as a ledger version)" in said


def test_a_block_without_a_time_is_not_doubted() -> None:
    untimed = counted("block", 5, None)
    assert fitting([untimed], MOMENT, None, newest=False) is untimed


@pytest.mark.parametrize(
    ("read", "others"),
    [
        ({}, ""),
        ({"a": (0, 1)}, ""),
        ({"a": (0, 1), "b": (3_600, 1)}, ""),
        ({"a": (0, 1), "b": (3_601, 1)}, "a"),  # of equal ones the newest stays
        ({"a": (0, 2), "b": (3_601, 1)}, "b"),  # that of most rows stays
        ({"a": (0, 1), "b": (3_000, 1), "c": (6_000, 1)}, "a"),
        ({"a": (0, 2), "b": (3_000, 1), "c": (6_000, 1)}, "c"),
        ({"a": (0, 3), "b": (MOMENT, 2), "c": (MOMENT + 60, 2), "d": (MOMENT + DAY, 3)}, "ad"),
    ],
)
def test_only_what_is_of_one_moment_stays(read: dict[str, tuple[int, int]], others: str) -> None:
    assert of_other_moments(read, 3_600) == set(others)


def test_no_two_that_stay_are_further_apart_than_allowed() -> None:
    random = Random(5)
    for _ in range(2_000):
        read = {n: (random.randrange(50), random.randrange(1, 4)) for n in range(6)}
        stay = [read[place] for place in read.keys() - of_other_moments(read, 10)]
        assert max(stay)[0] - min(stay)[0] <= 10
        most = max(
            sum(rows for time, rows in read.values() if start <= time <= start + 10)
            for start in range(50)
        )
        assert sum(rows for _, rows in stay) == most
