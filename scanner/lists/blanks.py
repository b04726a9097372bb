"""Cells that hold nothing, however publishers write that."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from scanner.errors import UnknownAssetError
from scanner.model.registry import Registry

NULLS = frozenset({"", "null", "NULL", r"\N"})
"""What publishers write where there is nothing."""

NOTHING = NULLS | {"-", "\u2013", "\u2014", "n/a", "N/A", "none", "None", "NONE", "nil"}
"""The same where a key, a signature, an owner or a contract would stand: none looks like that."""

_OF_NATIVE = frozenset({"0x" + "0" * 40, "0x" + "e" * 40})
"""What stands for the contract of a network's own coin, which has none (ERC-7528)."""


def names_no_contract(contract: str, coin: str, label: str, registry: Registry) -> bool:
    """Whether a cell for a token's contract names none, beside a coin and a network as written.

    What stands for a network's own coin does so only next to its name.
    """
    if contract in NOTHING or contract.lower() == "native":
        return True
    if contract.lower() not in _OF_NATIVE or not coin:
        return False
    try:
        return registry.asset_named(coin) == registry.network(label).native
    except UnknownAssetError:
        return False


def value(text: str) -> str:
    """A cell's text without the spaces around it; "" where it says that there is none."""
    stripped = text.strip()
    return "" if stripped in NOTHING else stripped


def present(cells: Sequence[str], places: Iterable[int]) -> tuple[str, ...]:
    """What stands in those of the cells that are not empty."""
    found: tuple[str, ...] = ()
    for at in places:
        text = cells[at]
        if text and (text := text.strip()) not in NOTHING:
            found += (text,)
    return found
