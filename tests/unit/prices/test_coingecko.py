"""Answers of the documented shape, and every other one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from scanner.errors import SourceUnavailableError
from scanner.model.jsontext import read_json
from scanner.prices.coingecko import fetch_prices, load_ids
from scanner.prices.interface import NoPrice, Price
from scanner.settings.tables import load_registry

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
AT = int(NOW.timestamp()) - 60


def fetch(body, **ids):
    asked = []

    def get(path):
        asked.append(path)
        return read_json(body)

    found = fetch_prices(get, ids or {"BTC": "bitcoin"}, NOW, timedelta(hours=25))
    return found, asked


def test_the_documented_answer_is_read_exactly():
    body = (
        f'{{"bitcoin": {{"usd": 67187.3358936566, "last_updated_at": {AT}}},'
        f'"shiba-inu": {{"usd": 1.234e-05, "last_updated_at": {AT}}},'
        f'"tether": {{"usd": 1, "last_updated_at": {AT}}}}}'
    )
    found, asked = fetch(body, BTC="bitcoin", SHIB="shiba-inu", USDT="tether", ETH="ethereum")
    *prices, missing = found
    assert [price.text for price in prices] == ["67187.3358936566", "0.00001234", "1"]
    assert prices[0].at == NOW - timedelta(seconds=60)
    assert prices[0].source == "coingecko: bitcoin"
    assert isinstance(missing, NoPrice)
    assert "knows no 'ethereum'" in missing.reason
    assert asked == [
        "simple/price?ids=bitcoin,ethereum,shiba-inu,tether"
        "&vs_currencies=usd&include_last_updated_at=true&precision=full"
    ]


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (f'{{"usd": 0, "last_updated_at": {AT}}}', "0 is not a price"),
        (f'{{"usd": 0.0, "last_updated_at": {AT}}}', "0 is not a price"),
        (f'{{"usd": -5.5, "last_updated_at": {AT}}}', "negative"),
        (f'{{"usd": null, "last_updated_at": {AT}}}', "not a number"),
        (f'{{"usd": true, "last_updated_at": {AT}}}', "not a number"),
        (f'{{"usd": "67187", "last_updated_at": {AT}}}', "not a number"),
        (f'{{"usd": 1e400, "last_updated_at": {AT}}}', "too large or too small"),
        (f'{{"usd": 1e-999999, "last_updated_at": {AT}}}', "too large or too small"),
        (f'{{"usd": 1e999999999, "last_updated_at": {AT}}}', "too large or too small"),
        (f'{{"usd": 1e30, "last_updated_at": {AT}}}', "15 digits before the dot"),
        (f'{{"usd": 1e-50, "last_updated_at": {AT}}}', "36 digits after the dot"),
        (f'{{"last_updated_at": {AT}}}', "not a number"),
        ('{"usd": 5}', "no time"),
        ('{"usd": 5, "last_updated_at": 0}', "no time"),
        ('{"usd": 5, "last_updated_at": 1e9}', "no time"),
        ('{"usd": 5, "last_updated_at": 999999999999}', "no time"),
        (f'{{"usd": 5, "last_updated_at": {AT + 400}}}', "in the future"),
        (f'{{"usd": 5, "last_updated_at": {AT - 25 * 3600}}}', "stale"),
        ("[]", "knows no 'bitcoin'"),
        ("5", "knows no 'bitcoin'"),
    ],
)
def test_no_price_comes_of_anything_else(said, words):
    ((found,), _) = fetch(f'{{"bitcoin": {said}}}')
    assert isinstance(found, NoPrice)
    assert words in found.reason


@pytest.mark.parametrize("body", ["[]", "null", '"x"', "5"])
def test_another_answer_is_an_error(body):
    with pytest.raises(SourceUnavailableError, match="coingecko"):
        fetch(body)


def test_a_clock_a_little_ahead_is_forgiven_and_nothing_is_asked_for_nothing():
    ((found,), _) = fetch(f'{{"bitcoin": {{"usd": 5, "last_updated_at": {AT + 300}}}}}')
    assert isinstance(found, Price)
    assert fetch_prices(lambda path: 1 / 0, {}, NOW, timedelta(hours=1)) == []


def test_the_shipped_names_are_of_known_assets():
    ids = load_ids(load_registry())
    assert ids["BTC"] == "bitcoin"
    assert ids["USDT"] == "tether"
    assert "BETH" not in ids
    assert "USDC.e" not in ids
