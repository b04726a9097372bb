"""Keys inside keys: what a row's key column shows of an account whose members are several again.

A family says what one part of the column is, a key or so many of other parts; depth, work and
thresholds are the same for all. What is made of it is a Way, as of a chain's own policy.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from scanner.model.key_policy import PolicyKey, Way, Weighted
from scanner.ownership.primitives.not_proven import malformed, unsupported
from scanner.ownership.primitives.undecoded import NoKey

DEEPEST: Final = 8
"""Lists of keys one in another; no tool that is known makes as many."""

MOST_MEMBERS: Final = 40
"""Members of one account, those of its members counted."""

LONGEST: Final = 20_000
"""Characters of a key column that is read as JSON."""


class Several(NamedTuple):
    """So many of these parts. threshold: as it is written, a number or its digits."""

    threshold: object
    members: Sequence[object]


def keys_in(part: object, read: Callable[[object], PolicyKey | Several]) -> PolicyKey | Way:
    """The key that a part is, or the way of its members, however deep they are several themselves.

    read(part) -> what one part is; raises NotProvenError, as this does beyond DEEPEST levels and
    MOST_MEMBERS members, where parts that name each other end, too, and for what `several` refuses.
    """
    left = MOST_MEMBERS

    def of(part: object, deep: int) -> PolicyKey | Way:
        nonlocal left
        found = read(part)
        if isinstance(found, PolicyKey):
            return found
        left -= len(found.members)
        if deep == 0 or left < 0:
            raise unsupported(
                f"the keys inside keys are more than {DEEPEST} deep or more than {MOST_MEMBERS}, "
                "which is not read: move to an account of fewer"
            )
        return several([of(member, deep - 1) for member in found.members], found.threshold)

    return of(part, DEEPEST)


def several(members: Sequence[PolicyKey | Way], threshold: object) -> Way:
    """The way of so many of these members, each of weight 1. threshold: see Several.

    Raises NotProvenError for a threshold that no account can have.
    """
    number = needed(threshold, len(members))
    inner = sum(isinstance(member, Way) for member in members)
    name = f"{number} of its {len(members)} keys"
    if inner:
        name += f", {inner} of which {'is' if inner == 1 else 'are'} of several keys again"
    return Way(name, tuple(map(Weighted, members)), number)


def needed(threshold: object, members: int) -> int:
    """How many of so many members must sign. threshold: see Several. Raises NotProvenError."""
    if isinstance(threshold, str) and threshold.isascii() and threshold.isdigit():
        threshold = int(threshold[:9])
    if type(threshold) is not int or not 1 <= threshold <= members:
        raise malformed(
            NoKey(
                "the key column has a threshold that is no number from 1 to how many keys there are"
            )
        )
    return threshold
