"""A token's name on several networks: which one a row means is said, and never taken for granted."""

from __future__ import annotations

import json

import pytest
from support.lists import Reader

from scanner.model.finding import FindingKind

A = "0x28C6c06298d514Db089934071355E5743bf21d60"


@pytest.mark.parametrize("coin", ["LINK", "SHIB", "UNI", "MATIC", "OKB", "USDC"])
def test_a_token_that_others_issue_elsewhere_needs_its_network(
    read_bytes: Reader, coin: str
) -> None:
    """LINK at an address of BNB Smart Chain was read on Ethereum, where it is not: found false."""
    for data in (
        f"address,coin,amount\n{A},{coin},5\n",
        json.dumps([{"address": A, "coin": coin, "amount": 5}]),
    ):
        read = read_bytes(data)
        [row] = read.unreadable
        assert row.kind is FindingKind.UNKNOWN_NETWORK
        assert "choose one with --network" in row.reason
        assert not read.claims
        [claim] = read_bytes(data, network="ethereum").claims
        assert claim.network == "ethereum"


@pytest.mark.parametrize("coin", ["PEOPLE", "ETH", "USDT-ERC20"])
def test_other_names_say_their_network(read_bytes: Reader, coin: str) -> None:
    [claim] = read_bytes(f"address,coin,amount\n{A},{coin},5\n").claims
    assert claim.network == "ethereum"


def test_the_name_of_a_kind_of_networks_is_none_of_them(read_bytes: Reader) -> None:
    read = read_bytes(f"network,address,coin,amount\nEVM,{A},BNB,5\n")
    assert [row.kind for row in read.unreadable] == [FindingKind.UNKNOWN_NETWORK]
