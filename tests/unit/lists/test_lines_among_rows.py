"""Lines that are no rows: totals, second lines of a header, headings and footnotes among the rows."""

from __future__ import annotations

import json

import pytest
from support.lists import Read, Reader

from scanner.lists.total_rows import total_word
from scanner.model.finding import FindingKind, Weight

A = "0x28C6c06298d514Db089934071355E5743bf21d60"
B, C = "1NDyJtNTjmwk5xPNhjgAMu4HDHigtobu1s", "34xp4vRoCGJym3xR7yCVPFHoCNxv4Twseo"
HEADER = "network,coin,address,amount\n"
ROWS = f"bitcoin,BTC,{B},1.5\nbitcoin,BTC,{C},2.5\n"


def kinds(read: Read) -> list[str]:
    return [f.kind for f in read.findings if f.weight is not Weight.NOTE]


def amounts(read: Read) -> list[tuple[str, int | None]]:
    return [(claim.asset, claim.amount) for claim in read.claims]


@pytest.mark.parametrize(
    "word", ["Total", "TOTAL:", "合计", "總計", "合計", "합계", "Итого", "Toplam", "Summe"]
)
@pytest.mark.parametrize("line", ["bitcoin,BTC,{},4", "{},BTC,,4", ",BTC,{},4.0", ",BTC,{} BTC,4"])
def test_a_total_that_agrees_is_no_claim_and_no_finding(
    read_bytes: Reader, word: str, line: str
) -> None:
    read = read_bytes(HEADER + ROWS + line.format(word) + "\n")
    assert amounts(read) == [("BTC", 150_000_000), ("BTC", 250_000_000)]
    assert (kinds(read), len(read.totals), read.unreadable) == ([], 1, [])


def test_a_total_of_base_units_and_in_a_document(read_bytes: Reader) -> None:
    read = read_bytes(
        f"network,address,balance (sats)\nbitcoin,{B},150000000\n,Total,150000000\n", network=""
    )
    assert (len(read.claims), [t.reason for t in read.totals]) == (1, ["it names no coin"])
    rows = [{"network": "bitcoin", "address": name, "amount": "1"} for name in (B, "Total")]
    read = read_bytes(json.dumps(rows))
    assert (amounts(read), kinds(read)) == ([("BTC", 100_000_000)], [])


@pytest.mark.parametrize("total", ["3", "5", "", "x", "-4"])
def test_a_total_that_differs_or_says_nothing_is_not_verified_and_not_false(
    read_bytes: Reader, total: str
) -> None:
    read = read_bytes(f"{HEADER}{ROWS},BTC,Total,{total}\n")
    assert (len(read.claims), kinds(read)) == (2, [FindingKind.TOTAL_UNREADABLE])


def test_totals_of_parts(read_bytes: Reader) -> None:
    first, second = ROWS.splitlines()
    parts = f"{first}\n,BTC,Subtotal,1.5\n{second}\n,BTC,Subtotal,2.5\n"
    assert kinds(read_bytes(f"{HEADER}{parts},BTC,Total,4\n")) == []
    read = read_bytes(HEADER + parts)  # together they are of all rows
    assert kinds(read) == []
    read = read_bytes(f"{HEADER}{first}\n,BTC,Subtotal,1.5\n{second}\n,BTC,Total,4\n")
    assert kinds(read) == [FindingKind.TOTAL_UNREADABLE]
    assert "2 lines of totals of BTC stand among the rows" in read.findings[0].reason


def test_a_total_of_each_column_and_of_no_coin(read_bytes: Reader) -> None:
    wide = f"network,address,ETH,USDT\nethereum,{A},1.5,10\nethereum,{B},2,20\n,Total,3.5,30\n"
    read = read_bytes(wide)
    assert (len(read.claims), len(read.totals), kinds(read)) == (4, 2, [])
    read = read_bytes(f"{HEADER}{ROWS}ethereum,ETH,{A},1\nTotal,,,5\n")
    assert (len(read.claims), kinds(read)) == (3, [FindingKind.TOTAL_UNREADABLE])
    assert "it names no coin" in read.findings[0].reason


@pytest.mark.parametrize("name", ["Total BTC", "BTC total:", "Total (BTC)", "合计 BTC"])
@pytest.mark.parametrize("place", ["{},,", ",,{}"])
def test_a_total_that_names_its_coin_itself(read_bytes: Reader, name: str, place: str) -> None:
    """Where no column next to it does; it was said to name none."""
    line = place.format(name)
    assert kinds(read_bytes(f"{HEADER}{ROWS}{line},4\n")) == []
    read = read_bytes(f"{HEADER}{ROWS}{line},5\n")
    assert kinds(read) == [FindingKind.TOTAL_UNREADABLE]
    assert "the list says BTC is 5, its rows add up to 4" in read.findings[0].reason


def test_a_total_of_a_table_of_many_coins_is_of_each_columns_coin(read_bytes: Reader) -> None:
    wide = f"network,address,ETH,USDT\nethereum,{A},1.5,10\n,Total ETH,1.5,10\n"
    assert kinds(read_bytes(wide)) == []


@pytest.mark.parametrize(
    "text", ["", "Totalia cold 3", "Sum of all fears", B, "x" * 100, "totally"]
)
def test_other_words_are_no_totals(text: str) -> None:
    assert not total_word(text)


@pytest.mark.parametrize(
    ("header", "row", "expected"),
    [
        ("Network,Address,Amount\n,,(USDT)", f"ethereum,{A},1000", [("USDT", 1_000_000_000)]),
        ("Network,Address,Amount\n,,USDT", f"ethereum,{A},1000", [("USDT", 1_000_000_000)]),
        ("Network,Address,Amount\n,,sats", f"bitcoin,{B},150", [("BTC", 150)]),
        ("Network,Address,Amount,\n,,BTC,ETH", f"bitcoin,{B},1.5,", [("BTC", 150_000_000)]),
        ("Address,BTC\n,Amount", f"{B},1.5", [("BTC", 150_000_000)]),
        ("Network,Address,Value,Amount\n,,USD,BTC", f"bitcoin,{B},9,1", [("BTC", 100_000_000)]),
        ("Network,Address,Amount\n,,USD", f"bitcoin,{B},9", [("BTC", None)]),
    ],
)  # fmt: skip
def test_a_second_line_of_the_header_names_coins_and_units(
    read_bytes: Reader, header: str, row: str, expected: list[tuple[str, int | None]]
) -> None:
    read = read_bytes(f"{header}\n{row}\n")
    assert amounts(read) == expected
    assert read.claims[0].row == 3
    assert not read.unreadable


@pytest.mark.parametrize("second", ["in thousands", "单位：万", "в тысячах"])
def test_a_second_line_that_gives_a_scale_leaves_no_amount(read_bytes: Reader, second: str) -> None:
    read = read_bytes(f"network,coin,address,amount\n,,,{second}\nbitcoin,BTC,{B},1.5\n")
    assert amounts(read) == [("BTC", None)]
    assert {FindingKind.NOT_UNDERSTOOD, FindingKind.UNIT_DOUBTED} <= set(kinds(read))


def test_the_line_above_the_header_may_group_the_columns(read_bytes: Reader) -> None:
    read = read_bytes(f"Wallet,,,Balance\nNetwork,Coin,Address,Amount\nbitcoin,BTC,{B},1.5\n")
    assert amounts(read) == [("BTC", 150_000_000)]
    assert kinds(read) == [FindingKind.NOT_UNDERSTOOD]


def test_rows_without_an_address_are_no_second_line(read_bytes: Reader) -> None:
    for row in ("bitcoin,BTC,,n/a", "bitcoin,BTC,,", "bitcoin,BTC,,5"):
        read = read_bytes(f"{HEADER}{row}\nbitcoin,BTC,{B},1.5\n")
        assert amounts(read) == [("BTC", 150_000_000)]
        assert [u.row for u in read.unreadable] == [2]
    said = {"address": "where", "amount": "much"}
    read = read_bytes(f"where,what,much\n,BTC,2\n{B},BTC,1\n", columns=said, network="bitcoin")
    assert [u.row for u in read.unreadable] == [2, 3]


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("Liabilities", FindingKind.ROWS_DOUBTED),
        ("Loans to third parties,,,", FindingKind.ROWS_DOUBTED),
        ("客户负债", FindingKind.ROWS_DOUBTED),
        ("Ethereum", FindingKind.ROWS_DOUBTED),
        ("Note: amounts are in thousands", FindingKind.UNIT_DOUBTED),
        (",,in satoshi,", FindingKind.UNIT_DOUBTED),
        ("# amounts in sats", FindingKind.UNIT_DOUBTED),
    ],
)
def test_words_between_rows_are_asked_about(
    read_bytes: Reader, line: str, kind: FindingKind
) -> None:
    first, second = ROWS.splitlines()
    read = read_bytes(f"{HEADER}{first}\n{line}\n{second}\n")
    assert (len(read.claims), len(read.unreadable), kinds(read)) == (2, 1, [kind])
    assert line.strip(",") in read.findings[0].reason


@pytest.mark.parametrize("line", ["Signed by the board", "cold wallets", "bitcoin,BTC,,1"])
def test_other_lines_between_rows_are_only_unreadable(read_bytes: Reader, line: str) -> None:
    read = read_bytes(f"{HEADER}{ROWS}{line}\n")
    assert (len(read.unreadable), kinds(read)) == (1, [])


def test_the_same_header_again_is_named(read_bytes: Reader) -> None:
    first, second = ROWS.splitlines()
    read = read_bytes(f"{HEADER}{first}\n{HEADER}{second}\n")
    assert [(u.row, u.reason) for u in read.unreadable] == [(3, "the header again: leave it out")]
    assert (len(read.claims), kinds(read)) == (2, [])
    other = read_bytes(f"{HEADER}{first}\n{HEADER.replace('amount', 'amount (gwei)')}{second}\n")
    assert "header again" not in other.unreadable[0].reason
    assert kinds(other)
