"""Rows that may be of another network or of other columns than they are read as are asked about."""

from __future__ import annotations

import json

import pytest
from support.lists import Reader

from scanner.model.finding import FindingKind

A, B = "0x28C6c06298d514Db089934071355E5743bf21d60", "0x21a31Ee1afC51d94C2eFcCAa2092aD1028285549"
HEADER = "coin,network,height,address,amount"


def test_names_of_columns_in_other_places_doubt_the_rows_below(read_bytes: Reader) -> None:
    first, second = f"ETH,ethereum,2,{A},5", f"ETH,ethereum,2,7,{B}"
    moved = read_bytes(f"{HEADER}\n{first}\ncoin,network,height,amount,address\n{second}\n")
    assert FindingKind.ROWS_DOUBTED in [f.kind for f in moved.findings]
    again = read_bytes(f"{HEADER}\n{first}\n{HEADER}\n{first.replace(A, B)}\n")
    assert FindingKind.ROWS_DOUBTED not in [f.kind for f in again.findings]
    assert len(again.unreadable) == 1


@pytest.mark.parametrize("blank", [{"network": None}, {"network": ""}, {}])
@pytest.mark.parametrize("first", [True, False])
def test_an_object_without_network_beside_others_is_asked_about(
    read_bytes: Reader, blank: dict[str, str | None], first: bool
) -> None:
    rows = [
        {"coin": "ETH", "network": "arbitrum", "address": A, "amount": "5"},
        {"coin": "ETH", **blank, "address": B, "amount": "7"},
    ]
    read = read_bytes(json.dumps(rows[:: 1 if first else -1]), "list.json")
    told = {*(u.kind for u in read.unreadable), *(f.kind for f in read.findings)}
    assert told & {FindingKind.UNKNOWN_NETWORK, FindingKind.ROWS_DOUBTED}


def test_a_coin_that_is_on_one_network_needs_none(read_bytes: Reader) -> None:
    rows = [
        {"coin": "USDT", "network": "ethereum", "address": A, "amount": "5"},
        {"coin": "DOGE", "address": "DH5yaieqoZN36fDVciNyRueRGvGLR3mr7L", "amount": "7"},
    ]
    read = read_bytes(json.dumps(rows), "list.json")
    assert (len(read.claims), read.findings) == (2, [])


@pytest.mark.parametrize(
    ("chain", "network"),
    [("1", "ethereum"), ("56", "bsc"), ("42161", "arbitrum"), ("eip155:10", "optimism")],
)
def test_a_column_of_chain_ids_names_networks_by_their_numbers(
    read_bytes: Reader, chain: str, network: str
) -> None:
    address = "0x28C6c06298d514Db089934071355E5743bf21d60"
    read = read_bytes(f"chain_id,address,amount\n{chain},{address},1\nethereum,{address},1\n")
    assert [claim.network for claim in read.claims] == [network, "ethereum"]
    row = {"chainId": chain, "symbol": "USDC", "address": address, "amount": "1"}
    read = read_bytes(json.dumps([row]))
    assert [claim.network for claim in read.claims] == [network]


def test_numbers_are_networks_only_where_the_column_says_so(read_bytes: Reader) -> None:
    address = "0x28C6c06298d514Db089934071355E5743bf21d60"
    for text in (
        f"network,address,amount\n1,{address},1\n",
        f"chain id,address,amount\n7,{address},1\n",
    ):
        read = read_bytes(text)
        assert [u.kind for u in read.unreadable] == [FindingKind.UNKNOWN_NETWORK]
