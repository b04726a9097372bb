"""A price feed on a development chain: Chainlink's three questions, answered from storage."""

from __future__ import annotations

from dataclasses import dataclass

from scanner.chains.assembly import assemble
from scanner.demo.nodes import Anvil

ROUND, ANSWER, STARTED, UPDATED, ANSWERED_IN, DECIMALS, NAME_SIZE, NAME = range(8)

# The selectors are those of the published ABI (AggregatorV3Interface.sol), not computed by us.
CODE = assemble(f"""
    0 CALLDATALOAD {1 << 224} SWAP1 DIV
    DUP1 0xfeaf968c EQ @latest JUMPI
    DUP1 0x313ce567 EQ @decimals JUMPI
    DUP1 0x7284e416 EQ @description JUMPI
    0 0 REVERT
latest:
    {ROUND} SLOAD 0 MSTORE {ANSWER} SLOAD 32 MSTORE {STARTED} SLOAD 64 MSTORE
    {UPDATED} SLOAD 96 MSTORE {ANSWERED_IN} SLOAD 128 MSTORE
    160 0 RETURN
decimals:
    {DECIMALS} SLOAD 0 MSTORE 32 0 RETURN
description:
    32 0 MSTORE {NAME_SIZE} SLOAD 32 MSTORE {NAME} SLOAD 64 MSTORE 96 0 RETURN
""")

AGGREGATOR_V3 = [
    {
        "name": "latestRoundData",
        "type": "function",
        "stateMutability": "view",
        "inputs": [],
        "outputs": [
            {"name": "roundId", "type": "uint80"},
            {"name": "answer", "type": "int256"},
            {"name": "startedAt", "type": "uint256"},
            {"name": "updatedAt", "type": "uint256"},
            {"name": "answeredInRound", "type": "uint80"},
        ],
    },
    {
        "name": "decimals",
        "type": "function",
        "stateMutability": "view",
        "inputs": [],
        "outputs": [{"name": "", "type": "uint8"}],
    },
    {
        "name": "description",
        "type": "function",
        "stateMutability": "view",
        "inputs": [],
        "outputs": [{"name": "", "type": "string"}],
    },
]
"""The published interface, for other programs' eyes."""


@dataclass(frozen=True)
class Told:
    """What a feed answers. answered_in: None for the round itself."""

    answer: int
    updated: int
    name: str = "ETH / USD"
    round: int = (6 << 64) | 1234
    answered_in: int | None = None
    decimals: int = 8

    def words(self) -> list[int]:
        name = self.name.encode("ascii")
        answered_in = self.round if self.answered_in is None else self.answered_in
        return [
            self.round,
            self.answer % (1 << 256),
            self.updated,
            self.updated,
            answered_in,
            self.decimals,
            len(name),
            int.from_bytes(name.ljust(32, b"\0")),
        ]


def set_feed(node: Anvil, contract: str, told: Told) -> None:
    """Let the contract answer so from the block that is mined last here."""
    node.rpc("anvil_mine", "0x1")  # anvil keeps a block's state when the next one is mined
    node.rpc("anvil_setCode", contract, "0x" + CODE.hex())
    for slot, word in enumerate(told.words()):
        node.rpc("anvil_setStorageAt", contract, hex(slot), f"0x{word:064x}")
    node.rpc("anvil_mine", "0x1")
