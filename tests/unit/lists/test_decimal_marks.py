"""One decimal mark in one file: what the user says of it holds for amounts, totals and heights."""

from __future__ import annotations

import pytest
from support.lists import Reader

from scanner.files.workbook import number_text
from scanner.model.finding import FindingKind

A = "0xdAC17F958D2ee523a2206206994597C13D831ec7"
B = "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48"
BTC = "1BoatSLRHtKNngkdXEeobR76b53LETtpyT"
USDT = 10**6
SIGNED = (
    "coin,network,snapshot height,address,balance,message,signature1,signature2,redeem script\n"
)


@pytest.mark.parametrize(
    ("text", "mark", "amount"),
    [
        ("1.234", "comma", 1234 * USDT),  # the dot parts thousands, as the user says
        ("1.234", "dot", 1_234_000),
        ("1.234", "", 1_234_000),
        ('"1,234"', "dot", 1234 * USDT),
        ('"1,234"', "comma", 1_234_000),
        ('"1,234"', "", None),
        ("1.5", "comma", None),
        ("1.5E5", "comma", None),
        ('"1,5E5"', "comma", 150_000 * USDT),
        ('"1,5E5"', "dot", None),
        ('"1,234,5e5"', "", None),
        ("1.234.5e5", "", None),
        ("1.234.567", "dot", None),
        ("1.234.567", "comma", 1_234_567 * USDT),
        ('"1,234,567"', "comma", None),
    ],
)
def test_an_amount_is_read_by_the_mark_or_not_at_all(
    read_bytes: Reader, text: str, mark: str, amount: int | None
) -> None:
    said = {"columns": {"decimal": mark}} if mark else {}
    read = read_bytes(f"network,coin,address,amount\nethereum,USDT,{A},{text}\n", **said)
    assert [claim.amount for claim in read.claims] == [amount]
    kinds = [finding.kind for finding in read.findings]
    assert kinds == ([] if amount is not None else [FindingKind.BAD_AMOUNT])


@pytest.mark.parametrize(
    ("total", "mark", "kinds"),
    [
        ("1.234", "comma", []),
        ("1.234", "dot", [FindingKind.TOTAL_DIFFERS]),
        ('"1,234"', "dot", []),
        ('"1.234,00"', "comma", []),
        ('"1.234,00"', "dot", [FindingKind.TOTAL_UNREADABLE]),
        ("1.5E3", "comma", [FindingKind.TOTAL_UNREADABLE]),
    ],
)
def test_totals_are_read_by_the_same_mark(
    read_bytes: Reader, total: str, mark: str, kinds: list[FindingKind]
) -> None:
    row = f"USDT,ETH,,{A},1234,m,s,,\n"
    okx = read_bytes(f"coin,balance\nUSDT,{total}\n\n{SIGNED}{row}", columns={"decimal": mark})
    assert [finding.kind for finding in okx.findings] == kinds
    bybit = read_bytes(
        f'Coin,Height,Amount,Address\nUSDT-Ethereum,1,{total},"{A} {B}"\n',
        columns={"decimal": mark},
        format="bybit_csv",
    )
    wanted = None if FindingKind.TOTAL_UNREADABLE in kinds else 1234 * USDT
    if FindingKind.TOTAL_DIFFERS not in kinds:
        assert [line.amount for line in bybit.totals] == [wanted]


def test_numbers_that_have_a_type_have_dots(read_bytes: Reader) -> None:
    """What is a number in a workbook or in JSON is never read with the dot as a group's mark."""
    assert [number_text(t) for t in ("1.234", "1.5", "0.125", "12345.678")] == [
        "1.2340", "1.5", "0.1250", "12345.6780",
    ]  # fmt: skip
    for name in ("list.json", "list.jsonl"):
        rows = f'{{"coin":"USDT","network":"ethereum","address":"{A}","amount":1.234}}\n'
        rows += f'{{"coin":"USDT","network":"ethereum","address":"{B}","amount":"1,5"}}\n'
        text = rows if name == "list.jsonl" else f"[{rows.strip().replace(chr(10), ',')}]"
        read = read_bytes(text, name, columns={"decimal": "comma"})
        assert [claim.amount for claim in read.claims] == [None, 1_500_000]


@pytest.mark.parametrize(
    ("parted", "height", "mark", "read_as"),
    [
        (";", "850.000", "", None),
        (";", "850,000", "", None),
        (";", "850.000", "comma", 850_000),
        (";", "850,000", "dot", 850_000),
        (";", "850,000", "comma", None),
        (";", "850 000", "", 850_000),
        (";", "850000,0", "", 850_000),
        (",", "850.000", "", None),
        (",", "1.000", "", None),
        (",", '"850,000"', "", 850_000),
        (",", "19.000.000", "", 19_000_000),
        (",", "850000.0", "", 850_000),
    ],
)
def test_a_height_is_a_block_beyond_doubt_or_none(
    read_bytes: Reader, parted: str, height: str, mark: str, read_as: int | None
) -> None:
    cells = ["bitcoin", "BTC", BTC, "1", height]
    text = f"{parted.join(('network', 'coin', 'address', 'amount', 'height'))}\n"
    read = read_bytes(
        text + parted.join(cells) + "\n", **({"columns": {"decimal": mark}} if mark else {})
    )
    assert [claim.height for claim in read.claims] == [read_as]
    kinds = [finding.kind for finding in read.findings]
    assert kinds == ([] if read_as is not None else [FindingKind.BAD_HEIGHT])
