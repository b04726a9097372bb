"""Sets of words, written as a text: how closed tables of words stand in the code."""

from __future__ import annotations


def word_set(text: str) -> frozenset[str]:
    """The words of a text, parted by spaces."""
    return frozenset(text.split())
