"""JSON whose every part has one shape: known names, exact lengths, integers in a range.

All functions raise ShapeError with the JSON path of what is wrong.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from scanner.liabilities.refusal import ShapeError

T = TypeVar("T")
_HEX = re.compile(r"(?:[0-9a-f]{2})*", re.ASCII)


def fields(
    value: object, place: str, names: Sequence[str], optional: Sequence[str] = ()
) -> Mapping[str, object]:
    """An object of exactly these names, or more of `optional`. Raises ShapeError."""
    if not isinstance(value, dict):
        raise ShapeError(place or "/", "not an object")
    missing = [name for name in names if name not in value]
    if missing:
        raise ShapeError(place or "/", f"no {missing[0]} in it")
    if len(value) > len(names) + sum(name in value for name in optional):
        known = {*names, *optional}
        extra = next(name for name in value if name not in known)
        raise ShapeError(place or "/", f"an unexpected name: {str(extra)[:40]!r}")
    return value


def mapping(value: object, place: str) -> Mapping[str, object]:
    """An object, of any names. Raises ShapeError."""
    if not isinstance(value, dict):
        raise ShapeError(place or "/", "not an object")
    return value


def items(value: object, place: str, length: int) -> list[object]:
    """A list of exactly that length. Raises ShapeError."""
    if not isinstance(value, list):
        raise ShapeError(place, "not a list")
    if len(value) != length:
        raise ShapeError(place, f"{len(value)} entries, there must be {length}")
    return value


def each(value: object, place: str, length: int, read: Callable[[object, str], T]) -> tuple[T, ...]:
    """A list of exactly that length, each entry read."""
    found = enumerate(items(value, place, length))
    return tuple(read(entry, f"{place}/{i}") for i, entry in found)


def integer(value: object, place: str, below: int) -> int:
    """A JSON integer from 0 to below - 1: no text, no fraction, no true. Raises ShapeError."""
    if type(value) is not int or not 0 <= value < below:
        raise ShapeError(place, f"not an integer from 0 to {below - 1}")
    return value


def hex_bytes(value: object, place: str, length: int) -> bytes:
    """Hex text of exactly that many bytes, in lower case. Raises ShapeError."""
    if not isinstance(value, str) or len(value) != 2 * length or _HEX.fullmatch(value) is None:
        raise ShapeError(place, f"not {2 * length} lower-case hex digits")
    return bytes.fromhex(value)
