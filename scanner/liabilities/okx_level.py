"""The nodes of one level of OKX's Merkle trees, 88 bytes each: a level may have millions."""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Iterator
from dataclasses import dataclass

from scanner.liabilities.okx_balances import COINS, Amounts, add, plain

MAX_LEVEL = 2**25
"""Nodes of the largest level read: four times the publisher's, 3 GB of memory at the end."""

_HASH = 32
_AMOUNT = 16  # canonical balances have 28 digits at most, and a sign
_SIZE = _HASH + len(COINS) * _AMOUNT


@dataclass(frozen=True, slots=True)
class Node:
    """One node: its hash as text, its height (leaves 1), its balances, its line."""

    hash: str
    height: int
    amounts: Amounts
    line: int = 0


def parent_of(left: Node, right: Node) -> Node:
    """The node above two, with its own sums."""
    amounts = add((left.amounts, right.amounts))
    height = left.height + 1
    text = (left.hash + right.hash).encode() + plain(amounts) + str(height).encode()
    return Node(hashlib.sha256(text).hexdigest(), height, amounts)


class Level:
    """Nodes of one height, in the order they are written: right to left."""

    def __init__(self, height: int) -> None:
        self.height = height
        self._data = bytearray()
        self._lines = array("Q")

    def __len__(self) -> int:
        return len(self._lines)

    def __getitem__(self, index: int) -> Node:
        """The node at an index, from 0 at the right. Raises IndexError."""
        line = self._lines[index]
        at = index % len(self) * _SIZE
        data = self._data[at : at + _SIZE]
        amounts = (data[n : n + _AMOUNT] for n in range(_HASH, _SIZE, _AMOUNT))
        held = tuple(int.from_bytes(part, "big", signed=True) for part in amounts)
        return Node(data[:_HASH].hex(), self.height, held, line)

    def __iter__(self) -> Iterator[Node]:
        return (self[index] for index in range(len(self)))

    def append(self, node: Node) -> None:
        """Add a node to the left of all others."""
        self._data += bytes.fromhex(node.hash)
        for amount in node.amounts:
            self._data += amount.to_bytes(_AMOUNT, "big", signed=True)
        self._lines.append(node.line)
