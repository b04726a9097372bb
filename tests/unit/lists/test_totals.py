"""Lines of a list's own totals block."""

from __future__ import annotations

import pytest

from scanner.lists.totals import declared_total, group_decimals
from scanner.model.registry import Registry


def test_a_coin_and_a_group(registry: Registry) -> None:
    coin = declared_total(registry, 3, " USDT-TRC20", "46095694", " 5436.9044")
    assert (coin.asset, coin.network, coin.decimals, coin.amount) == ("USDT", "tron", 6, 5436904400)
    assert (coin.height, coin.places, coin.group, coin.row) == (46095694, 4, False, 3)
    group = declared_total(registry, 4, "usdt (all)", "-", "5569")
    assert (group.asset, group.network, group.group, group.decimals) == ("USDT", "", True, 18)
    assert (group.amount, group.height) == (5569 * 10**18, None)


def test_a_group_is_in_its_finest_unit(registry: Registry) -> None:
    assert group_decimals(registry, "BTC") == 18 or group_decimals(registry, "BTC") == 8
    assert group_decimals(registry, "nothing") is None


@pytest.mark.parametrize(
    ("coin", "amount", "words"),
    [
        ("BTC", "-1", "negative"),
        ("BTC", "", "empty"),
        ("BTC", "1e400", "larger"),
        ("BTC", "0.000000001", "rounded"),
        ("WHAT", "1", "unknown coin"),
        ("WHAT(ALL)", "1", "unknown group"),
        ("(ALL)", "1", "unknown group"),
        ("", "1", "unknown coin"),
        ("=cmd()", "1", "unknown coin"),
    ],
)
def test_a_line_that_cannot_be_read_says_why(
    registry: Registry, coin: str, amount: str, words: str
) -> None:
    total = declared_total(registry, 1, coin, "", amount)
    assert total.amount is None
    assert words in total.reason
