"""Reads a liabilities file of any known form, told by its content, not by its name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from scanner.errors import InputError, ListFormatError
from scanner.liabilities import bitmex_tree, okx_merkle
from scanner.liabilities.interface import Inclusion, Liability, TreeCheck
from scanner.liabilities.published import read_liabilities
from scanner.model.registry import Registry

_HEAD = 1024

KeyAt = Callable[[int], bytes]
"""Block height -> a user's 32-byte key for the tree of that height."""


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


def verify_user(path: Path, user: Path | None, key_at: KeyAt | None) -> Inclusion:
    """Find one user in a liabilities file, told by its content.

    user: OKX's user file, for OKX's whole tree. key_at: block height -> the user's key, for
    BitMEX's and River's tree. Neither: the file is OKX's path of one user.
    Raises InputError when the file needs what is not given, ListFormatError as the readers do.
    """
    head = _head(path)
    if bitmex_tree.recognises(head):
        if key_at is None:
            raise InputError(f"{path.name} is a tree of BitMEX or River: it needs the user's key")
        return bitmex_tree.verify_inclusion(path, key_at)
    if okx_merkle.recognises(head):
        if user is None:
            raise InputError(f"{path.name} is OKX's whole tree: it needs the user's file (--user)")
        return okx_merkle.verify_in_tree(path, user)
    return okx_merkle.verify_path(path)


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            return stream.read(_HEAD)
    except OSError as e:
        raise ListFormatError(str(path), e.strerror or "cannot be read") from None
