"""Networks as publishers spell them: tokens' standards with a hyphen, "Mainnet", both in brackets."""

from __future__ import annotations

import pytest

from scanner.errors import UnknownAssetError
from scanner.model.registry import Registry


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("TRC-20", "tron"),
        ("erc 20", "ethereum"),
        ("Bitcoin Mainnet", "bitcoin"),
        ("ethereum-mainnet", "ethereum"),
        ("Bitcoin Cash", "bitcoin-cash"),
        ("Ethereum Classic", "ethereum-classic"),
        ("Avalanche C-Chain", "avalanche-c"),
        ("Tron (TRC20)", "tron"),
        ("BNB Smart Chain (BEP-20)", "bsc"),
        ("Ethereum Network (ERC20)", "ethereum"),
        ("Solana (SPL)", "solana"),
    ],
)
def test_networks_in_other_spellings(registry: Registry, text: str, name: str) -> None:
    assert registry.network(text).name == name


@pytest.mark.parametrize(
    "text",
    [
        "Bitcoin Testnet",
        "Ethereum (Sepolia)",
        "Arbitrum (ETH)",
        "Arbitrum Nova",
        "Polygon zkEVM",
        "Lightning Network",
        "Bitcoin (Lightning)",
        "Mainnet",
        "()",
        "-",
        "eip1551",
        "ethereum/arbitrum",
        "Ethereum L2",
        "EVM",
        "x" * 100,
    ],
)
def test_a_word_that_is_no_name_of_the_network_makes_it_unknown(
    registry: Registry, text: str
) -> None:
    with pytest.raises(UnknownAssetError):
        registry.network(text)
