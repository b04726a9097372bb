"""Reads a liabilities file of any known form, told by its content, not by its name."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from pathlib import Path

from scanner.errors import InputError, ListFormatError
from scanner.liabilities import bitmex_tree, in_batches, okx_merkle
from scanner.liabilities.documents import (
    check_path,
    named,
    path_form,
    read_document,
    refuse_users,
)
from scanner.liabilities.interface import OTHER_ROUND, Inclusion, Liability, TreeCheck
from scanner.liabilities.okx_v1 import folder as okx_v1_folder
from scanner.liabilities.okx_v1.verify import verify_user as verify_okx_v1_user
from scanner.liabilities.okx_v2.membership import verify_user as verify_okx_v2_user
from scanner.liabilities.okx_v2.proof_file import recognises as is_okx_v2
from scanner.liabilities.opening import head_of
from scanner.liabilities.published import read_liabilities
from scanner.model.registry import Registry

_OWN_ROOT = "the root comes from this file itself, and nothing else supports it"


@dataclass(frozen=True, slots=True)
class UserKey:
    """A user's key for BitMEX's and River's trees.

    at: block height -> the 32-byte key for the tree of that height. account: which it is derived
    from, "" where the key is given as it is.
    """

    at: Callable[[int], bytes]
    account: str = ""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a file says is owed.

    liabilities: one an asset. check: what hashing its tree again found; None for plain figures.
    """

    liabilities: tuple[Liability, ...]
    check: TreeCheck | None


def load_liabilities(path: Path, registry: Registry, settled: Collection[str] = ()) -> Loaded:
    """Read published figures, or a whole Merkle sum tree, which is hashed and added up again.

    A tree that contradicts itself comes with its problems, and its totals are then worth no more
    than a published figure. settled: as for `read_liabilities`.
    Raises ListFormatError where the file cannot be read, or is a proof that gives no total of
    single coins.
    """
    head = head_of(path)
    for reader in (bitmex_tree, okx_merkle):
        if reader.recognises(head):
            check = reader.check_tree(path)
            return Loaded(check.totals, check)
    if head.lstrip()[:1] == b"{":
        what = named(read_document(path)) or "a JSON document of no known form"
        raise ListFormatError(path.name, f"not a table of what is owed in each coin, but {what}")
    return Loaded(tuple(read_liabilities(path, registry, settled)), None)


def verify_user(
    path: Path, user: Path | None, key: UserKey | None, pin: str = "", root: str = ""
) -> Inclusion:
    """Find one user in a liabilities file, told by its content.

    user: the user's file, for OKX's whole tree and proofs. key: the user's, for BitMEX's and
    River's tree. pin: of a proof's verifying key, as for `check_proof`.
    Neither: the file is a path of one user, under a root that it says itself.
    root: the one that the publisher shows everybody, lower-case hex; "" if not known.
    Raises InputError when the file needs what is not given, and for a root that is cut off or of
    another form: it says nothing about the file. ListFormatError as the readers do.
    """
    found, alone = _found(path, user, key, pin)
    if not found.included:
        return found
    if root and len(root) != len(found.root):
        what = f"--root has {len(root)} hex digits, a root of {found.format} has {len(found.root)}"
        raise InputError(f"{what}: give it whole")
    if root and found.root != root:
        reason = f"the root is {found.root}, not the one given, {root}; {OTHER_ROUND}"
        return replace(found, included=False, reason=reason, totals=(), gaps=())
    if alone and not root:
        return replace(found, unproven=True, gaps=(_OWN_ROOT, *found.gaps))
    return replace(found, compared=bool(root))


def _found(path: Path, user: Path | None, key: UserKey | None, pin: str) -> tuple[Inclusion, bool]:
    """What the file's reader finds; and whether the file is a path of one user alone."""
    whole = _in_publication(path, user, key)
    if whole is not None:
        if pin:
            raise InputError(f"--key: a file of the form {whole.format} has no verifying key")
        return whole, False
    document = read_document(path)
    if is_okx_v2(document):
        return verify_okx_v2_user(document, path.name, user, pin), False
    if in_batches.recognises(document):
        return in_batches.verify_user(document, path, user, pin), False
    form = path_form(document)
    if form is None:
        refuse_users(document, path.name)
        if what := named(document):
            raise ListFormatError(path.name, f"not a proof of OKX, BitMEX or River, but {what}")
    if user is not None or key is not None or pin:
        what = f"{path.name} is one user's path and takes no other file and no key"
        raise InputError(what)
    found = check_path(form, document, path.name) if form else okx_merkle.verify_path(path)
    return found, True


def _in_publication(path: Path, user: Path | None, key: UserKey | None) -> Inclusion | None:
    """One user in OKX's first zk-STARK or in a whole tree; None where the file is neither."""
    if okx_v1_folder.recognises(path):
        if user is None:
            what = f"{path.name} is OKX's first zk-STARK"
            raise InputError(f"{what}: it needs the user's file (--user)")
        return verify_okx_v1_user(path, user)
    head = head_of(path)
    if bitmex_tree.recognises(head):
        if key is None:
            raise InputError(f"{path.name} is a tree of BitMEX or River: it needs the user's key")
        return bitmex_tree.verify_inclusion(path, key.at, key.account)
    if okx_merkle.recognises(head):
        if user is None:
            raise InputError(f"{path.name} is OKX's whole tree: it needs the user's file (--user)")
        return okx_merkle.verify_in_tree(path, user)
    return None
