"""Reads columns at one node: sizes that adapt, halves down to one item, and a second look alone.

Whatever way is used, count in = count out, and an item is called failed only after it failed alone.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Sequence
from typing import Final, Protocol

from scanner.chains.evm.columns import Column, Reading, Told, count_items, cut
from scanner.chains.evm.faults import Fault, RpcError
from scanner.chains.evm.node import Node
from scanner.chains.evm.single import SingleCalls
from scanner.errors import SourceUnavailableError
from scanner.model.block import BlockRef


class Way(Protocol):
    """One way of asking a node for many balances.

    start_size, most: items of the first request, and of the largest.
    """

    name: str
    start_size: int
    most: int

    def read(self, node: Node, columns: Sequence[Column], block: object) -> list[Reading]:
        """Read columns at a pinned block: one Reading each, in order, every holder in it.

        An item that could not be read stands in `failed`. Raises RpcError when the node refuses
        the request as a whole, SourceUnavailableError for no usable answer.
        """
        ...


BATCH: Final = SingleCalls(batched=True)
SINGLE: Final = SingleCalls(batched=False)


class Pace:
    """How many items one request holds: halved when refused, 1.5 times as many when answered."""

    def __init__(self, way: Way) -> None:
        self._most = way.most
        self._size = way.start_size
        self._lock = threading.Lock()

    @property
    def size(self) -> int:
        """Items for the next request."""
        return self._size

    def answered(self, items: int) -> None:
        """A request of that many items was answered."""
        with self._lock:
            if items >= self._size:
                self._size = min(self._most, self._size + self._size // 2 + 1)

    def refused(self, items: int) -> None:
        """A request of that many items was too much."""
        with self._lock:
            self._size = max(1, min(self._size, items) // 2)


def read_columns(node: Node, way: Way, columns: Sequence[Column], at: BlockRef) -> list[Reading]:
    """Read columns at one node and one block: one Reading each, in order.

    Items that `way` could not read are asked for again alone before they are called failed.
    Raises SourceUnavailableError, HeightPrunedError, ReorgError, RpcError when nothing can be said.
    """
    with node.pinned(at) as block:
        found = _read_parts(node, way, columns, block)
        if way is not SINGLE:
            _look_again(node, columns, found, block)
    return found


def _pace(node: Node, way: Way) -> Pace:
    pace = node.skill(("pace", way.name), lambda: Pace(way))
    if not isinstance(pace, Pace):
        raise TypeError("pace")
    return pace


def _read_parts(node: Node, way: Way, columns: Sequence[Column], block: object) -> list[Reading]:
    found = [Reading([]) for _ in columns]
    pace = _pace(node, way)
    waiting = deque([list(enumerate(columns))])
    while waiting:
        part = waiting.popleft()
        items = count_items([column for _, column in part])
        if items > pace.size:
            waiting.extendleft(reversed(_divide(part, pace.size)))
            continue
        readings = _read_part(node, way, pace, [column for _, column in part], block)
        if readings is None:
            waiting.extendleft(reversed(_divide(part, (items + 1) // 2)))
            continue
        for (index, column), reading in zip(part, readings, strict=True):
            if len(reading.amounts) != len(column.holders):
                raise SourceUnavailableError(node.name, "answered for another number of items")
            found[index].add(reading)
    return found


def _read_part(
    node: Node, way: Way, pace: Pace, columns: Sequence[Column], block: object
) -> list[Reading] | None:
    """Read what fits one request. None: refused, ask for less at a time."""
    items = count_items(columns)
    try:
        readings = way.read(node, columns, block)
    except RpcError as e:
        if e.fault in (Fault.NO_BLOCK, Fault.PRUNED):
            raise
        if e.fault is Fault.UNSUPPORTED:  # not here, or not at this height
            return _read_parts(node, SINGLE if way is BATCH else BATCH, columns, block)
        pace.refused(items)
        return None if items > 1 else SINGLE.read(node, columns, block)
    except SourceUnavailableError:
        pace.refused(items)
        raise
    pace.answered(items)
    return readings


def _divide(part: Sequence[tuple[int, Column]], size: int) -> list[list[tuple[int, Column]]]:
    """Cut a part of numbered columns into parts of at most `size` items."""
    numbers = [index for index, _ in part]
    pieces = cut([column for _, column in part], size)
    return [[(numbers[index], column) for index, column in piece] for piece in pieces]


def _look_again(
    node: Node, columns: Sequence[Column], found: Sequence[Reading], block: object
) -> None:
    """Ask for what failed in company again, each alone; replace the answers in `found`."""
    for column, reading in zip(columns, found, strict=True):
        if not reading.code or (not column.is_native and reading.decimals is None):
            # About the token, not its holders: one look decides for all of them.
            (token,) = SINGLE.read(node, [column.cut(0, 0)], block)
            reading.code, reading.decimals = token.code, token.decimals
            if not token.code:
                reading.failed = dict.fromkeys(range(len(column.holders)), (Told.NO_CODE, ""))
                reading.amounts = [0] * len(column.holders)
                continue
        if not reading.failed:
            continue
        places = sorted(reading.failed)
        holders = [column.holders[place] for place in places]
        (alone,) = _read_parts(node, BATCH, [Column(column.token, holders)], block)
        unsure = [n for n, (told, _) in alone.failed.items() if told is Told.NOTHING]
        for n in unsure:
            (one,) = SINGLE.read(node, [Column(column.token, [holders[n]])], block)
            alone.amounts[n] = one.amounts[0]
            alone.failed.pop(n)
            if one.failed:
                alone.failed[n] = one.failed[0]
        for n, place in enumerate(places):
            reading.amounts[place] = alone.amounts[n]
            reading.failed.pop(place)
            if n in alone.failed:
                reading.failed[place] = alone.failed[n]
