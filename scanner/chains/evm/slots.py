"""Finds where an ERC-20 contract keeps a holder's balance, and proves that it is the right place.

The balances of most tokens are one mapping. Which slot it has is found by overriding every
candidate slot of a made-up holder with a number of its own and asking balanceOf: the number that
comes back names the slot. Two further overrides show which bits count and that nothing else is
computed with them. It is done at the very block that balances are read at, so an upgraded contract
is found out.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from scanner.chains.evm.columns import BALANCE_OF
from scanner.chains.evm.hexes import data, hexed
from scanner.chains.evm.node import Node
from scanner.chains.fleet.faults import RpcError
from scanner.model.addresses.keccak import keccak256

ALL_BITS: Final = 2**256 - 1
_MIN_BITS: Final = 64  # no balance fits fewer

_NAMESPACE: Final = 0x52C63247E1F47DB19D5CE0460030C497F067CA4CEBF71BA98EEADABE20BACE00
"""ERC-7201 location of "openzeppelin.storage.ERC20": its balances mapping comes first."""

_PACKED_SEED: Final = bytes(8) + bytes.fromhex("87a211a2")
"""Solady's ERC20: keccak256(holder ++ seed), without padding."""

_ETHEREUM: Final[Mapping[str, int]] = {
    "0xdac17f958d2ee523a2206206994597c13d831ec7": 2,  # USDT
    "0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48": 9,  # USDC
    "0xc02aaa39b223fe8d0a0e5c4f27ead9083c756cc2": 3,  # WETH
    "0x2260fac5e5542a773aa44fbcfedf7c193bc2c599": 0,  # WBTC
    "0x6b175474e89094c44da98b954eedeac495271d0f": 2,  # DAI
    "0x514910771af9ca656af840dff83e8264ecf986ca": 1,  # LINK
    "0x1f9840a85d5af5bf1d1762f925bdaddc4201f984": 4,  # UNI
}
"""What these contracts' published sources say; another finding is not believed."""


@dataclass(frozen=True, slots=True)
class SlotRule:
    """Where a token keeps balances.

    kind: "solidity" keccak(holder ++ slot), "vyper" keccak(slot ++ holder), "packed" without
    padding. slot: 32 bytes (for "packed": the seed). mask: the bits that are the amount; the
    others hold something else, like USDC's block list flag in bit 255.
    """

    kind: str
    slot: bytes
    mask: int = ALL_BITS

    def key(self, holder: bytes) -> bytes:
        """Storage key (32 bytes) of a holder's balance."""
        if self.kind == "packed":
            return keccak256(holder + self.slot)
        wide = bytes(12) + holder
        return keccak256(self.slot + wide if self.kind == "vyper" else wide + self.slot)


def candidates() -> Iterator[SlotRule]:
    """Every place that is tried."""
    for slot in (*range(120), _NAMESPACE):
        yield SlotRule("solidity", slot.to_bytes(32))
    for slot in range(30):
        yield SlotRule("vyper", slot.to_bytes(32))
    yield SlotRule("packed", _PACKED_SEED)


def find_rule(node: Node, token: bytes, block: object) -> SlotRule | str:
    """Find where `token` (20 bytes) keeps balances at a pinned block; or say why it cannot be.

    Raises SourceUnavailableError, and RpcError about the block.
    """
    holder = secrets.token_bytes(20)
    places = list(candidates())
    marks = [secrets.randbits(_MIN_BITS - 1) | 1 << (_MIN_BITS - 2) for _ in places]
    told = _balance(node, token, holder, block, zip(places, marks, strict=True))
    if isinstance(told, str):
        return told
    found = [place for place, mark in zip(places, marks, strict=True) if mark == told]
    if len(found) != 1:
        return "its balances are computed, or stored in an unknown place: not provable"
    rule = found[0]
    mask = _balance(node, token, holder, block, [(rule, ALL_BITS)])
    if isinstance(mask, str):
        return mask
    if mask & (mask + 1) or mask.bit_length() < _MIN_BITS:
        return "it changes stored values before it returns them: not provable"
    sample = secrets.randbits(256)
    if _balance(node, token, holder, block, [(rule, sample)]) != sample & mask:
        return "it changes stored values before it returns them: not provable"
    known = _ETHEREUM.get(hexed(token)) if node.chain_id == "1" else None
    if known is not None and rule != SlotRule("solidity", known.to_bytes(32)):
        return f"balances do not seem to be at slot {known}, where this contract has them"
    return SlotRule(rule.kind, rule.slot, mask)


def _balance(
    node: Node,
    token: bytes,
    holder: bytes,
    block: object,
    values: Iterator[tuple[SlotRule, int]] | Sequence[tuple[SlotRule, int]],
) -> int | str:
    """balanceOf(holder) if these slots held these values; or why nobody can say."""
    changed = {hexed(rule.key(holder)): hexed(value.to_bytes(32)) for rule, value in values}
    call = {"to": hexed(token), "data": hexed(BALANCE_OF + bytes(12) + holder)}
    override = {hexed(token): {"stateDiff": changed}}
    try:
        answer = data(node.name, node.rpc.ask("eth_call", call, block, override), "balance")
    except RpcError as e:
        if node.about_block(e):
            raise
        return f"{node.name} does not run calls on changed state ({e.text})"
    return int.from_bytes(answer[:32]) if len(answer) >= 32 else "its balanceOf answers nothing"
