"""An amount such as 1,500.25 without quotes is two fields: other columns are shifted then."""

from __future__ import annotations

import pytest
from support.lists import Reader

from scanner.model.finding import FindingKind

A, B = "0x28C6c06298d514Db089934071355E5743bf21d60", "1NDyJtNTjmwk5xPNhjgAMu4HDHigtobu1s"
HEADER = "network,coin,address,amount,usd,label,note"


@pytest.mark.parametrize("amount", ["1,500.25", "1,500", "1,5"])
@pytest.mark.parametrize("rest", ["90,000.00,,", "90000,,,", ",,,"])
def test_blank_fields_at_the_end_do_not_hide_it(read_bytes: Reader, amount: str, rest: str) -> None:
    read = read_bytes(f"{HEADER}\nbitcoin,BTC,{B},{amount},{rest}\nbitcoin,BTC,x,2,3,a,b\n")
    assert [claim.amount for claim in read.claims] == [200_000_000]
    (row,) = read.unreadable
    assert (row.row, row.column, row.kind) == (2, 4, FindingKind.BAD_AMOUNT)
    assert "may be one number" in row.reason


def test_of_columns_of_coins(read_bytes: Reader) -> None:
    read = read_bytes(f"network,address,ETH,USDT,x\nethereum,{A},1,500.5,7,\n")
    assert (read.claims, [u.kind for u in read.unreadable]) == ([], [FindingKind.BAD_AMOUNT])


@pytest.mark.parametrize(
    ("header", "row"),
    [
        (HEADER, f"bitcoin,BTC,{B},1.5,90000,,,,,"),  # it has decimals of its own
        (HEADER, f"bitcoin,BTC,{B},1500,,cold,,,"),
        (HEADER + ",,", f"bitcoin,BTC,{B},1500,90000,,,,"),  # as many as the header
        (HEADER.replace(",", ";"), f"bitcoin;BTC;{B};1500;90000;;;;"),
        ("network|coin|address|amount|usd", f"bitcoin|BTC|{B}|1500|90000||"),
    ],
)
def test_other_blank_fields_say_nothing(read_bytes: Reader, header: str, row: str) -> None:
    read = read_bytes(f"{header}\n{row}\n")
    assert (len(read.claims), read.unreadable) == (1, [])
    assert read.claims[0].amount
