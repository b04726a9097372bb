"""Which part of a row could not be decoded: the type of the reason says it, not its words.

A scheme that cannot decode a part gives one of these as the reason of its `malformed`. Whoever
passes the reason on as it is passes on what it is of. The judge looks by it whether the part may be
good in a form that is not read (`scanner.ownership.other_forms`), and gives plain text out.
"""

from __future__ import annotations


class NoKey(str):
    """Why the key column, or the script in its place, could not be decoded."""

    __slots__ = ()


class NoSignature(str):
    """Why one signature could not be decoded. number: of the row's, from 1."""

    __slots__ = ("number",)
    number: int

    def __new__(cls, reason: str, number: int = 0) -> NoSignature:
        """A reason, which is the text, and whose it is; 0 where any of them may be meant."""
        made = super().__new__(cls, reason)
        made.number = number
        return made
