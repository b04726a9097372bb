"""Base58 in several alphabets, and Base58Check, made for lists of hundreds of thousands."""

from __future__ import annotations

from functools import lru_cache
from hashlib import sha256
from operator import getitem
from typing import Any

BITCOIN = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
RIPPLE = "rpshnaf39wBUDNEGHJKLM4PQRST7VWXYZ2bcdeCg65jkm8oFqi1tuvAxyz"
MAX_LENGTH = 256
"""Longest text that is decoded: the work grows with the square of the length."""


def decode(text: str, alphabet: str = BITCOIN) -> bytes:
    """Decode Base58 text; each leading first-letter stands for one zero byte.

    Raises ValueError on any other character (spaces, "0", "O", non-ASCII) or over MAX_LENGTH.
    """
    length = len(text)
    if length > MAX_LENGTH:
        raise ValueError("too long for base58")
    try:
        # The tables hold None for letters outside the alphabet; sum() then raises TypeError.
        number: int = sum(map(getitem, _tables(length, alphabet), text.encode("ascii")))
    except (TypeError, UnicodeEncodeError):
        raise ValueError("a character is not base58") from None
    zeros = length - len(text.lstrip(alphabet[0]))
    return bytes(zeros) + number.to_bytes((number.bit_length() + 7) // 8, "big")


def encode(data: bytes, alphabet: str = BITCOIN) -> str:
    """Encode bytes as Base58."""
    number = int.from_bytes(data, "big")
    letters = []
    while number:
        number, digit = divmod(number, 58)
        letters.append(alphabet[digit])
    zeros = len(data) - len(data.lstrip(b"\0"))
    return alphabet[0] * zeros + "".join(reversed(letters))


def decode_check(text: str, alphabet: str = BITCOIN) -> bytes:
    """Decode Base58Check: the bytes before the 4-byte double-SHA-256 checksum.

    Raises ValueError if the text is not base58, too short, or its checksum is wrong.
    """
    raw = decode(text, alphabet)
    data = raw[:-4]
    if len(raw) < 5:
        raise ValueError("too short")
    if sha256(sha256(data).digest()).digest()[:4] != raw[-4:]:
        raise ValueError("wrong checksum")
    return data


def encode_check(data: bytes, alphabet: str = BITCOIN) -> str:
    """Encode bytes as Base58Check."""
    return encode(data + sha256(sha256(data).digest()).digest()[:4], alphabet)


@lru_cache(maxsize=128)
def _tables(length: int, alphabet: str) -> tuple[tuple[Any, ...], ...]:
    """For each position of a text of that length: what every ASCII code adds to the number."""
    return tuple(_row(58**position, alphabet) for position in reversed(range(length)))


@lru_cache(maxsize=2 * MAX_LENGTH)
def _row(power: int, alphabet: str) -> tuple[Any, ...]:
    row: list[int | None] = [None] * 128
    for digit, letter in enumerate(alphabet):
        row[ord(letter)] = digit * power
    return tuple(row)
