"""Items on a script's stack as far as they are known before anybody has brought anything."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

_MOST_KEYS: Final = 999


class UndecidedError(Exception):
    """The script has something whose meaning is not known here, or too much of it."""


@dataclass(frozen=True, slots=True)
class Value:
    """An item on the stack; this alone: one of which nothing is known."""


@dataclass(frozen=True, slots=True)
class Const(Value):
    """What stands in the script."""

    data: bytes

    @property
    def truth(self) -> bool:
        """As the script takes it: any bit but the sign of zero."""
        return any(self.data[:-1]) or self.data[-1:] not in (b"", b"\0", b"\x80")

    @property
    def number(self) -> int:
        """As the script counts with it."""
        return _read(self.data)


@dataclass(frozen=True, slots=True)
class Input(Value):
    """What the spender brings. number: which one."""

    number: int


@dataclass(frozen=True, slots=True)
class Hash(Value):
    """Some hash of another item."""

    of: Value


@dataclass(frozen=True, slots=True)
class Equal(Value):
    """Whether two items are the same."""

    left: Value
    right: Value


@dataclass(frozen=True, slots=True)
class Count(Value):
    """How many signatures by these keys are good, and at most `extra` more without any."""

    keys: tuple[Value, ...]
    extra: int = 0


@dataclass(frozen=True, slots=True)
class AtLeast(Value):
    """Whether as many signatures are good."""

    count: Count
    wanted: int


@dataclass(frozen=True, slots=True)
class Both(Value):
    """Whether both are true, or one of them."""

    parts: tuple[Value, Value]
    either: bool = False


def add(left: Value, right: Value) -> Value:
    """Left + right, as far as a count of signatures comes out. Raises UndecidedError."""
    keys: tuple[Value, ...] = ()
    extra = 0
    for part in (left, right):
        if isinstance(part, Count):
            keys += part.keys
            extra += part.extra
        elif isinstance(part, Const) and part.number >= 0:
            extra += part.number
        elif isinstance(part, Equal | AtLeast | Both):
            extra += 1
        else:
            return Value()
    if len(keys) > _MOST_KEYS:
        raise UndecidedError("too many keys")
    return Count(keys, extra)


def compare(left: Value, right: Value) -> Value:
    """Left = right, or left >= right: with a count on the left both demand that many."""
    if isinstance(right, Count) and isinstance(left, Const):
        left, right = right, left
    if isinstance(left, Count) and isinstance(right, Const):
        return AtLeast(left, right.number)
    return Equal(left, right)


def at_least(left: Value, right: Value) -> Value:
    """Left >= right."""
    if isinstance(left, Count) and isinstance(right, Const):
        return AtLeast(left, right.number)
    return Value()


def _read(data: bytes) -> int:
    """A script's number: little-endian, the top bit is the sign."""
    if not data:
        return 0
    magnitude = int.from_bytes((*data[:-1], data[-1] & 0x7F), "little")
    return -magnitude if data[-1] & 0x80 else magnitude
