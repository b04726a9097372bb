"""The table of feeds is checked when it is read."""

from __future__ import annotations

import pytest

from scanner.errors import ConfigError
from scanner.prices.feeds import load_feeds
from scanner.settings.tables import load_registry

HEAD = "asset,network,chain,contract,description,source\n"
GOOD = "ETH,ethereum,1,0x5f4eC3Df9cbd43714FE2740f5E3616155c5b8419,ETH / USD,here\n"


def load(tmp_path, text):
    file = tmp_path / "feeds.csv"
    file.write_text(text)
    return load_feeds(load_registry(), file)


def test_a_table_of_ones_own(tmp_path):
    (feed,) = load(tmp_path, HEAD + GOOD.lower().replace("eth / usd", "ETH / USD"))
    assert (feed.asset, feed.name) == ("ETH", "0x5f4eC3Df9cbd43714FE2740f5E3616155c5b8419")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ":1: the first line"),
        (HEAD + GOOD.replace("ETH,", "XXX,"), ":2: no asset 'XXX'"),
        (HEAD + GOOD.replace("ethereum", "nowhere"), ":2: no asset 'ETH', or no network"),
        (HEAD + GOOD.replace("8419", "8418"), "EIP-55"),
        (HEAD + GOOD.replace("0x5f", "5f"), "40 hex digits"),
        (HEAD + GOOD + GOOD, ":3: ETH has two feeds"),
        (HEAD + GOOD.replace("here", ""), "none of them empty"),
        (HEAD + GOOD.replace(",here", ""), "6 fields"),
        (HEAD + '"', "cannot read"),
    ],
)
def test_a_wrong_table_is_refused(tmp_path, text, words):
    with pytest.raises(ConfigError, match=words):
        load(tmp_path, text)


def test_a_missing_table_is_said(tmp_path):
    with pytest.raises(ConfigError, match="cannot read"):
        load_feeds(load_registry(), tmp_path / "none.csv")
