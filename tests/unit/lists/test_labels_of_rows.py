"""A label beside a row may say that nothing is held, or that its amount is money or in thousands."""

from __future__ import annotations

import json

import pytest
from support.lists import Read, Reader

from scanner.lists.names import HOLDER, LABEL, NEEDLESS
from scanner.lists.spoken import label_says
from scanner.model.finding import FindingKind

A = "0x28C6c06298d514Db089934071355E5743bf21d60"
SPOKEN = [
    "Loan", "Customer debt", "Borrowed from Genesis", "not owned, custodian of partner", "not ours",
    "USD millions", "(thousands)", "Closed", "liability", "no reserve", "50 %", "third party",
    "Excluded", "burn address", "stolen in 2024", "escrow", "lost keys", "held on behalf of clients",
    "lent out", "pledged", "in EUR", "percent", "counterparty", "amounts as sats", "in 000s",
    "do not count", "Don't include", "not part of reserves", "not counted", "not to be counted",
    "double-counted", "counted above", "duplicate of row 2", "no longer used", "removed", "Ignore",
    "not controlled by us", "excluding fees", "testnet", "Subtotal", "Total BTC", "Grand total",
    "as of 2026-09-01", "As at 30 Sep 2026", "balance on 01/02/2026",
    "x1000", "('000)", "x 1,000", "10^8 units", "block=840000", "not in the total",
]  # fmt: skip
SILENT = [
    "Hot wallet 3", "Ledger Nano", "Satoshi's first wallet", "Thousand Oaks office", "Block.one",
    "Binance-Peg BTC", "Notable", "third wallet", "not for long", "SUN deposit", "Unit 7 vault",
    "Lost Coast office", "on Ledger", "Burnaby branch", "USDT cold 3", "USDC", "Raw deposit", "Wei Dai", "No. 4", "Tsd7", "12e4-77", "Custody (3 of 5)",
    "since 2019", "cold wallet of 2024-05-01", "as of now", "Total Energies treasury", "Wallet 1000", "X Corp", "Nothing", "knot 3", "fund 10", "WBTC (0x1000abcd)", "Validator 000",
]  # fmt: skip


def asked(read: Read) -> list[str]:
    return [f.reason for f in read.findings if f.kind == FindingKind.NOT_UNDERSTOOD]


@pytest.mark.parametrize("text", SPOKEN)
def test_a_label_that_says_so_is_asked_about(read_bytes: Reader, text: str) -> None:
    for column in ("category", "purpose", "note", "remark", "label"):
        row = {"coin": "ETH", "network": "ethereum", "address": A, "amount": "1.5", column: text}
        values = ",".join(f'"{value}"' for value in row.values())
        for data in (f"{','.join(row)}\n{values}\n", json.dumps([row])):
            read = read_bytes(data)
            assert (len(read.claims), len(asked(read))) == (1, 1)
            assert text in asked(read)[0]
        said = read_bytes(json.dumps([row]), columns={"ignore": column})
        assert (len(said.claims), asked(said)) == (1, [])


@pytest.mark.parametrize("column", sorted(NEEDLESS[LABEL]))
def test_every_column_of_labels_is_looked_at(read_bytes: Reader, column: str) -> None:
    rows = "".join(f"ETH,ethereum,0x{n:040x},1.5,Hot\n" for n in range(1, 9))
    text = f"coin,network,address,amount,{column}\n{rows}ETH,ethereum,{A},1.5,Loan\n"
    read = read_bytes(text)
    assert [f.row for f in read.findings] == [10]


@pytest.mark.parametrize("text", SILENT)
def test_other_labels_say_nothing(text: str) -> None:
    assert not label_says(text)


def test_a_label_of_many_coins_is_told_once(read_bytes: Reader) -> None:
    read = read_bytes(f"network,address,note,ETH,USDT,USDC\nethereum,{A},Loan,1.5,7,8\n")
    assert (len(read.claims), len(asked(read))) == (3, 1)


@pytest.mark.parametrize(
    ("column", "text", "told"),
    [
        ("type", "Debit", True),
        ("type", "withdrawals", True),
        ("type", "withdrawal wallet", False),
        ("type", "deposit", False),
        ("type", "duplicate", True),
        ("status", "migrated", True),
        ("status", "archived", True),
        ("status", "0", True),
        ("status", "false", True),
        ("status", "1", False),
        ("status", "locked until 2027", False),
    ],
)
def test_a_type_or_status_of_what_moved_or_is_no_more(
    read_bytes: Reader, column: str, text: str, told: bool
) -> None:
    read = read_bytes(f"coin,network,address,amount,{column}\nETH,ethereum,{A},1,{text}\n")
    assert [text in reason for reason in asked(read)] == [True] * told


NOT_HELD = ["not ours", "third party (pledged)", "loan from Genesis", "closed account"]


@pytest.mark.parametrize("text", NOT_HELD)
def test_an_owner_or_a_company_that_says_so_is_asked_about(read_bytes: Reader, text: str) -> None:
    for column in ("owner", "owner2", *sorted(NEEDLESS[HOLDER])):
        row = {"coin": "ETH", "network": "ethereum", "address": A, "amount": "1.5", column: text}
        for data in (f"{','.join(row)}\n{','.join(row.values())}\n", json.dumps([row])):
            read = read_bytes(data)
            assert (len(read.claims), len(asked(read))) == (1, 1), column
            assert text in asked(read)[0]


@pytest.mark.parametrize(
    "text", [A, "Northbank Ltd", "Million Capital", "customers", "USD Coin Ltd"]
)
def test_an_owner_of_any_other_name_says_nothing(read_bytes: Reader, text: str) -> None:
    for column in ("owner", "company"):
        head = f"coin,network,address,amount,{column}"
        assert not asked(read_bytes(f"{head}\nETH,ethereum,{A},1.5,{text}\n"))


@pytest.mark.parametrize("text", [*NOT_HELD, "Wallets pledged as collateral", "liabilities"])
def test_words_around_the_rows_that_say_so_are_asked_about(read_bytes: Reader, text: str) -> None:
    row = {"coin": "ETH", "network": "ethereum", "address": A, "amount": "1.5"}
    table = f"{','.join(row)}\n{','.join(row.values())}\n"
    for data in (
        f"{text}\n{table}",
        f"# {text}\n{table}",
        json.dumps({"note": text, "wallets": [row]}),
        json.dumps({"exchange": text, "wallets": [row]}),
        json.dumps({"wallets": [row], "remarks": [text]}),
    ):
        assert any(text in reason for reason in asked(read_bytes(data))), data
    bare = read_bytes(f"# {text}\n{A}\n", network="ethereum")
    assert any(text in reason for reason in asked(bare))


@pytest.mark.parametrize("title", ["Proof of Reserves and Liabilities", "Northbank test run"])
def test_a_title_of_both_sides_says_nothing_of_the_rows(read_bytes: Reader, title: str) -> None:
    assert not asked(read_bytes(f"{title}\ncoin,network,address,amount\nETH,ethereum,{A},1.5\n"))


@pytest.mark.parametrize("column", ["source", "Link", "explorer"])
def test_words_in_place_of_a_page_are_looked_at(read_bytes: Reader, column: str) -> None:
    text = "coin,network,address,amount,{}\nETH,ethereum,{},1.5,{}\n"
    page = f"https://etherscan.io/address/{A}?unit=usd&test=1"
    assert not asked(read_bytes(text.format(column, A, page)))
    assert not asked(read_bytes(text.format(column, A, "Etherscan")))
    assert asked(read_bytes(text.format(column, A, "customer loans in gwei")))
