"""Reads columns at one node: sizes that adapt, halves down to one item, and a second look alone.

Whatever way is used, count in = count out, and an item is called failed only after it failed alone.
"""

from __future__ import annotations

import random
import threading
from collections import deque
from collections.abc import Sequence
from typing import Final, Protocol

from scanner.chains.evm.columns import Column, Reading, Told, count_items, cut
from scanner.chains.evm.node import Node
from scanner.chains.evm.single import SingleCalls
from scanner.chains.fleet.faults import Fault, RpcError
from scanner.errors import SourceUnavailableError
from scanner.model.block import BlockRef
from scanner.net import ending


class Way(Protocol):
    """One way of asking a node for many balances.

    start_size, most: items of the first request, and of the largest.
    """

    name: str
    start_size: int
    most: int

    def read(
        self, node: Node, columns: Sequence[Column], block: object, at: BlockRef
    ) -> list[Reading]:
        """Read columns at a pinned block: one Reading each, in order, every holder in it.

        block: what calls at `at` are given. Ways that run code say in which block it ran.

        An item that could not be read stands in `failed`. Raises RpcError when the node refuses
        the request as a whole, SourceUnavailableError for no usable answer.
        """
        ...


_PATIENCE: Final = 3.0  # failures in a row before another endpoint is better asked
_SHORT_WAIT: Final = 1.0  # seconds; for longer ones it is better to ask somebody else

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
        reader = _Reader(node, block, at)
        found = reader.read(way, columns)
        if way is not SINGLE:
            reader.look_again(columns, found)
    return found


def pace_of(node: Node, way: Way) -> Pace:
    """The size of this node's requests in this way. Raises TypeError."""
    pace = node.skill(("pace", way.name), lambda: Pace(way))
    if not isinstance(pace, Pace):
        raise TypeError("pace")
    return pace


class _Reader:
    """One reading of some columns at one node.

    A failed request is asked again here, so that what was answered before it is not lost; answers
    earn patience and failures use it up.
    """

    def __init__(self, node: Node, block: object, at: BlockRef) -> None:
        self._node, self._block, self._at = node, block, at
        self._patience = _PATIENCE

    def read(self, way: Way, columns: Sequence[Column]) -> list[Reading]:
        """Read in requests of the size that fits; halve what is refused."""
        found = [Reading([]) for _ in columns]
        pace = pace_of(self._node, way)
        waiting = deque([list(enumerate(columns))])
        while waiting:
            part = waiting.popleft()
            items = count_items([column for _, column in part])
            if items > pace.size:
                waiting.extendleft(reversed(_divide(part, pace.size)))
                continue
            readings = self._request(way, pace, [column for _, column in part])
            if readings is None:
                waiting.extendleft(reversed(_divide(part, (items + 1) // 2)))
                continue
            for (index, column), reading in zip(part, readings, strict=True):
                if len(reading.amounts) != len(column.holders):
                    raise SourceUnavailableError(self._node.name, "answered for other items")
                found[index].add(reading)
        return found

    def _request(self, way: Way, pace: Pace, columns: Sequence[Column]) -> list[Reading] | None:
        """Read what fits one request. None: refused, ask for less at a time."""
        items = count_items(columns)
        try:
            readings = self._patiently(way, columns)
        except RpcError as e:
            if self._node.about_block(e):
                raise
            if e.fault is Fault.UNSUPPORTED:  # not here, or not at this height
                return self.read(SINGLE if way is BATCH else BATCH, columns)
            pace.refused(items)
            return None if items > 1 else self._patiently(SINGLE, columns)
        except SourceUnavailableError:
            pace.refused(items)  # it may have been too much for its time-out
            raise
        pace.answered(items)
        return readings

    def _patiently(self, way: Way, columns: Sequence[Column]) -> list[Reading]:
        while True:
            try:
                found = way.read(self._node, columns, self._block, self._at)
            except SourceUnavailableError as e:
                self._patience -= 1
                if self._patience < 0 or (e.retry_after or 0) > _SHORT_WAIT:
                    raise
                ending.pause(e.retry_after or random.uniform(0, _SHORT_WAIT / 5))  # noqa: S311
            else:
                self._patience = min(_PATIENCE, self._patience + 0.5)
                return found

    def look_again(self, columns: Sequence[Column], found: Sequence[Reading]) -> None:
        """Ask for what failed in company again, each alone; replace the answers in `found`."""
        for column, reading in zip(columns, found, strict=True):
            if not reading.code or (not column.is_native and reading.decimals is None):
                # About the token, not its holders: one look decides for all of them.
                (token,) = self._patiently(SINGLE, [column.cut(0, 0)])
                reading.code, reading.decimals = token.code, token.decimals
                if not token.code:
                    reading.failed = dict.fromkeys(range(len(column.holders)), (Told.NO_CODE, ""))
                    reading.amounts = [0] * len(column.holders)
                    continue
            if reading.failed:
                self._alone(column, reading)

    def _alone(self, column: Column, reading: Reading) -> None:
        places = sorted(reading.failed)
        holders = [column.holders[place] for place in places]
        (alone,) = self.read(BATCH, [Column(column.token, holders)])
        for n in [n for n, (told, _) in alone.failed.items() if told is Told.NOTHING]:
            (one,) = self._patiently(SINGLE, [Column(column.token, [holders[n]])])
            alone.amounts[n] = one.amounts[0]
            alone.failed.pop(n)
            if one.failed:
                alone.failed[n] = one.failed[0]
        for n, place in enumerate(places):
            reading.amounts[place] = alone.amounts[n]
            reading.failed.pop(place)
            if n in alone.failed:
                reading.failed[place] = alone.failed[n]


def _divide(part: Sequence[tuple[int, Column]], size: int) -> list[list[tuple[int, Column]]]:
    """Cut a part of numbered columns into parts of at most `size` items."""
    numbers = [index for index, _ in part]
    pieces = cut([column for _, column in part], size)
    return [[(numbers[index], column) for index, column in piece] for piece in pieces]
