"""Prices that a user brings: strict, every refusal with line and column, nothing by halves."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from scanner.errors import ListFormatError
from scanner.prices import csv_file
from scanner.prices.csv_file import read_prices
from scanner.settings.tables import load_registry

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
HEAD = "asset,price_usd,at,source\n"
GOOD = "BTC,90000.5,2026-11-20T00:00:00Z,Kraken\n"


def read(tmp_path, text):
    file = tmp_path / "prices.csv"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_prices(file, load_registry(), NOW)


def test_rows_become_prices_in_order(tmp_path):
    text = (
        "\ufeffAsset, price_usd,at,source\r\n"
        'usdc.E,0.9998,2026-11-20T01:00:00+01:00,"Kraken, closing"\r\n\r\n' + GOOD
    )
    first, second = read(tmp_path, text)
    assert (first.asset, first.text, first.source) == ("USDC.e", "0.9998", "csv: Kraken, closing")
    assert first.at == second.at == datetime(2026, 11, 20, tzinfo=UTC)
    assert (second.value, second.decimals) == (900005, 1)


@pytest.mark.parametrize(
    ("row", "column", "words"),
    [
        ("BTC,0,2026-11-20T00:00:00Z,x", 2, "0 is not a price"),
        ("BTC,-5,2026-11-20T00:00:00Z,x", 2, "negative"),
        ("BTC,9e4,2026-11-20T00:00:00Z,x", 2, "exponent"),
        ("BTC,,2026-11-20T00:00:00Z,x", 2, "empty"),
        ('BTC,"90,000",2026-11-20T00:00:00Z,x', 2, "comma"),
        ("BTCX,1,2026-11-20T00:00:00Z,x", 1, "unknown asset 'BTCX'"),
        (",1,2026-11-20T00:00:00Z,x", 1, "unknown asset"),
        ("BTC,1,2026-11-20,x", 3, "with its offset"),
        ("BTC,1,2026-11-20T00:00:00,x", 3, "with its offset"),
        ("BTC,1,2026-02-30T00:00:00Z,x", 3, "no such time"),
        ("BTC,1,2026-11-20T25:00:00Z,x", 3, "no such time"),
        ("BTC,1,0001-01-01T00:00:00+14:00,x", 3, "no such time"),
        ("BTC,1,1763600000,x", 3, "not a time"),
        ("BTC,1,2026-11-21T12:00:01Z,x", 3, "in the future"),
        ("BTC,1,2008-01-01T00:00:00Z,x", 3, "before the first coin"),
        ("BTC,1,2026-11-20T00:00:00Z,", 4, "printable"),
        ("BTC,1,2026-11-20T00:00:00Z,a\x1b[2Jb", 4, "printable"),
        ("BTC,1,2026-11-20T00:00:00Z," + "x" * 300, 4, "printable"),
        ("BTC,1,2026-11-20T00:00:00Z", 3, "3 fields, not 4"),
        ("BTC,1,000,2026-11-20T00:00:00Z,x", 5, "5 fields, not 4"),
        ("BTC,90001,2026-11-20T00:00:00Z,Kraken", 2, "two prices with the same time"),
    ],
)
def test_a_bad_row_names_its_place(tmp_path, row, column, words):
    with pytest.raises(ListFormatError, match=words) as e:
        read(tmp_path, HEAD + GOOD + "\n" + row + "\n")
    assert (e.value.line, e.value.column) == (4, column)


def test_the_same_price_twice_is_one(tmp_path):
    assert len(read(tmp_path, HEAD + GOOD + GOOD.replace("90000.5", "90000.50"))) == 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "first line"),
        (GOOD, "first line"),
        ("asset,price,at,source\n" + GOOD, "first line"),
        (HEAD, "a header but no prices"),
        (HEAD.encode() + b"BTC,1,2026-11-20T00:00:00Z,\xff\n", ":2: not UTF-8"),
        (HEAD + "BTC,1,2026-11-20T00:00:00Z,\0\n", ":2: has a NUL byte"),
        (HEAD + 'BTC,1,2026-11-20T00:00:00Z,"x\n', "not a CSV line"),
    ],
)
def test_what_is_no_price_file_is_refused(tmp_path, text, words):
    with pytest.raises(ListFormatError, match=words):
        read(tmp_path, text)


def test_size_and_absence(tmp_path, monkeypatch):
    monkeypatch.setattr(csv_file, "MAX_FILE", 10)
    with pytest.raises(ListFormatError, match="larger than"):
        read(tmp_path, HEAD + GOOD)
    with pytest.raises(ListFormatError, match="No such file"):
        read_prices(tmp_path / "none.csv", load_registry(), NOW)
