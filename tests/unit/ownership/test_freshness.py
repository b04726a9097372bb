"""What a message says about its time."""

from __future__ import annotations

import time
from datetime import date

import pytest

from scanner.model.control import Freshness
from scanner.ownership.freshness import LONGEST, grade, named_day

HASH = "00000000000000000001c4b7a7f0a2f0e1a1c5d6b7a8f9e0d1c2b3a4f5e6d7c8"

BLOCK_STAMPED = [
    f"block 925000 {HASH}",
    f"Block: bitcoin 925000 {HASH} and more",
    f"reserves at height 20914735, hash 0x{HASH}",
    f"ledger #91234567 ({HASH.upper()})",
    f"block hash {HASH} height 925000",
    f"slot=12345678 hash={HASH}",
    f"I am OKX. block 925000: {HASH}",
]
DATED = [
    "Balances of 2026-11-21",
    "as of 2026/11/21 00:00 UTC",
    "2026.11.21",
    "21 November 2026",
    "Nov 21, 2026",
    "November 21st 2026",
    "1st Feb 2024: these are ours",
    "20241101 audit",
    "block 925000 on 2026-11-21",
    f"list sha256 {HASH}, 2026-11-21",
]
STATIC = [
    "",
    "I am an OKX address",
    "OKC_DTT_AUP2025",
    "hello world",
    "block 925000",
    HASH,
    f"list {HASH}",
    f"block 925000\n{HASH}",
    f"blockchain 925000 {HASH[:-1]}",
    f"version 2 {HASH}",
    f"block 925000. The sha256 of our list is {HASH}",
    f"block 925000 {HASH}0",
    "2026-13-21",
    "2026-11-32",
    "1999-11-21",
    "12026-11-211",
    "Nov 2026",
    "phone 20261121556",
    "block ２０２６-１１-２１",
]


@pytest.mark.parametrize("text", BLOCK_STAMPED)
def test_block_stamped(text: str) -> None:
    assert grade(text) is Freshness.BLOCK_STAMPED


@pytest.mark.parametrize("text", DATED)
def test_dated(text: str) -> None:
    assert grade(text) is Freshness.DATED


@pytest.mark.parametrize("text", STATIC)
def test_static(text: str) -> None:
    assert grade(text) is Freshness.STATIC


def test_a_stamp_behind_ten_megabytes_does_not_count_and_costs_nothing() -> None:
    assert grade("x" * 10_000_000 + f" block 925000 {HASH}") is Freshness.STATIC


@pytest.mark.parametrize(
    "text", ["block ", "block 1 ", "block 1 -", "2026-", "nov 1 ", "1 nov ", HASH + " "]
)
def test_hostile_repetition_costs_linear_time(text: str) -> None:
    long = text * (LONGEST // len(text))
    started = time.process_time()
    grade(long)
    assert time.process_time() - started < 1.0


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("our addresses on 2026-05-31", date(2026, 5, 31)),
        ("1st November 2026", date(2026, 11, 1)),
        ("August 5, 2026", date(2026, 8, 5)),
        ("as of 20260131", date(2026, 1, 31)),
        ("2025.12.01, again on 2026/01/02", date(2026, 1, 2)),
        ("31 Feb 2026", None),
        ("I am an OKX address", None),
    ],
)
def test_the_latest_day_that_a_text_names(text: str, day: date | None) -> None:
    assert named_day(text) == day
