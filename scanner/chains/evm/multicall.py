"""Many balances through the Multicall3 contract, where a node takes no program of ours.

Encoded and decoded by hand with fixed strides: the general ABI codec costs sixty times as much.
Source: the Multicall3 contract's interface (aggregate3, getEthBalance, getBlockNumber,
getCurrentBlockTimestamp) and the Solidity ABI.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from scanner.chains.evm.columns import BALANCE_OF, DECIMALS, Column, Reading, Told
from scanner.chains.evm.hexes import data, hexed
from scanner.chains.evm.node import Node
from scanner.chains.evm.single import read_word
from scanner.chains.fleet.faults import Fault, RpcError
from scanner.errors import SourceUnavailableError
from scanner.model.block import BlockRef

CANONICAL: Final = bytes.fromhex("cA11bde05977b3631167028862bE2a173976CA11")
ELSEWHERE: Final[Mapping[str, bytes]] = {
    "324": bytes.fromhex("F9cda624FBC7e059355ce98a31693d299FACd963"),
}
"""Chain id -> where Multicall3 lies if not at its usual address."""

AGGREGATE: Final = bytes.fromhex("82ad56cb")
COIN_BALANCE: Final = bytes.fromhex("4d2301cc")
BLOCK_NUMBER: Final = bytes.fromhex("42cbb15c")
BLOCK_TIME: Final = bytes.fromhex("0f28c97d")

_MAY_FAIL: Final = (1).to_bytes(32)
_DATA_AT: Final = (96).to_bytes(32)
_DATA_SIZE: Final = (36).to_bytes(32)
_STRIDE_IN: Final = 192
_GOOD: Final = (1).to_bytes(32) + (64).to_bytes(32) + (32).to_bytes(32)
_STRIDE_OUT: Final = 128


class Multicall:
    """Reads through aggregate3 with allowFailure, so that a bad token does not take others down."""

    name = "multicall3"
    start_size = 1_000
    most = 3_000

    def read(
        self, node: Node, columns: Sequence[Column], block: object, at: BlockRef
    ) -> list[Reading]:
        """Read columns at a pinned block. See `Way` in scanner.chains.evm.reader.

        Raises RpcError, SourceRejectedError if the contract ran in another block.
        """
        here = ELSEWHERE.get(node.chain_id, CANONICAL)
        calls = [(here, BLOCK_NUMBER + bytes(32)), (here, BLOCK_TIME + bytes(32))]
        for column in columns:
            target, selector = column.token, BALANCE_OF
            if column.is_native:
                target, selector = here, COIN_BALANCE
            else:
                calls.append((target, DECIMALS + bytes(32)))
            head = selector + bytes(12)
            calls += [(target, head + holder) for holder in column.holders]
        request = {"to": hexed(here), "data": hexed(encode(calls))}
        answer = data(node.name, node.rpc.ask("eth_call", request, block), "multicall")
        if not answer:
            raise RpcError(node.name, Fault.UNSUPPORTED, 0, "no Multicall3 at this block")
        number, time, *items = decode(node.name, answer, len(calls))
        if not (number[0] and time[0] and len(number[1]) == len(time[1]) == 32):
            raise RpcError(node.name, Fault.UNSUPPORTED, 0, "this Multicall3 names no block")
        node.ran_in(at, int.from_bytes(number[1]), int.from_bytes(time[1]))
        return _readings(columns, items)


def encode(calls: Sequence[tuple[bytes, bytes]]) -> bytes:
    """ABI-encode aggregate3 for (target of 20 bytes, call data of 36 bytes) pairs."""
    count = len(calls)
    offsets = b"".join((32 * count + _STRIDE_IN * n).to_bytes(32) for n in range(count))
    parts = [AGGREGATE, (32).to_bytes(32), count.to_bytes(32), offsets]
    between = _MAY_FAIL + _DATA_AT + _DATA_SIZE
    for target, payload in calls:
        parts += (bytes(12), target, between, payload, bytes(28))
    return b"".join(parts)


def decode(name: str, answer: bytes, count: int) -> list[tuple[bool, bytes]]:
    """ABI-decode (success, return data)[]: `count` items, or SourceUnavailableError.

    Raises SourceUnavailableError.
    """
    usual = 64 + count * (32 + _STRIDE_OUT)
    if len(answer) < 64 or answer[:64] != (32).to_bytes(32) + count.to_bytes(32):
        raise SourceUnavailableError(name, "gave a multicall answer with another number of items")
    found = []
    table = memoryview(answer)[64:]
    for n in range(count):
        at = 32 * count + _STRIDE_OUT * n
        if len(answer) != usual or int.from_bytes(table[32 * n : 32 * n + 32]) != at:
            at = _offset(name, table, 32 * n)
        if table[at : at + 96] == _GOOD and at + 128 <= len(table):
            found.append((True, bytes(table[at + 96 : at + 128])))
        else:
            found.append(_item(name, table, at))
    return found


def _item(name: str, table: memoryview, at: int) -> tuple[bool, bytes]:
    success = _offset(name, table, at)
    place = at + _offset(name, table, at + 32)
    size = _offset(name, table, place)
    if success > 1 or place + 32 + size > len(table):
        raise SourceUnavailableError(name, "gave a multicall answer that is cut or malformed")
    return bool(success), bytes(table[place + 32 : place + 32 + size])


def _offset(name: str, table: memoryview, at: int) -> int:
    value = int.from_bytes(table[at : at + 32])
    if at + 32 > len(table) or value > len(table):
        raise SourceUnavailableError(name, "gave a multicall answer that is cut or malformed")
    return value


def _readings(columns: Sequence[Column], items: Sequence[tuple[bool, bytes]]) -> list[Reading]:
    answers = iter(items)
    found = []
    for column in columns:
        reading = Reading([])
        if not column.is_native:
            success, answer = next(answers)
            told, word = read_word(answer)
            reading.decimals = word if success and told is Told.OK else None
        for position in range(len(column.holders)):
            success, answer = next(answers)
            told, word = read_word(answer) if success else (Told.REVERTED, 0)
            reading.amounts.append(word)
            if told is not Told.OK:
                reading.failed[position] = (told, "")
        found.append(reading)
    return found
