"""Takes blocks apart as the node gives them, for servers that the tests stand up beside it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

HEADER = 80
_COINBASE = "00" * 32


@dataclass(frozen=True, slots=True)
class RawTransaction:
    """inputs: (txid as shown, output number), none for a coinbase. outputs: (script, amount)."""

    txid: str
    inputs: tuple[tuple[str, int], ...]
    outputs: tuple[tuple[bytes, int], ...]
    coinbase: bool


def block_transactions(block: bytes) -> Iterator[RawTransaction]:
    """All transactions of a block, in order; the bytes are a node's own, and well-formed."""
    count, at = _compact(block, HEADER)
    for _ in range(count):
        transaction, at = _transaction(block, at)
        yield transaction


def _transaction(data: bytes, start: int) -> tuple[RawTransaction, int]:
    at = start + 4
    segwit = data[at : at + 2] == b"\x00\x01"
    at += 2 * segwit
    body = at
    inputs, at = _inputs(data, at)
    outputs, at = _outputs(data, at)
    plain = data[start : start + 4] + data[body:at]
    if segwit:
        at = _skip_witness(data, at, len(inputs))
    plain += data[at : at + 4]
    txid = hashlib.sha256(hashlib.sha256(plain).digest()).digest()[::-1].hex()
    coinbase = inputs[0][0] == _COINBASE
    return RawTransaction(txid, () if coinbase else inputs, outputs, coinbase), at + 4


def _inputs(data: bytes, at: int) -> tuple[tuple[tuple[str, int], ...], int]:
    count, at = _compact(data, at)
    found = []
    for _ in range(count):
        found.append(
            (data[at : at + 32][::-1].hex(), int.from_bytes(data[at + 32 : at + 36], "little"))
        )
        size, at = _compact(data, at + 36)
        at += size + 4
    return tuple(found), at


def _outputs(data: bytes, at: int) -> tuple[tuple[tuple[bytes, int], ...], int]:
    count, at = _compact(data, at)
    found = []
    for _ in range(count):
        amount = int.from_bytes(data[at : at + 8], "little")
        size, at = _compact(data, at + 8)
        found.append((data[at : at + size], amount))
        at += size
    return tuple(found), at


def _skip_witness(data: bytes, at: int, inputs: int) -> int:
    for _ in range(inputs):
        items, at = _compact(data, at)
        for _ in range(items):
            size, at = _compact(data, at)
            at += size
    return at


def _compact(data: bytes, at: int) -> tuple[int, int]:
    first = data[at]
    if first < 0xFD:
        return first, at + 1
    size = {0xFD: 2, 0xFE: 4, 0xFF: 8}[first]
    return int.from_bytes(data[at + 1 : at + 1 + size], "little"), at + 1 + size
