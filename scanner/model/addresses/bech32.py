"""Bech32 and Bech32m (BIP-173, BIP-350): checksum and 5-bit packing, fast in plain Python.

The checksum is linear over XOR, so each position has a table of what a letter adds to it, and
the whole sum is one C-level reduce. Packing uses that Python's base 32 is the same packing.
"""

from __future__ import annotations

from functools import lru_cache, reduce
from operator import getitem, xor
from typing import Any

CHARSET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
BECH32 = 1
BECH32M = 0x2BC830A3
MAX_LENGTH = 256

_GENERATOR = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_PYTHON_DIGITS = "0123456789abcdefghijklmnopqrstuv"
_TO_PYTHON = str.maketrans(CHARSET, _PYTHON_DIGITS)
_FROM_PYTHON = str.maketrans(_PYTHON_DIGITS, CHARSET)


def split(text: str, limit: int = 90) -> tuple[str, str, int]:
    """Check a bech32 text and take it apart: human part, data letters, checksum constant.

    The data letters come without the 6 of the checksum, lower-case. Either constant may come
    back, BECH32 or BECH32M: the caller says which one it wants.
    Raises ValueError for mixed case, a foreign character, a wrong checksum, or over `limit`.
    """
    if len(text) > min(limit, MAX_LENGTH):
        raise ValueError("too long")
    if not text.isascii():  # some letters outside ASCII become ASCII in lower case
        raise ValueError("not ASCII")
    lower = text.lower()
    if text not in (lower, text.upper()):
        raise ValueError("mixed upper and lower case")
    human, separator, data = lower.rpartition("1")
    if not separator or not human or len(data) < 6:
        raise ValueError("no human-readable part before '1', or too short")
    if not (human.isascii() and human.isprintable()):
        raise ValueError("human-readable part is not ASCII")
    constant = _checksum(human, data)
    if constant not in (BECH32, BECH32M):
        raise ValueError("wrong checksum")
    return human, data[:-6], constant


def join(human: str, data: str, constant: int) -> str:
    """Write human part and data letters with their checksum."""
    remainder = _checksum(human, data + "qqqqqq") ^ constant
    tail = "".join(CHARSET[remainder >> 5 * (5 - i) & 31] for i in range(6))
    return f"{human}1{data}{tail}"


def to_bytes(data: str) -> bytes:
    """Unpack letters into bytes. Raises ValueError if over 4 bits are left or one is not 0."""
    count, spare = divmod(len(data) * 5, 8)
    number = int(data.translate(_TO_PYTHON), 32) if data else 0
    if spare > 4 or number & ((1 << spare) - 1):
        raise ValueError("padding is not zero or too long")
    return (number >> spare).to_bytes(count, "big")


def from_bytes(data: bytes) -> str:
    """Pack bytes into letters, the last one filled up with zero bits."""
    letters = -(-len(data) * 8 // 5)
    number = int.from_bytes(data, "big") << (letters * 5 - len(data) * 8)
    return "".join(CHARSET[number >> 5 * i & 31] for i in reversed(range(letters)))


def _checksum(human: str, data: str) -> int:
    try:
        return reduce(
            xor, map(getitem, _tables(len(data)), data.encode("ascii")), _start(human, len(data))
        )
    except (TypeError, UnicodeEncodeError):  # the tables hold None for foreign letters
        raise ValueError("a character is not bech32") from None


def _step(checksum: int, value: int) -> int:
    top = checksum >> 25
    checksum = (checksum & 0x1FFFFFF) << 5 ^ value
    for i, generator in enumerate(_GENERATOR):
        if top >> i & 1:
            checksum ^= generator
    return checksum


@lru_cache(maxsize=256)
def _start(human: str, letters: int) -> int:
    checksum = 1
    for value in (*(ord(c) >> 5 for c in human), 0, *(ord(c) & 31 for c in human)):
        checksum = _step(checksum, value)
    for _ in range(letters):
        checksum = _step(checksum, 0)
    return checksum


@lru_cache(maxsize=256)
def _tables(letters: int) -> tuple[tuple[Any, ...], ...]:
    return tuple(_row(position) for position in reversed(range(letters)))


@lru_cache(maxsize=2 * MAX_LENGTH)
def _row(position: int) -> tuple[Any, ...]:
    row: list[int | None] = [None] * 128
    later = _row(position - 1) if position else ()  # of the place behind it
    for value, letter in enumerate(CHARSET):
        row[ord(letter)] = _step(later[ord(letter)], 0) if position else value
    return tuple(row)
