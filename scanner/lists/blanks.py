"""Cells that hold nothing, however publishers write that."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

NULLS = frozenset({"", "null", "NULL", r"\N"})
"""What publishers write where there is nothing."""


def value(text: str) -> str:
    """A cell's text without the spaces around it; "" where it says that there is none."""
    stripped = text.strip()
    return "" if stripped in NULLS else stripped


def present(cells: Sequence[str], places: Iterable[int]) -> tuple[str, ...]:
    """What stands in those of the cells that are not empty."""
    found: tuple[str, ...] = ()
    for at in places:
        text = cells[at]
        if text and (text := text.strip()) not in NULLS:
            found += (text,)
    return found
