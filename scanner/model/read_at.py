"""Which state of a network a balance was read at, as its stored detail names it."""

from __future__ import annotations

from collections.abc import Iterable

from scanner.model.jsontext import own_json


def newest_height(details: Iterable[str]) -> int:
    """The highest state that details name, or that they were read until; 0 where none does.

    details: of balances of newest states: JSON text, "" for none. Raises ValueError for no JSON.
    """
    heights = [0]
    for text in set(details) - {""}:
        detail = own_json(text)
        state = detail.get("read_at")
        named = state.get("height") if isinstance(state, dict) else None
        told = (str(n) for n in (named, detail.get("to_height")))
        heights += [int(n) for n in told if n.isascii() and n.isdigit()]
    return max(heights)
