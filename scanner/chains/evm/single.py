"""The plainest way to read balances: one JSON-RPC call each, in batches or one by one.

It is the reference that the faster ways are compared with, and where an item goes that failed in
company: what it says about a single item is final.
"""

from __future__ import annotations

from collections.abc import Sequence

from scanner.chains.evm.columns import BALANCE_OF, DECIMALS, Column, Reading, Told
from scanner.chains.evm.hexes import data, hexed, quantity
from scanner.chains.evm.node import Node
from scanner.chains.fleet.faults import Fault, RpcError
from scanner.chains.fleet.rpc import Call
from scanner.errors import SourceUnavailableError
from scanner.model.block import BlockRef

_ABOUT_BLOCK = (Fault.NO_BLOCK, Fault.PRUNED)


class SingleCalls:
    """Reads with one eth_getBalance or eth_call per item; decimals and code once per column.

    batched: whether several calls go into one request.
    """

    def __init__(self, batched: bool) -> None:
        self.name = "batch" if batched else "single"
        self.batched = batched
        self.start_size = 500 if batched else 50
        self.most = 2_000 if batched else 50

    def read(
        self, node: Node, columns: Sequence[Column], block: object, at: BlockRef
    ) -> list[Reading]:
        """Read columns at a pinned block. See `Way` in scanner.chains.evm.reader.

        at: not looked at; a balance does not say of which block it is.
        """
        del at
        calls: list[Call] = []
        for column in columns:
            if not column.is_native:
                calls.append(_call(column.token, DECIMALS, block))
                calls.append(("eth_getCode", [hexed(column.token), block]))
            calls += [_item(column, holder, block) for holder in column.holders]
        answers = iter(node.rpc.batch(calls) if self.batched else self._one_by_one(node, calls))
        found = []
        for column in columns:
            reading = Reading([])
            if not column.is_native:
                reading.decimals = self._decimals(node.name, next(answers))
                reading.code = self._has_code(node.name, next(answers))
            for position in range(len(column.holders)):
                amount, told, why = _read_item(node.name, next(answers), column.is_native)
                if told is Told.EMPTY and not reading.code:
                    told = Told.NO_CODE
                reading.amounts.append(amount)
                if told is not Told.OK:
                    reading.failed[position] = (told, why)
            found.append(reading)
        return found

    def _decimals(self, name: str, answer: object) -> int | None:
        if isinstance(answer, RpcError):
            # What the contract does with the call is its own matter, and its column's.
            if answer.fault not in (Fault.REVERTED, Fault.TOO_BIG, Fault.OTHER):
                self._not_told(name, answer, "decimals")
            return None
        told, word = read_word(data(name, answer, "decimals"))
        return word if told is Told.OK else None

    def _has_code(self, name: str, answer: object) -> bool:
        if isinstance(answer, RpcError):
            self._not_told(name, answer, "code")
            return True
        return bool(data(name, answer, "code"))

    def _not_told(self, name: str, answer: RpcError, what: str) -> None:
        """Raise, unless it was in company: then no decimals make the reader ask again alone."""
        if answer.fault in _ABOUT_BLOCK:
            raise answer
        if not self.batched:
            raise SourceUnavailableError(name, f"does not give a token's {what}: {answer.text}")

    @staticmethod
    def _one_by_one(node: Node, calls: Sequence[Call]) -> list[object]:
        answers: list[object] = []
        for method, params in calls:
            try:
                answers.append(node.rpc.ask(method, *params))
            except RpcError as e:
                answers.append(e)
        return answers


def _call(to: bytes, payload: bytes, block: object) -> Call:
    return ("eth_call", [{"to": hexed(to), "data": hexed(payload)}, block])


def _item(column: Column, holder: bytes, block: object) -> Call:
    if column.is_native:
        return ("eth_getBalance", [hexed(holder), block])
    return _call(column.token, BALANCE_OF + bytes(12) + holder, block)


def _read_item(name: str, answer: object, is_native: bool) -> tuple[int, Told, str]:
    if isinstance(answer, RpcError):
        if answer.fault in _ABOUT_BLOCK:
            raise answer
        if answer.fault is Fault.REVERTED and not is_native:
            return 0, Told.REVERTED, ""
        return 0, Told.NOTHING, answer.what
    if is_native:
        return quantity(name, answer, "balance"), Told.OK, ""
    told, word = read_word(data(name, answer, "balance"))
    return word, told, ""


def read_word(answer: bytes) -> tuple[Told, int]:
    """Take the first 32-byte word of a call's answer; longer answers are allowed, as by the ABI."""
    if len(answer) >= 32:
        return Told.OK, int.from_bytes(answer[:32])
    return (Told.SHORT if answer else Told.EMPTY), 0
