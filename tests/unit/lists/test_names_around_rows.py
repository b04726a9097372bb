"""Every name between the root of a JSON document and a row is understood or asked about."""

from __future__ import annotations

import json

import pytest
from support.lists import Read, Reader

from scanner.errors import ListFormatError
from scanner.model.finding import FindingKind

A = "0x28C6c06298d514Db089934071355E5743bf21d60"
B = "0x21a31Ee1afC51d94C2eFcCAa2092aD1028285549"
BTC = "1PJiGp2yDLvUgqeBsuZVCBADArNsk6XEiw"
ETH = {"network": "ethereum", "coin": "ETH"}
SAID_TO_BE_NO_HOLDING = [
    "balances_usd", "usd", "USDvalues", "liabilities", "percent", "in_thousands", "debts",
    "closed", "satoshi", "title", "counterparty", "owner", "contract", "borrowedFromOthers",
    "somethingElse", "50%", "1000", "x",
]  # fmt: skip


def asked(read: Read) -> list[str]:
    return [f.reason for f in read.findings if f.kind == FindingKind.NOT_UNDERSTOOD]


def documents(name: str) -> dict[str, object]:
    """Ways in which a name may stand above or around an amount or an address."""
    network = {"network": "ethereum"}
    return {
        "map of addresses": {"bitcoin": {name: {BTC: "5.25"}}},
        "list of addresses": {"bitcoin": {name: [BTC]}},
        "level": {**ETH, name: [{"address": A, "amount": "1"}]},
        "level of a level": {name: {"ethereum": {"wallets": [{"address": A, "amount": "1"}]}}},
        "map of coins": {**network, "wallets": [{"address": A, name: {"ETH": "1.5", "USDT": "1"}}]},
        "deeper map": {**network, "wallets": [{"address": A, name: {"balances": {"ETH": "1.5"}}}]},
        "coins of objects": {
            **network, "wallets": [{"address": A, name: {"ETH": {"amount": "1.5"}}}]
        },
        "list of coins": {
            **network, "wallets": [{"address": A, name: [{"coin": "ETH", "amount": "1.5"}]}]
        },
        "deeper list": {
            **network, "wallets": [{"address": A, name: {"items": [{"coin": "ETH", "amount": "1"}]}}]
        },
        "object": [{**ETH, "address": A, name: {"amount": "1.5"}}],
        "dotted key": [{**ETH, "address": A, f"{name}.amount": "1.5"}],
        "holder": [{**ETH, "amount": "1.5", name: {"address": A}}],
        "part of a row": [{**ETH, name: {"address": A, "amount": "1.5"}}],
    }  # fmt: skip


@pytest.mark.parametrize("way", documents(""))
@pytest.mark.parametrize("name", SAID_TO_BE_NO_HOLDING)
def test_a_name_that_nobody_knows_is_asked_about(read_bytes: Reader, name: str, way: str) -> None:
    try:
        read = read_bytes(json.dumps(documents(name)[way]))
    except ListFormatError:
        return  # the whole document is refused
    assert any(name in reason for reason in asked(read)) or not read.claims


@pytest.mark.parametrize("way", documents(""))
@pytest.mark.parametrize(
    "name", ["balances", "coldWallets", "wallet_1", "2026-11-01", "hot-assets"]
)
def test_a_name_of_structure_says_nothing(read_bytes: Reader, name: str, way: str) -> None:
    read = read_bytes(json.dumps(documents(name)[way]))
    assert (bool(read.claims), asked(read)) == (True, [])


def test_coins_and_networks_above_rows_are_read(read_bytes: Reader) -> None:
    read = read_bytes(json.dumps({"balances": {"ethereum": {"USDT": {A: "5"}, "ETH": {B: "2"}}}}))
    assert [(c.asset, c.network) for c in read.claims] == [
        ("USDT", "ethereum"),
        ("ETH", "ethereum"),
    ]
    assert asked(read) == []


def test_the_user_may_say_that_a_name_says_nothing(read_bytes: Reader) -> None:
    text = json.dumps({"bitcoin": {"cold storage of Example": {BTC: "5.25"}}})
    assert len(asked(read_bytes(text))) == 1
    said = read_bytes(text, columns={"ignore": "level cold storage of Example"})
    assert (len(said.claims), asked(said)) == (1, [])
    left_out = read_bytes(
        json.dumps({"bitcoin": {"debts": {BTC: "5.25"}, "wallets": {BTC: "1"}}}),
        columns={"ignore": "debts"},
    )
    assert ([c.amount for c in left_out.claims], asked(left_out)) == ([10**8], [])


def test_to_say_the_coin_says_not_that_it_is_held(read_bytes: Reader) -> None:
    for name, count in (("GBPX", 0), ("liabilities", 1), ("usd", 1), ("sats", 1)):
        text = json.dumps({name: [{"address": A, "network": "ethereum", "amount": "1"}]})
        assert len(asked(read_bytes(text, asset="ETH"))) == count, name
