"""Reads a liabilities file of any known form, told by its content, not by its name."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from scanner.errors import ListFormatError
from scanner.liabilities import bitmex_tree, okx_merkle
from scanner.liabilities.interface import Liability, TreeCheck
from scanner.liabilities.published import read_liabilities
from scanner.model.registry import Registry

_HEAD = 1024


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a file says is owed.

    liabilities: one an asset. check: what hashing its tree again found; None for plain figures.
    """

    liabilities: tuple[Liability, ...]
    check: TreeCheck | None


def load_liabilities(path: Path, registry: Registry) -> Loaded:
    """Read published figures, or a whole Merkle sum tree, which is hashed and added up again.

    A tree that contradicts itself comes with its problems, and its totals are then worth no more
    than a published figure. Raises ListFormatError where the file cannot be read.
    """
    head = _head(path)
    for reader in (bitmex_tree, okx_merkle):
        if reader.recognises(head):
            check = reader.check_tree(path)
            return Loaded(check.totals, check)
    return Loaded(tuple(read_liabilities(path, registry)), None)


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            return stream.read(_HEAD)
    except OSError as e:
        raise ListFormatError(str(path), e.strerror or "cannot be read") from None
