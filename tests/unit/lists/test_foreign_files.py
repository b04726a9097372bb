"""Files as people have them: each is read right, or what is not understood is named."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from support.lists import Read, Reader

from scanner.errors import ListFormatError
from scanner.lists.spelling import address_finding
from scanner.model.amount import format_amount
from scanner.model.control import Control
from scanner.model.finding import FindingKind, exit_status
from scanner.model.registry import Registry
from scanner.ownership.judge import judge

FOUR = [
    ("BTC", "bitcoin", "1.5", 840000),
    ("BTC", "bitcoin", "2", 840000),
    ("ETH", "ethereum", "10.25", 19000000),
    ("USDT", "ethereum", "1000.5", 19000000),
]
TWO = [FOUR[0], FOUR[2]]
NO_HEIGHT = [("USDT", "ethereum", "1000", None), ("ETH", "ethereum", "2", None)]

READ: dict[str, list[tuple[str, str, str | None, int | None]]] = {
    "a1_asset_name.csv": NO_HEIGHT,
    "a2_token_contract_signed.csv": [("USDT", "ethereum", "1", None)],
    "a3_coin_as_key.json": [("USDT", "ethereum", "1", None)],
    "a4_balances_list.json": NO_HEIGHT,
    "a5_wide.csv": NO_HEIGHT,
    "a6_balance_btc.csv": [("BTC", "bitcoin", "1.5", None)],
    "a7_height_header.csv": [("ETH", "ethereum", "1", 5)],
    "a8_height_on_parent.json": [("ETH", "ethereum", "1", 5)],
    "c1_decimals_column.csv": [("USDT", "ethereum", "1000", None)],
    "d1_semicolon.csv": FOUR,
    "d2_tab.tsv": FOUR,
    "d3_sep_line.csv": FOUR,
    "d4_title_rows.csv": FOUR,
    "d5_utf16_without_bom.csv": FOUR,
    "d6_list.csv.xz": FOUR,
    "d7_list.csv.bz2": FOUR,
    "d8_two_sheets.zip": FOUR,
    "d9_windows1252_label.csv": FOUR,
    "d10_book.xlsx": TWO,
    "e1_exponent.csv": [("USDT", "ethereum", "2000", None), ("USDT", "ethereum", "5171", None)],
    "e2_height_spellings.csv": FOUR[:3],
    "e3_decimal_comma.csv": [("BTC", "bitcoin", "0.899979", None)],
    "f5_signed_message.txt": [("BTC", "bitcoin", None, None)],
    "f6_wallet_message.json": [("ETH", "ethereum", None, None)],
    "g3_matic.csv": [("POL", "polygon", "1", None), ("POL", "polygon", "1", None)],
    "l1_signed_with_height.csv": [("ETH", "ethereum", "1", 5)],
}
SIGNED = {"a2", "a3", "a4", "a5", "a7", "a8", "f5", "f6", "l1"}
OPTIONS: dict[str, dict[str, Any]] = {
    "a7_height_header.csv": {"format": "csv"},
    "e1_exponent.csv": {
        "columns": {"address": "HolderAddress", "amount": "Balance"},
        "network": "ethereum",
        "asset": "USDT",
    },
    "f6_wallet_message.json": {"network": "ethereum"},
    "g2_wrong_network.txt": {"network": "bitcoin"},
}


@pytest.fixture
def read(read_file: Reader, vectors: Path) -> Reader:
    def of(name: str, **options: Any) -> Read:
        if name.endswith(".xlsx"):
            pytest.importorskip("openpyxl")
        return read_file(vectors / "foreign" / name, **{**OPTIONS.get(name, {}), **options})

    return of


@pytest.mark.parametrize("name", READ)
def test_a_file_is_read_right(read: Reader, registry: Registry, name: str) -> None:
    found = read(name)
    assert [
        (
            c.asset,
            c.network,
            c.amount if c.amount is None else format_amount(c.amount, c.decimals),
            c.height,
        )
        for c in found.claims
    ] == READ[name]
    assert found.unreadable == []
    assert found.findings == []
    if name[:2] in SIGNED:
        assert {judge(claim, registry).control for claim in found.claims} == {Control.CONTROLS}


def test_more_than_can_exist_is_doubted_and_settled(read: Reader) -> None:
    found = read("c2_satoshi_wei.csv")
    assert [claim.amount for claim in found.claims] == [None, None]
    rows = [f.kind for f in found.findings if f.row is not None]
    assert rows == [FindingKind.UNIT_DOUBTED] * 2
    whole = [f.kind for f in found.findings if f.row is None]
    expected = [FindingKind.NOT_UNDERSTOOD, FindingKind.UNIT_DOUBTED]
    assert whole == expected, "the file's name says satoshi and wei, too"
    assert "as base units it is 150,000" in found.findings[0].reason
    assert "--unit base" in found.findings[0].reason
    settled = read("c2_satoshi_wei.csv", columns={"unit": "base"})
    assert [claim.amount for claim in settled.claims] == [15 * 10**12, 1025 * 10**16]
    assert settled.findings == []
    believed = read("c2_satoshi_wei.csv", columns={"unit": "coin"})
    assert [claim.amount for claim in believed.claims] == [15 * 10**20, 1025 * 10**34]


def test_a_statement_of_twenty_lines_is_one_row(read: Reader, registry: Registry) -> None:
    found = read("f3_twenty_lines.csv")
    assert [judge(claim, registry).control for claim in found.claims] == [Control.CONTROLS] * 2
    assert found.unreadable == []


def test_signatures_in_other_spellings_are_read(read: Reader, registry: Registry) -> None:
    found = read("f4_signature_spellings.csv")
    assert [judge(claim, registry).control for claim in found.claims] == [Control.CONTROLS] * 4


def test_addresses_in_other_spellings_are_read_and_told(read: Reader) -> None:
    found = read("g1_other_spellings.csv")
    assert [claim.address for claim in found.claims] == [
        "TANw85nUHLFhNoH73p8yPnjh4gZ6axJrwx",
        "0x28C6c06298d514Db089934071355E5743bf21d60",
        "0x21a31Ee1afC51d94C2eFcCAa2092aD1028285549",
        "1PJiGp2yDLvUgqeBsuZVCBADArNsk6XEiw",
        found.claims[4].address,
    ]
    assert found.claims[4].address.startswith("pk(04678afdb0")
    assert {f.kind for f in found.findings} == {FindingKind.RESPELLED}
    assert exit_status({f.weight for f in found.findings}) == 0


def test_addresses_of_another_network_are_findings(read: Reader, registry: Registry) -> None:
    found = read("g2_wrong_network.txt")
    told = [address_finding(c, registry) for c in found.claims if c.address_key.startswith("?")]
    assert [f.kind for f in told] == [FindingKind.BAD_ADDRESS] * 2
    assert exit_status({f.weight for f in told}) == 3


def test_a_hidden_character_in_an_address_is_named(read_bytes: Reader, registry: Registry) -> None:
    (claim,) = read_bytes("coin,address\nBTC,1PJiGp2y\u200bDLvUgqeBsuZVCBADArNsk6XEiw\n").claims
    assert "U+200B at character 9" in address_finding(claim, registry).reason


@pytest.mark.parametrize("name", ["f1_tron_hex_legacy.csv", "f2_text_differs_slightly.csv"])
def test_a_text_that_differs_slightly_is_no_accusation(
    read: Reader, registry: Registry, name: str
) -> None:
    found = [judge(claim, registry) for claim in read(name).claims]
    assert Control.MISMATCH not in {result.control for result in found}
    assert all(r.reason for r in found if r.control is not Control.CONTROLS)


def test_a_contracts_signature_is_not_called_malformed(read: Reader, registry: Registry) -> None:
    (claim,) = read("b1_eth_sign.csv").claims
    assert judge(claim, registry).control is Control.UNSUPPORTED


def test_what_is_no_list_of_rows_says_what_to_do(read: Reader) -> None:
    with pytest.raises(ListFormatError, match="--columns"):
        read("h5_semicolon.csv")
    found = read("b1_eth_sign_contract.json", network="ethereum")
    assert {f.kind for f in found.findings} == {FindingKind.NOT_UNDERSTOOD}
    assert [u.kind for u in found.unreadable] == [FindingKind.UNKNOWN_COIN]


ON_CHAIN = "0x28C6c06298d514Db089934071355E5743bf21d60"
LEGACY = "1PJiGp2yDLvUgqeBsuZVCBADArNsk6XEiw"


@pytest.mark.parametrize(
    ("coin", "network", "address", "other"),
    [
        ("ETH", "", f"arb1:{ON_CHAIN}", "arbitrum"),
        ("ETH", "ethereum", f"bnb:{ON_CHAIN}", "bsc"),
        ("ETH", "ethereum", f"eip155:56:{ON_CHAIN}", "chain 56"),
        ("ETH", "ethereum", f"https://arbiscan.io/address/{ON_CHAIN}", "arbitrum"),
        ("ETH", "ethereum", f"https://www.bscscan.com/address/{ON_CHAIN}", "bsc"),
        ("ETH", "ethereum", f"https://sepolia.etherscan.io/address/{ON_CHAIN}", "sepolia"),
        ("ETH", "arbitrum", f"https://nova.arbiscan.io/address/{ON_CHAIN}", "nova.arbiscan.io"),
        ("ETH", "ethereum", f"https://base.blockscout.com/address/{ON_CHAIN}", "base"),
        ("ETH", "base", f"eth:{ON_CHAIN}", "ethereum"),
        ("BTC", "bitcoin", f"litecoin:{LEGACY}", "litecoin"),
        ("BTC", "bitcoin", f"https://blockchair.com/bitcoin-cash/address/{LEGACY}", "bitcoin-cash"),
        ("BCH", "bitcoin-cash", f"bitcoin:{LEGACY}", "bitcoin"),
    ],
)
def test_what_stands_before_an_address_and_names_another_network_is_not_passed_over(
    read_bytes: Reader, registry: Registry, coin: str, network: str, address: str, other: str
) -> None:
    """The same account is on every such network: read on the row's, its coins would be missing."""
    names, row = "coin,network,address", f"{coin},{network},{address}"
    if not network:
        names, row = "coin,address", f"{coin},{address}"
    (claim,) = read_bytes(f"{names}\n{row}\n").claims
    assert claim.address_key.startswith("?")
    assert f"it names {other}" in address_finding(claim, registry).reason


@pytest.mark.parametrize(
    ("coin", "network", "address"),
    [
        ("ETH", "arbitrum", f"arb1:{ON_CHAIN}"),
        ("BNB", "bsc", f"bnb:{ON_CHAIN}"),
        ("ETH", "base", f"eip155:8453:{ON_CHAIN}"),
        ("ETH", "base", f"evm:{ON_CHAIN}"),
        ("ETH", "arbitrum", f"https://arbiscan.io/address/{ON_CHAIN}"),
        ("ETH", "ethereum", f"https://www.etherscan.io/address/{ON_CHAIN}"),
        ("ETH", "ethereum", f"https://blockchair.com/ethereum/address/{ON_CHAIN}"),
        ("ETH", "ethereum", f"https://explorer.example/address/{ON_CHAIN}"),
        ("BTC", "bitcoin", f"bitcoin:{LEGACY}?amount=1"),
        ("BTC", "bitcoin", f"https://mempool.space/address/{LEGACY}"),
    ],
)
def test_what_stands_before_an_address_and_names_its_network_is_read(
    read_bytes: Reader, coin: str, network: str, address: str
) -> None:
    found = read_bytes(f"coin,network,address\n{coin},{network},{address}\n")
    assert [claim.address for claim in found.claims] in ([ON_CHAIN], [LEGACY])
    assert {f.kind for f in found.findings} == {FindingKind.RESPELLED}
