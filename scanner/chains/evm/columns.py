"""The shape in which balances are asked for and told: one column per asset, one item per holder."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final

NATIVE: Final = bytes(20)
"""Stands for the network's own coin where a token's address is expected."""

BALANCE_OF: Final = bytes.fromhex("70a08231")
DECIMALS: Final = bytes.fromhex("313ce567")
"""ERC-20 function selectors (EIP-20)."""


class Told(IntEnum):
    """What came back for one item. Only OK carries an amount.

    The numbers are those that the sheet program writes; 0 is memory it never reached.
    """

    NOTHING = 0  # the node gave no answer about this item
    OK = 1
    REVERTED = 2
    SHORT = 3  # fewer than 32 bytes
    EMPTY = 4  # no bytes at all
    NO_CODE = 5  # there is no contract at the token's address
    WIDE = 6  # more than this way of asking has room for: ask again alone


WORDS: Final = {
    Told.NOTHING: "the node gave no answer for this item",
    Told.REVERTED: "the token contract reverted",
    Told.SHORT: "the token contract answered with fewer than 32 bytes",
    Told.EMPTY: "the token contract answered with no data",
    Told.WIDE: "the amount is too large for this kind of request",
    Told.NO_CODE: "there is no contract at the token's address at this block",
}


@dataclass(frozen=True, slots=True)
class Column:
    """Ask for the balances of `holders` (20 bytes each) in `token` (20 bytes; NATIVE)."""

    token: bytes
    holders: Sequence[bytes]

    @property
    def is_native(self) -> bool:
        """Whether this is the network's own coin."""
        return self.token == NATIVE

    def cut(self, start: int, end: int) -> Column:
        """The same token for some of the holders."""
        return Column(self.token, self.holders[start:end])


@dataclass(slots=True)
class Reading:
    """The answer to one Column.

    amounts: one per holder, in base units; meaningless (0) where `failed` names the position.
    failed: position -> what came back instead, and why in the node's own words ("" if plain).
    decimals: what the contract says; None if it says nothing or the column is native.
    code: whether a contract lies at the token's address; True for native columns.
    """

    amounts: list[int]
    failed: dict[int, tuple[Told, str]] = field(default_factory=dict)
    decimals: int | None = None
    code: bool = True

    def add(self, more: Reading) -> None:
        """Append the reading of the holders that follow."""
        shift = len(self.amounts)
        self.amounts += more.amounts
        self.failed.update({shift + n: why for n, why in more.failed.items()})
        if more.decimals is not None:
            self.decimals = more.decimals
        self.code = more.code

    def same_as(self, other: Reading) -> bool:
        """Whether two sources told the same, the wording of failures aside."""
        return (
            self.amounts == other.amounts
            and self.decimals == other.decimals
            and self.code == other.code
            and {n: t for n, (t, _) in self.failed.items()}
            == {n: t for n, (t, _) in other.failed.items()}
        )


def count_items(columns: Sequence[Column]) -> int:
    """Balances asked for by these columns."""
    return sum(len(column.holders) for column in columns)


def cut(columns: Sequence[Column], size: int) -> Iterator[list[tuple[int, Column]]]:
    """Divide columns into parts of at most `size` items, keeping their order.

    Each part lists (index of the column, the piece of it); a column may go on in the next part.
    """
    part: list[tuple[int, Column]] = []
    room = size
    for index, column in enumerate(columns):
        start = 0
        while start < len(column.holders):
            end = min(len(column.holders), start + room)
            part.append((index, column.cut(start, end)))
            room -= end - start
            start = end
            if room == 0:
                yield part
                part, room = [], size
    if part:
        yield part
