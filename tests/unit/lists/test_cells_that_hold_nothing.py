"""Where a signature, an owner, a key or a contract would stand, publishers write that none is."""

from __future__ import annotations

import pytest
from support.lists import Reader

from scanner.model.finding import FindingKind

A = "0x28C6c06298d514Db089934071355E5743bf21d60"
NOTHING = ["", "-", "\u2013", "n/a", "N/A", "none", "null", " - "]
ZERO, ALL_E = "0x" + "0" * 40, "0xEeeeeEeeeEeEeeEeEeEeeEEEeeeeEeeeeeeeEEeE"


@pytest.mark.parametrize("text", NOTHING)
def test_a_row_that_says_so_has_no_signature_owner_or_key(read_bytes: Reader, text: str) -> None:
    header = "coin,network,address,amount,message,signature,sig2,owner,owner2,public key,contract\n"
    read = read_bytes(
        f"{header}ETH,ethereum,{A},1,text,{text},{text},{text},{text},{text},{text}\n"
    )
    [claim] = read.claims
    assert (claim.signatures, claim.owners, claim.script) == ((), (), "")
    assert not read.findings


@pytest.mark.parametrize("text", ["pending", "see file", "0x", "--", "noneOfIt"])
def test_other_words_are_a_signature_that_is_judged(read_bytes: Reader, text: str) -> None:
    read = read_bytes(
        f"coin,network,address,amount,message,signature\nETH,ethereum,{A},1,text,{text}\n"
    )
    assert read.claims[0].signatures == (text,)


@pytest.mark.parametrize("contract", [ZERO, ALL_E, ALL_E.lower(), "native"])
@pytest.mark.parametrize(("coin", "network"), [("ETH", "ethereum"), ("Ether", "arbitrum")])
def test_what_stands_for_a_networks_own_coin_is_no_contract(
    read_bytes: Reader, contract: str, coin: str, network: str
) -> None:
    read = read_bytes(f"coin,network,contract,address,amount\n{coin},{network},{contract},{A},1\n")
    assert [(c.asset, c.network) for c in read.claims] == [("ETH", network)]


@pytest.mark.parametrize(
    ("coin", "network", "contract"),
    [
        ("", "ethereum", ZERO),
        ("USDT", "ethereum", ZERO),
        ("ETH", "polygon", ALL_E),
        ("ETH", "", ZERO),
        ("ETH", "ethereum", "0x" + "0" * 39 + "1"),
    ],
)
def test_beside_any_other_coin_it_is_an_unknown_contract(
    read_bytes: Reader, coin: str, network: str, contract: str
) -> None:
    read = read_bytes(f"coin,network,contract,address,amount\n{coin},{network},{contract},{A},1\n")
    assert not read.claims
    assert read.unreadable[0].kind in (FindingKind.UNKNOWN_COIN, FindingKind.UNKNOWN_NETWORK)
