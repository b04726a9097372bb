"""In a table of one column for each coin, what one cell says hides nothing of the others."""

from __future__ import annotations

from collections import Counter

import pytest
from support.lists import Read, Reader

from scanner.model.finding import FindingKind

A = "0x28C6c06298d514Db089934071355E5743bf21d60"
B = "0x21a31Ee1afC51d94C2eFcCAa2092aD1028285549"
BTC = "1PJiGp2yDLvUgqeBsuZVCBADArNsk6XEiw"
HEADER = "network,address,BTC,ETH,USDT"


def held(read: Read) -> list[tuple[str, int | None]]:
    return [(claim.asset, claim.amount) for claim in read.claims]


def test_a_zero_of_a_coin_that_the_network_does_not_have_loses_nothing(read_bytes: Reader) -> None:
    rows = f"ethereum,{A},0,5.5,7\nbitcoin,{BTC},1.5,0.00,\nethereum,{B},0,2,0\n"
    read = read_bytes(f"{HEADER}\n{rows}")
    wanted = [("ETH", 55 * 10**17), ("USDT", 7 * 10**6), ("BTC", 15 * 10**7)]
    assert held(read) == [*wanted, ("ETH", 2 * 10**18), ("USDT", 0)]
    assert (read.unreadable, read.findings) == ([], [])


@pytest.mark.parametrize("first", ["1.5", "-1", "lots", "0e0"])
def test_what_cannot_be_read_of_one_coin_is_told_and_the_others_are_read(
    read_bytes: Reader, first: str
) -> None:
    read = read_bytes(f"{HEADER}\nethereum,{A},{first},5.5,7\n")
    assert held(read) == [("ETH", 55 * 10**17), ("USDT", 7 * 10**6)]
    assert [row.kind for row in read.unreadable] == [FindingKind.UNKNOWN_COIN]


def test_a_negative_amount_is_told_and_the_coins_behind_it_are_read(read_bytes: Reader) -> None:
    read = read_bytes(f"{HEADER}\nethereum,{A},,-5.5,7\n")
    assert held(read) == [("USDT", 7 * 10**6)]
    assert [row.kind for row in read.unreadable] == [FindingKind.NEGATIVE_AMOUNT]


def test_what_is_wrong_with_the_whole_record_is_told_once(read_bytes: Reader) -> None:
    rows = "ethereum,,1,5.5,7\nnowhere,{A},1,5.5,7\n"
    read = read_bytes(f"{HEADER}\n{rows}")
    assert read.claims == []
    kinds = Counter((row.row, row.kind) for row in read.unreadable)
    assert kinds[2, FindingKind.BAD_ROW] == 1
    assert kinds[2, FindingKind.UNKNOWN_COIN] == 1
    assert kinds[3, FindingKind.UNKNOWN_NETWORK] == 1


def test_a_record_of_nothing_but_such_zeros_is_no_claim_and_is_told(read_bytes: Reader) -> None:
    read = read_bytes(f"network,address,BTC\nethereum,{A},0\nethereum,{B},0\n")
    assert read.claims == []
    assert [row.row for row in read.unreadable] == [2, 3]
