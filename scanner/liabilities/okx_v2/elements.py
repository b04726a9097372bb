"""Words of the field, elements of its extension and hashes, as OKX's second proof writes them.

All functions raise ShapeError with the JSON path of what is wrong.
"""

from __future__ import annotations

from scanner.liabilities.okx_v2.goldilocks import Ext, P
from scanner.liabilities.okx_v2.poseidon import DIGEST, Digest
from scanner.liabilities.refusal import ShapeError
from scanner.liabilities.strict import fields, items


def words(value: object, place: str, length: int) -> list[int]:
    """Words of the field. Raises ShapeError."""
    found: list[int] = []
    for i, word in enumerate(items(value, place, length)):
        if type(word) is not int or not 0 <= word < P:
            raise ShapeError(f"{place}/{i}", "not a word of the field: an integer below p")
        found.append(word)
    return found


def ext(value: object, place: str) -> Ext:
    """An element of the extension: two words."""
    first, second = words(value, place, 2)
    return Ext(first, second)


def digest(value: object, place: str) -> Digest:
    """A hash: {"elements": four words}."""
    return tuple(words(fields(value, place, ("elements",))["elements"], place, DIGEST))
