"""How a reader understood each part of a file it was given: every column, key, sheet and level."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What became of a part of a file."""

    USED = "used"
    NEEDLESS = "needless"  # known, and no claim is in it
    UNKNOWN = "not understood"


@dataclass(frozen=True, slots=True)
class Account:
    """One part of a file. part: "column 'Balance (BTC)'", "key 'data[].height'".

    meaning: what it is used as, why it is needless, or what the user may say to settle it.
    example: a value from it, cut short; "" if it has none.
    """

    part: str
    role: Role
    meaning: str
    example: str = ""
