"""One decimal mark in one file: what the user says of it holds for amounts, totals and heights."""

from __future__ import annotations

import pytest
from support.lists import Reader

from scanner.files.shown import number_text
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


HEADER = "network,coin,address,amount\n"


def row(number: int, text: str) -> str:
    return f"ethereum,USDT,0x{number:040x},{text}\n"


@pytest.mark.parametrize(
    ("shown", "doubted"),
    [
        ('"1.234,56"', True), ('"1,5"', True), ('"1234,567"', True), ('" 1.234,5 "', True),
        ("1.234.567", True), ('"1.234.567,8"', True), ('"1,5E3"', True), ('"0,500"', True),
        ('"1 234,5"', True), ('"1,234.56"', False), ('"1,234,567"', False), ("1.5", False),
        ("1234", False), ("1.2345", False), ("1.5E3", False), ("1 234.5", False),
    ],
)  # fmt: skip
def test_a_file_that_shows_the_comma_has_no_dots_beyond_doubt(
    read_bytes: Reader, shown: str, doubted: bool
) -> None:
    for rows in ([row(1, shown), row(2, "1.234")], [row(2, "1.234"), row(1, shown)]):
        read = read_bytes(HEADER + "".join(rows))
        amounts = {claim.address[-1]: claim.amount for claim in read.claims}
        assert amounts["1"] is not None
        assert amounts["2"] == (None if doubted else 1_234_000)
        assert [f.kind for f in read.findings] == [FindingKind.BAD_AMOUNT] * doubted
        for mark, amount in (("comma", 1234 * USDT), ("dot", 1_234_000)):
            said = read_bytes(HEADER + "".join(rows), columns={"decimal": mark})
            assert {c.address[-1]: c.amount for c in said.claims}["2"] == amount


def test_a_number_of_another_column_shows_it_too(read_bytes: Reader) -> None:
    text = "network,coin,address,amount,price\n" + row(1, '1.234,"0,9998"')
    assert read_bytes(text).claims[0].amount is None
    text = "network,coin,address,amount,note\n" + row(1, '1.234,"rows 1,5"')
    assert read_bytes(text).claims[0].amount == 1_234_000


@pytest.mark.parametrize(
    "note", ["Node 192.168.100.200 signs for us", '"We hold 1.234.567 of it"', "firmware 1.200.300"]
)
def test_numbers_inside_a_text_say_nothing_of_the_mark(read_bytes: Reader, note: str) -> None:
    text = "network,coin,address,amount,note\n" + row(1, f"1.234,{note}")
    assert read_bytes(text).claims[0].amount == 1_234_000


def test_both_marks_in_one_file_leave_what_has_one_meaning(read_bytes: Reader) -> None:
    rows = [row(1, '"1.234,56"'), row(2, '"1,234.56"'), row(3, "1.5"), row(4, "1.234")]
    amounts = [claim.amount for claim in read_bytes(HEADER + "".join(rows)).claims]
    assert amounts == [1_234_560_000, 1_234_560_000, 1_500_000, None]


def test_far_into_a_long_file_it_is_told_of_what_was_read_before(read_bytes: Reader) -> None:
    many = [row(number, "1.234") for number in range(1, 12_000)]
    assert len("".join(many)) > 2 * 262_144
    read = read_bytes(HEADER + "".join(many) + row(0, '"1.234,56"') + row(5, "7.777"))
    told = [f for f in read.findings if f.kind is FindingKind.NOT_UNDERSTOOD]
    assert ["the decimal mark" in finding.reason for finding in told] == [True]
    assert read.claims[-1].amount is None
    said = read_bytes(HEADER + "".join(many) + row(0, '"1.234,56"'), columns={"decimal": "comma"})
    assert (said.findings, said.claims[0].amount) == ([], 1234 * USDT)


@pytest.mark.parametrize("name", ["list.jsonl", "list.json"])
@pytest.mark.parametrize("first", [True, False])
def test_rows_of_json_show_it_too(read_bytes: Reader, name: str, first: bool) -> None:
    texts = ["1.234,56", "1.234"][:: 1 if first else -1]
    rows = [
        f'{{"coin":"USDT","network":"ethereum","address":"0x{number:040x}","amount":"{text}"}}'
        for number, text in enumerate(texts, 1)
    ]
    read = read_bytes("\n".join(rows) if name.endswith("l") else f"[{','.join(rows)}]", name)
    doubted = [FindingKind.NOT_UNDERSTOOD, FindingKind.UNIT_DOUBTED]
    kinds = [FindingKind.BAD_AMOUNT] if first else doubted
    assert [finding.kind for finding in read.findings] == kinds
    assert next(claim.amount for claim in read.claims if claim.row == 1) is not None


def test_a_total_is_doubted_as_its_rows_are(read_bytes: Reader) -> None:
    rows = f'USDT,ETH,,{A},"1.234,00",m,s,,\n'
    okx = read_bytes(f"coin,balance\nUSDT,1.234\n\n{SIGNED}{rows}")
    assert [finding.kind for finding in okx.findings] == [FindingKind.TOTAL_UNREADABLE]
    bybit = read_bytes(
        f'Coin,Height,Amount,Address\nUSDT-Ethereum,1,1.234,"{A} {B}"\n'
        f'BTC,1,"1,5",{BTC}\nETH,1,1.234,{A}\n'
    )
    assert [line.amount for line in bybit.totals] == [None]
    assert [claim.amount for claim in bybit.claims] == [None, None, 150_000_000, None]


def test_a_table_of_pipes_needs_no_quotes(read_bytes: Reader) -> None:
    text = "| asset | network | address | amount |\n|---|---|---|---|\n"
    text += f"| USDT | ethereum | {A} | 1.234 |\n| USDT | ethereum | {B} | 1,5 |\n"
    assert [claim.amount for claim in read_bytes(text).claims] == [None, 1_500_000]
