"""Words and numbers beside what is owed: read past, less would be owed, and the ratio better."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from scanner.errors import InputError, ListFormatError
from scanner.liabilities.published import read_liabilities
from scanner.liabilities.record import check_ratio
from scanner.lists import numbers
from scanner.model import amount

DECIMALS = {"BTC": 8, "ETH": 18}


def owed(folder: Path, table: str, settled: tuple[str, ...] = ()):
    path = folder / "owed.csv"
    path.write_text(table, encoding="utf-8")
    return read_liabilities(path, DECIMALS, settled)


UNITS = [
    "in thousands",
    "in 000s",
    "satoshis",
    "x 1000",
    "millions",
    "$",
    "per cent",
    "unit: k",
    "1e6",
]
SCOPES = [
    "US users only",
    "EU customers",
    "retail",
    "excluding institutional accounts",
    "excl. earn",
    "Acme Europe Ltd, verified users",
    "nur Privatkunden",
    "partial",
    "without margin",
    "after deducting own holdings",
    "minus collateral",
    "half of them",
    "KYC accounts",
    "net",
    "仅限现货账户",
    "現物口座のみ",
    "일부 사용자",
    "только спот",
    "за вычетом займов",
    "sólo clientes minoristas",
    "hors comptes institutionnels",
    "abzüglich Kredite",
    "sadece spot",
]


@pytest.mark.parametrize("column", ["note", "description", "Comments", "label", "remarks"])
@pytest.mark.parametrize("text", UNITS)
def test_a_note_of_a_unit_or_scale_is_asked_about(tmp_path, column, text):
    table = f'asset,amount,x,{column}\nBTC,100,,"{text}"\n'.replace(",x,", ",price,")
    with pytest.raises(ListFormatError, match="use --in UNIT") as caught:
        owed(tmp_path, table)
    assert (caught.value.line, caught.value.column) == (2, 4)
    with pytest.raises(ListFormatError, match="use --in UNIT"):
        owed(tmp_path, table, ("scope",))
    assert owed(tmp_path, table, ("unit",))[0].amount == 100 * 10**8


@pytest.mark.parametrize("text", SCOPES)
def test_a_note_of_some_users_is_asked_about(tmp_path, text):
    table = f'asset,description,amount\nBTC,"{text}",100\n'
    with pytest.raises(ListFormatError, match="use --of WHOM") as caught:
        owed(tmp_path, table)
    assert (caught.value.line, caught.value.column) == (2, 2)
    with pytest.raises(ListFormatError, match="use --of WHOM"):
        owed(tmp_path, table, ("unit",))
    assert owed(tmp_path, table, ("scope",))[0].amount == 100 * 10**8
    (btc,) = owed(tmp_path, f'asset,description,amount,scope\nBTC,"{text}",100,"{text}"\n')
    assert btc.detail["scope"] == text


@pytest.mark.parametrize("text", ["", "x", "audited", "as of 2026-11-01", "all users", "Bitcoin"])
def test_a_note_that_says_nothing_of_the_amount_is_passed_over(tmp_path, text):
    (btc,) = owed(tmp_path, f'asset,amount,note\nBTC,100,"{text}"\n')
    assert (btc.amount, btc.detail) == (100 * 10**8, {})


@pytest.mark.parametrize("cells", ["1,500", "1,5", "12,034.5"])
def test_a_number_that_a_comma_parts_is_no_amount_with_a_note(tmp_path, cells):
    """`1,500` without quotes is 1 and a note 500."""
    with pytest.raises(ListFormatError, match="may be one number"):
        owed(tmp_path, f"asset,amount,note\nBTC,{cells}\n")


@pytest.mark.parametrize(
    "shown", ["1.234,56", "1.234.567", "1,5", "12,5 %", "1.234,56 BTC", "€ 0,5"]
)
def test_a_comma_in_any_cell_is_about_every_dot(tmp_path, shown):
    for table in (
        f'asset,amount,reserves\nBTC,1.234,"{shown}"\n',
        f'asset,amount,reserves\nBTC,1.234,1\nETH,1,"{shown}"\n',
        f'asset,reserves,amount,ratio\nBTC,"{shown}",2,1.045\n',
    ):
        with pytest.raises(ListFormatError, match=re.escape("may separate thousands or decimals")):
            owed(tmp_path, table)
    table = f'asset,amount,reserves\nBTC,1.2340,"{shown}"\n'
    assert owed(tmp_path, table)[0].amount == 123_400_000


@pytest.mark.parametrize(
    "shown", ["1,234", "1,234,567", "1,234.5", "1.5", "2026-11-01", "1234.567"]
)
def test_a_table_with_decimal_points_keeps_them(tmp_path, shown):
    (btc,) = owed(tmp_path, f'asset,amount,reserves\nBTC,1.234,"{shown}"\n')
    assert btc.amount == 123_400_000


@pytest.mark.parametrize(
    "text",
    [
        *("1,5", "1,234", "0,500", "12345,678", "1.234,56", "1.234,567", "1.234.567", "1.234"),
        *("1,234,567", "1,234.5", "1 234,5", "1'234,5", "1.23,4", "1,2,3", "12.34.567", "x", ""),
        *("0.234.567", "1 234", "1.234.56", "1234.567,8", ",5", "5,", "1.5", "0,5", "999,999"),
    ],
)
def test_lists_and_liabilities_see_the_same_commas(text):
    """One rule for both sides of a ratio."""
    assert amount.shows_comma(text) == numbers.shows_comma(text)


@pytest.mark.parametrize("text", ["105", "10", "99.75", "1000000", "104.5"])
def test_a_percentage_without_its_sign_is_no_ratio(tmp_path, text):
    with pytest.raises(ListFormatError, match=re.escape(f"write {text} %, or 1.05 for 105 %")):
        owed(tmp_path, f"asset,amount,coverage\nBTC,1,{text}\n")
    (btc,) = owed(tmp_path, f"asset,amount,coverage\nBTC,1,{text} %\n")
    assert float(btc.detail["published_ratio"]) == float(text) / 100
    with pytest.raises(InputError, match=re.escape("give a ratio such as 1.05, which is 105 %")):
        check_ratio(text)


def test_ratios_below_ten_are_read(tmp_path):
    (btc,) = owed(tmp_path, "asset,amount,coverage\nBTC,1,9.99\n")
    assert btc.detail["published_ratio"] == check_ratio("9.99") == "9.99"


@pytest.mark.parametrize(
    ("name", "option"),
    [
        *((n, "--in UNIT") for n in ("owed_in_thousands.csv", "liabilities-usd.csv", "owedInSats.csv")),
        *((n, "--of WHOM") for n in ("owed_us_users.csv", "okx-EU-liabilities.csv", "retail.csv")),
    ],
)  # fmt: skip
def test_a_name_of_the_file_that_may_say_so_is_asked_about(tmp_path, name, option):
    path = tmp_path / name
    path.write_text("asset,amount\nBTC,100\n")
    with pytest.raises(ListFormatError, match=f"{option}.*rename the file"):
        read_liabilities(path, DECIMALS)
    settled = ("unit",) if option == "--in UNIT" else ("scope",)
    assert read_liabilities(path, DECIMALS, settled)[0].amount == 100 * 10**8
    path.write_text("asset,amount,unit,scope\nBTC,100,,all\n")
    assert read_liabilities(path, DECIMALS)[0].amount == 100 * 10**8


@pytest.mark.parametrize(
    "name",
    [
        "owed.csv", "customer_liabilities.csv", "user-balances-2026-11-01.csv", "USDT-USDC.csv",
        "clients_verified.csv", "okx_por_liabilities_v3.csv", "tree.txt", "Kraken Q3 2026.csv",
    ],
)  # fmt: skip
def test_other_names_of_files_say_nothing(tmp_path, name):
    (tmp_path / name).write_text("asset,amount\nBTC,100\n")
    assert read_liabilities(tmp_path / name, DECIMALS)[0].amount == 100 * 10**8


def _workbook(path: Path, title: str = "Sheet", comment: str = "") -> Path:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    book.active.title = title
    for row in (["asset", "amount"], ["BTC", 100]):
        book.active.append(row)
    if comment:
        book.active["B1"].comment = openpyxl.comments.Comment(comment, "x")
    book.save(path)
    return path


@pytest.mark.parametrize(
    ("more", "option"),
    [
        ({"title": "US users"}, "--of WHOM"),
        ({"title": "In millions"}, "--in UNIT"),
        ({"comment": "in thousands"}, "--in UNIT"),
        ({"comment": "retail accounts only"}, "--of WHOM"),
    ],
)
def test_a_sheet_and_comments_on_its_cells_are_asked_about(tmp_path, more, option):
    with pytest.raises(ListFormatError, match=option):
        read_liabilities(_workbook(tmp_path / "owed.xlsx", **more), DECIMALS)
    plain = _workbook(tmp_path / "owed.xlsx", "Liabilities", "audited on 2026-11-02")
    assert read_liabilities(plain, DECIMALS)[0].amount == 100 * 10**8


BESIDE = ["source", "accounts", "users", "network", "chains", "url", "exchange", "rank", "price"]


@pytest.mark.parametrize("column", BESIDE)
@pytest.mark.parametrize("text", ["in thousands of BTC", "x1000", "wei", "100 sat", "in millions"])
def test_a_unit_in_a_column_of_something_else_is_asked_about(tmp_path, column, text):
    """What a column is called does not say what stands in its cells."""
    table = f'asset,amount,{column}\nBTC,100,"{text}"\n'
    with pytest.raises(ListFormatError, match="use --in UNIT") as caught:
        owed(tmp_path, table)
    assert (caught.value.line, caught.value.column) == (2, 3)
    assert owed(tmp_path, table, ("unit",))[0].amount == 100 * 10**8


@pytest.mark.parametrize("column", BESIDE)
@pytest.mark.parametrize("text", ["only EU", "excluding US customers", "Acme, U.S.", "EU branch"])
def test_some_users_in_a_column_of_something_else_are_asked_about(tmp_path, column, text):
    table = f'asset,{column},amount\nBTC,"{text}",100\n'
    with pytest.raises(ListFormatError, match="use --of WHOM") as caught:
        owed(tmp_path, table)
    assert (caught.value.line, caught.value.column) == (2, 2)
    assert owed(tmp_path, table, ("scope",))[0].amount == 100 * 10**8


@pytest.mark.parametrize(
    ("text", "option"),
    [
        ("2026-11-01, in thousands", "--in UNIT"),
        ("2026-11-01 (satoshis)", "--in UNIT"),
        ("2026-11-01, US users only", "--of WHOM"),
    ],
)
def test_what_stands_behind_a_day_is_asked_about(tmp_path, text, option):
    with pytest.raises(ListFormatError, match=f"use {option}"):
        owed(tmp_path, f'asset,amount,as_of\nBTC,100,"{text}"\n')


@pytest.mark.parametrize(
    ("column", "text"),
    [
        *(("as_of", day) for day in ("block 925000", "Bitcoin block 925,000", "1 November 2026")),
        *(("as_of", day) for day in ("2026-11-01 00:00 UTC", "Q3 2026", "November 2026", "")),
        *(("users", count) for count in ("1234", "12,345,678", "1 234 users", "12.5k")),
        *(
            ("usd_value", money)
            for money in ("$1,234.5", "USD 5", "12.5M", "1.2bn USD", "5 \u20ac")
        ),
        *(("network", name) for name in ("Ethereum (ERC20)", "all networks", "TRC20", "X Layer")),
        *(("url", place) for place in ("https://okx.com/en-us/proof", "okx.com", "por.okx.com/us")),
        *(("exchange", name) for name in ("OKX", "Gate.io", "Crypto.com", "Backpack")),
        *(("id", number) for number in ("1", "#7", "A1", "user_3")),
        ("source", "Merkle tree of 2026-11-01"),
    ],
)
def test_a_column_that_holds_what_it_is_called_is_passed_over(tmp_path, column, text):
    (btc,) = owed(tmp_path, f'asset,amount,{column}\nBTC,100,"{text}"\n')
    assert btc.amount == 100 * 10**8
