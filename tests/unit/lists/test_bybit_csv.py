"""Bybit's CSV: several addresses a line, totals over networks."""

from __future__ import annotations

import pytest
from support.lists import Reader

from scanner.model.finding import FindingKind

A = "bc1q2qqqt87kh33s0er58akh7v9cwjgd83z5smh9rp"
B = "3BMEXbSSrK2K7cRgqxrtqUWfxowBBrW1BE"
E1 = "0x0cdcdb19a857c2ac24818ca4fdfe38cce071483e"
E2 = "0x16f01cfc16b0b8c3400fb8e5099b0974fcc9fc12"
HEADER = "Coin,Height,Amount,Address\n"


def test_one_address_has_the_amount_several_share_it(read_bytes: Reader) -> None:
    text = f"{HEADER}BTC,800000,1.5,{A}\nUSDT-Ethereum,18000000,7,{E1} {E2}\nUSDT(ALL),,7,\n"
    read = read_bytes(text)
    assert read.summary.format == "bybit_csv"
    alone, first, second = read.claims
    assert (alone.amount, alone.height, alone.row) == (150000000, 800000, 2)
    assert [(c.coin, c.asset, c.network, c.address, c.amount) for c in (first, second)] == [
        ("USDT-Ethereum", "USDT", "ethereum", E1, None),
        ("USDT-Ethereum", "USDT", "ethereum", E2, None),
    ]
    assert [(t.coin, t.amount, t.group) for t in read.totals] == [
        ("USDT-Ethereum", 7 * 10**6, False),
        ("USDT(ALL)", 7 * 10**18, True),
    ]
    assert read.findings == []
    assert read.summary.data_rows == 3


def test_a_group_that_is_not_the_sum_of_its_lines(read_bytes: Reader) -> None:
    text = f"{HEADER}USDT-Ethereum,1,7,{E1} {E2}\nUSDT(ALL),,8,\n"
    assert [f.kind for f in read_bytes(text).findings] == [FindingKind.TOTAL_DIFFERS]


def test_other_column_order_and_quotes(read_bytes: Reader) -> None:
    read = read_bytes(f'"Address","Coin","Amount","Height"\n"{A}\n {B}",BTC,2,1\n')
    assert [c.address for c in read.claims] == [A, B]
    assert read.totals[0].amount == 2 * 10**8


@pytest.mark.parametrize(
    ("line", "kind", "column"),
    [
        (f"XYZ,1,1,{A} {B}", FindingKind.UNKNOWN_COIN, 1),
        (f"USDT-Mars,1,1,{A}", FindingKind.UNKNOWN_NETWORK, 1),
        (f"BTC,1,-1,{A}", FindingKind.NEGATIVE_AMOUNT, 3),
        ("BTC,1", FindingKind.BAD_ROW, 0),
        (f"BTC,1,1,{A},more", FindingKind.BAD_ROW, 5),
        ('BTC,1,1,"open', FindingKind.BAD_ROW, 4),
        (f"BTC,1,1\0,{A}", FindingKind.BAD_ROW, 3),
        ("x" * 1_000_001, FindingKind.BAD_ROW, 0),
    ],
)
def test_a_bad_line_is_one_finding(
    read_bytes: Reader, line: str, kind: FindingKind, column: int
) -> None:
    read = read_bytes(f"{HEADER}{line}\nBTC,1,1,{A}\n")
    assert [(u.row, u.kind, u.column) for u in read.unreadable] == [(2, kind, column)]
    assert [c.row for c in read.claims] == [3]


def test_a_bad_height_leaves_the_claims(read_bytes: Reader) -> None:
    read = read_bytes(f"{HEADER}BTC,x,1,{A}\n")
    assert [(c.height, c.amount) for c in read.claims] == [(None, 10**8)]
    assert [(row, kind) for row, kind, _ in read.told] == [(2, FindingKind.BAD_HEIGHT)]


def test_a_bad_total_of_several_addresses_keeps_them(read_bytes: Reader) -> None:
    read = read_bytes(f"{HEADER}BTC,1,1x9,{A} {B}\n")
    assert len(read.claims) == 2
    assert [f.kind for f in read.findings] == [FindingKind.TOTAL_UNREADABLE]


def test_a_line_without_addresses_is_a_total_nobody_backs(read_bytes: Reader) -> None:
    read = read_bytes(f"{HEADER}BTC,1,5,\n")
    assert (read.claims, read.unreadable) == ([], [])
    assert [f.kind for f in read.findings] == [FindingKind.TOTAL_DIFFERS]


def test_odd_hex_stays_a_claim_to_be_judged(read_bytes: Reader) -> None:
    claim = read_bytes(f"{HEADER}ETH,1,1,0xabc\n").claims[0]
    assert claim.address_key == "?0xabc"
