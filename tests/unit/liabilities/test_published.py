"""The plain CSV of published liabilities: exact, refused in every doubtful case."""

from __future__ import annotations

import gzip
import re
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scanner.errors import InputError, ListFormatError
from scanner.liabilities.interface import Liability, LiabilityEvidence
from scanner.liabilities.published import asset_decimals, read_liabilities
from scanner.lists.open import open_list
from scanner.model.claim import Claim
from scanner.settings.tables import load_registry

DECIMALS = {"BTC": 8, "USDT": 6, "ETH": 18}


def write(tmp_path: Path, data: bytes) -> Path:
    path = tmp_path / "owed.csv"
    path.write_bytes(data)
    return path


def test_reads_whole_coins_into_base_units_in_file_order(tmp_path: Path) -> None:
    path = write(tmp_path, b"asset,amount\nETH,0.000000000000000001\nbtc, 21000000.00000001\n")
    eth, btc = read_liabilities(path, DECIMALS)
    assert (eth.asset, eth.amount, eth.decimals) == ("ETH", 1, 18)
    assert (btc.asset, btc.amount, btc.decimals) == ("BTC", 2100000000000001, 8)
    assert btc.evidence is LiabilityEvidence.PUBLISHED
    assert not btc.evidence.proves_coin_totals
    assert btc.source == "owed.csv"


@pytest.mark.parametrize(
    "data",
    [
        b"\xef\xbb\xbfasset,amount\r\nBTC,1\r\n",
        b'coin,as of,amount\n\nBTC,2026-11-01,"1"\n,,\n',
        b"Amount,Asset\n1.00000000,BTC\n",
    ],
    ids=["bom and crlf", "other columns, quotes, blank lines", "other order"],
)
def test_accepts_what_spreadsheets_write(tmp_path: Path, data: bytes) -> None:
    (btc,) = read_liabilities(write(tmp_path, data), DECIMALS)
    assert (btc.asset, btc.amount) == ("BTC", 10**8)


@pytest.mark.parametrize(
    ("data", "line", "column", "words"),
    [
        (b"", 1, None, "must name the columns"),
        (b"asset,amount\n", None, None, "no liabilities"),
        (b"BTC,1\n", 1, None, "must name the columns"),
        (b"asset,amount\nBTC,-1\n", 2, 2, "negative"),
        (b"asset,amount\nBTC,1e400\n", 2, 2, "exponent"),
        (b"asset,amount\nBTC,0.000000001\n", 2, 2, "rounded"),
        (b"asset,amount\nBTC,\n", 2, 2, "empty"),
        (b"asset,amount\nBTC\n", 2, 2, "empty"),
        (b"asset,amount\nBTC,1,000\n", 2, 3, "more fields"),
        (b"asset,amount\nBTC,1\n\nbtc,2\n", 4, 1, "twice"),
        (b"asset,amount\n=cmd(),1\n", 2, 1, "unknown asset"),
        (b'asset,amount\nBTC,"1\n', 2, None, "not a CSV line"),
        (b"asset,amount\nBTC,1\n\xff\xfe,2\n", 3, None, "UTF-8"),
        (b"asset,amount\nB\0TC,1\n", 2, None, "NUL"),
        (b"x" * 1_000_001, None, None, "larger than"),
    ],
)
def test_names_the_place_and_the_reason(
    tmp_path: Path, data: bytes, line: int | None, column: int | None, words: str
) -> None:
    with pytest.raises(ListFormatError, match=words) as caught:
        read_liabilities(write(tmp_path, data), DECIMALS)
    assert (caught.value.line, caught.value.column) == (line, column)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No such file"):
        read_liabilities(tmp_path / "none.csv", DECIMALS)


def test_thirty_digits_stay_exact(tmp_path: Path) -> None:
    path = write(tmp_path, b"asset,amount\nBTC,123456789012345678901234567890.12345678\n")
    assert read_liabilities(path, DECIMALS)[0].amount == 12345678901234567890123456789012345678


def test_the_registry_gives_the_widest_unit_of_an_asset() -> None:
    registry = load_registry()
    decimals = asset_decimals(registry)
    for holding in registry.holdings():
        assert decimals[holding.asset] >= holding.decimals
    assert decimals["BTC"] == 8


def test_a_liability_cannot_be_negative() -> None:
    with pytest.raises(ValueError, match="negative"):
        Liability("BTC", -1, 8, LiabilityEvidence.PUBLISHED, "x")


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    body=st.binary(max_size=300)
    | st.text(max_size=200).map(lambda t: t.encode("utf-8", "surrogatepass"))
)
def test_any_bytes_give_liabilities_or_the_one_error(tmp_path: Path, body: bytes) -> None:
    try:
        found = read_liabilities(write(tmp_path, b"asset,amount\n" + body), DECIMALS)
    except InputError:
        return
    assert found
    assert all(item.amount >= 0 and item.asset in DECIMALS for item in found)


@pytest.mark.parametrize(
    ("data", "amount"),
    [
        (b"asset,amount\nUSDT-ERC20,100\nUSDT-TRC20,50\n", 150),
        (b"asset;amount\nUSDT;150\n", 150),
        (b"sep=;\nasset;amount\nUSDT;150\n", 150),
        (b"asset\tamount\nUSDT\t150\n", 150),
        ("asset,amount\nUSDT,150\n".encode("utf-16"), 150),
        (gzip.compress(b"asset,amount\nUSDT,150\n", mtime=0), 150),
    ],
    ids=["coin names", "semicolons", "sep line", "tabs", "utf-16", "gzip"],
)
def test_figures_as_people_have_them(tmp_path: Path, data: bytes, amount: int) -> None:
    (usdt,) = read_liabilities(write(tmp_path, data), load_registry())
    assert (usdt.asset, usdt.amount) == ("USDT", amount * 10**usdt.decimals)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"asset;amount\nBTC;1,5\n", "write 1500.5, with a point"),
        (b"asset,amount\nUSDT,100\nUSDT-TRC20,50\n", "does USDT include the other"),
        (b"asset,amount\nUSDT-TRC20,50\nUSDT,100\n", "does USDT include the other"),
        (b"asset,amount\nUSDT-ERC20,100\nusdt-erc20,50\n", "given twice"),
        (b"asset,amount,date\nUSDT-ERC20,1,2026-01\nUSDT-TRC20,1,2026-02\n", "as of '2026-01'"),
    ],
)
def test_doubtful_figures_are_refused(tmp_path: Path, data: bytes, words: str) -> None:
    with pytest.raises(ListFormatError, match=re.escape(words)):
        read_liabilities(write(tmp_path, data), load_registry())


@pytest.mark.parametrize(
    ("header", "column", "words"),
    [
        ("asset,amount,scale", 3, "column 'scale' is not understood"),
        ("asset,amount,decimals", 3, "column 'decimals' is not understood"),
        ("asset,in thousands,amount", 2, "column 'in thousands' is not understood"),
        ("asset,amount,total", 3, "two columns mean the amount"),
        ("coin,amount,symbol", 3, "two columns mean the asset"),
        ("asset,amount,as of,date", 4, "two columns mean the as of"),
        ("asset,amount,of retail users", 3, "--of WHOM"),
        ("asset,amount,ratio (%)", 3, "column 'ratio (%)' is not understood"),
        ("asset,amount,amount ($)", 3, "column 'amount ($)' is not understood"),
    ],
)
def test_a_column_that_may_say_something_is_not_passed_over(
    tmp_path: Path, header: str, column: int, words: str
) -> None:
    path = write(tmp_path, f"{header}\nBTC,1,2,3\n".encode())
    with pytest.raises(ListFormatError, match=re.escape(words)) as caught:
        read_liabilities(path, DECIMALS)
    assert (caught.value.line, caught.value.column) == (1, column)


def test_an_amount_of_money_is_no_amount_of_coins(tmp_path: Path) -> None:
    with pytest.raises(ListFormatError, match="must name the columns"):
        read_liabilities(write(tmp_path, b"asset,amount ($)\nBTC,1\n"), DECIMALS)


def test_columns_that_say_nothing_of_what_is_owed_are_passed_over(tmp_path: Path) -> None:
    data = b"No.,Coin,User Balances,Wallet Assets,Reserve Ratio,Note\n1,BTC,2,2.1,105 %,x\n"
    (btc,) = read_liabilities(write(tmp_path, data), DECIMALS)
    assert (btc.amount, btc.detail) == (2 * 10**8, {"published_ratio": "1.05"})


@pytest.mark.parametrize(
    ("text", "ratio"),
    [
        ("1.05", "1.05"),
        ("105%", "1.05"),
        ("99.75 %", "0.9975"),
        ("5 %", "0.05"),
        ("1000%", "10.00"),
    ],
)
def test_the_publishers_own_ratio_is_kept_exactly(tmp_path: Path, text: str, ratio: str) -> None:
    path = write(tmp_path, f"asset,amount,ratio\nBTC,1,{text}\nETH,1,\n".encode())
    btc, eth = read_liabilities(path, DECIMALS)
    assert (btc.detail, eth.detail) == ({"published_ratio": ratio}, {})


@pytest.mark.parametrize("text", ["1:1", "-1", "1e2", "over 100%", "1.05 %%"])
def test_what_is_no_ratio_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(ListFormatError, match="is not a ratio"):
        read_liabilities(write(tmp_path, f"asset,amount,ratio\nBTC,1,{text}\n".encode()), DECIMALS)
    two = b"asset,amount,ratio\nUSDT-ERC20,1,1.1\nUSDT-TRC20,1,1.2\n"
    with pytest.raises(ListFormatError, match="two ratios of USDT"):
        read_liabilities(write(tmp_path, two), load_registry())


def test_what_a_table_says_of_unit_and_of_whom_is_kept(tmp_path: Path) -> None:
    """Dollars are no coins, and some users are not all: the first gives no ratio, both are told."""
    table = b"asset,amount,unit,scope\nBTC,5,USD,users in the EU\nETH,7,eth,\nUSDT,9,coins,\n"
    btc, eth, usdt = read_liabilities(write(tmp_path, table), DECIMALS)
    assert (btc.detail, btc.comparable) == ({"unit": "USD", "scope": "users in the EU"}, False)
    assert [(o.detail, o.comparable) for o in (eth, usdt)] == [({}, True)] * 2
    registry = load_registry()
    parts = b"coin,amount,unit\nUSDT-ERC20,1,USDT\nUSDT-TRC20,2,USDT-TRC20\n"
    (whole,) = read_liabilities(write(tmp_path, parts), registry)
    assert (whole.amount, whole.detail) == (3 * 10**whole.decimals, {})
    mixed = b"coin,amount,scope\nUSDT-ERC20,1,\nUSDT-TRC20,2,users in the EU\n"
    with pytest.raises(ListFormatError, match="a different scope"):
        read_liabilities(write(tmp_path, mixed), registry)


@pytest.mark.parametrize(
    ("data", "amount"),
    [
        (b"asset,amount\nBTC,1.500\n", 150_000_000),
        (b"asset;amount\nBTC;1.5\n", 150_000_000),
        (b"asset;amount\nBTC;1.5000\n", 150_000_000),
        (b"asset;amount\nBTC;1500\n", 150_000_000_000),
        (b"asset;amount\nBTC;0.500\n", 50_000_000),
        (b"asset\tamount\nBTC\t1234.500\n", 123_450_000_000),
    ],
)
def test_a_dot_of_one_meaning_is_read(tmp_path: Path, data: bytes, amount: int) -> None:
    assert read_liabilities(write(tmp_path, data), DECIMALS)[0].amount == amount


@pytest.mark.parametrize(
    ("data", "line", "column", "words"),
    [
        (b"asset;amount\nBTC;1.500\n", 2, 2, "write 1500 or 1.5000"),
        (b"asset\tamount\nETH\t1\nBTC\t12.345\n", 3, 2, "write 12345 or 12.3450"),
        (b"asset|amount\nBTC|999.000\n", 2, 2, "write 999000 or 999.0000"),
        (b"sep=;\nasset;amount\nBTC;1.500\n", 3, 2, "write 1500 or 1.5000"),
        (b"asset;ratio;amount\nBTC;1.045;2\n", 2, 2, "write 1045 or 1.0450"),
        (b"asset;ratio;amount\nBTC;104.500 %;2\n", 2, 2, "write 104500 or 104.5000"),
    ],
)
def test_thousands_that_a_dot_may_part_are_no_decimals(
    tmp_path: Path, data: bytes, line: int, column: int, words: str
) -> None:
    """Read as decimals, 1,500 coins owed would be 1.5, and the ratio a thousand times too good."""
    with pytest.raises(ListFormatError, match=re.escape(words)) as caught:
        read_liabilities(write(tmp_path, data), DECIMALS)
    assert (caught.value.line, caught.value.column) == (line, column)


@given(st.integers(1, 999), st.integers(0, 999), st.sampled_from(";\t"))
def test_lists_and_liabilities_doubt_the_same_cells(whole: int, rest: int, delimiter: str) -> None:
    """One rule for both sides of a ratio."""
    cell = f"{whole}.{rest:03d}"
    registry = load_registry()
    holder = "1BoatSLRHtKNngkdXEeobR76b53LETtpyT"
    with TemporaryDirectory() as folder:
        held, owed = Path(folder, "list.csv"), Path(folder, "owed.csv")
        rows = [("coin", "address", "amount"), ("BTC", holder, cell)]
        held.write_text("".join(delimiter.join(row) + "\n" for row in rows))
        with open_list(str(held), registry) as opened:
            (row,) = [claim for claim in opened if isinstance(claim, Claim)]
        assert row.amount is None
        owed.write_text(f"asset{delimiter}amount\nBTC{delimiter}{cell}\n")
        with pytest.raises(ListFormatError, match="thousands or decimals"):
            read_liabilities(owed, registry)
