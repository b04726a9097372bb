"""Checks a published proof of liabilities of any known form, told by its content."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from scanner.errors import InputError, ListFormatError, clip
from scanner.liabilities import bitmex_tree, okx_merkle
from scanner.liabilities.binance import batches as binance_batches
from scanner.liabilities.documents import (
    check_path,
    path_form,
    read_document,
    refuse_users,
    unchecked,
)
from scanner.liabilities.gate import batches as gate_batches
from scanner.liabilities.interface import (
    Inclusion,
    LiabilityEvidence,
    ProofCheck,
    ProofStatus,
    TreeCheck,
)
from scanner.liabilities.okx_v1 import folder as okx_v1_folder
from scanner.liabilities.okx_v1.verify import check_folder
from scanner.liabilities.okx_v2.inclusion import recognises as is_okx_v2_user
from scanner.liabilities.okx_v2.proof_file import recognises as is_okx_v2
from scanner.liabilities.okx_v2.verify import check_document
from scanner.liabilities.opening import head_of, read_whole
from scanner.liabilities.others.beside import (
    document_beside,
    folder_words,
    key_beside,
    list_beside,
)
from scanner.liabilities.others.known import BATCHES, form_of, is_batches

_UNKNOWN = (
    "no known proof of liabilities (see docs/liabilities.md); to save a table of figures, use "
    "'scanner liabilities import'"
)
_ONE_USER = (
    "it shows only one user's place under the root: the total at the root is the publisher's word"
)
_LEFT_OUT = "only a user who was left out can notice it"


def check_proof(path: Path, key: str = "") -> ProofCheck:
    """Check a file, a folder or a zip.

    key: what the user pins the verifying key to, a SHA-256 or a file of the key; "" for the keys
        that are shipped. Forms without a key take none.
    Raises ListFormatError where it cannot be read or is of no known form, InputError for a key that
    is none or that nothing asks for, and for one user's file.
    """
    if okx_v1_folder.recognises(path):
        return _without_key(check_folder(path), key)
    if path.is_dir():
        raise ListFormatError(path.name, folder_words(path))
    head = head_of(path)
    for reader in (bitmex_tree, okx_merkle):
        if reader.recognises(head):
            return _without_key(_of_tree(reader.check_tree(path)), key)
    if is_batches(head):
        return _without_key(unchecked(BATCHES), key)
    if head.lstrip()[:1] == b"{":
        return _of_document(path, key)
    if (beside := _beside(path, head)) is not None:
        return beside
    raise ListFormatError(path.name, _UNKNOWN)


def _beside(path: Path, head: bytes) -> ProofCheck | None:
    """What lies beside proofs, and is none."""
    if head.lstrip()[:1] == b"[":
        users = list_beside(head)
        return unchecked(users) if users else None
    if head[:4].strip(b"0123456789abcdefABCDEF") or (found := key_beside(read_whole(path))) is None:
        return None
    form, sha256 = found
    said = unchecked(form)
    return replace(said, stated={**said.stated, "sha256": sha256})


def _without_key(check: ProofCheck, key: str) -> ProofCheck:
    if key:
        raise InputError(f"--key: a file of the form {check.format} has no verifying key to pin")
    return check


def _of_document(path: Path, key: str) -> ProofCheck:
    document = read_document(path)
    if is_okx_v2(document):
        return check_document(document, path.name, key)
    if gate_batches.recognises(document):
        return _without_key(gate_batches.check_chain(document, path), key)
    if binance_batches.recognises(document):
        return binance_batches.check_batches(document, path, key)
    refuse_users(document, path.name)
    if (form := path_form(document)) is not None:
        found = check_path(form, document, path.name)
        return _without_key(
            ProofCheck(
                form.name,
                ProofStatus.CONSISTENT if found.included else ProofStatus.REFUSED,
                LiabilityEvidence.ROOT_LINKED if found.included else LiabilityEvidence.PUBLISHED,
                found.root,
                totals=found.totals,
                gaps=form.gaps if found.included else (),
                reason=found.reason.partition(", and false: ")[2] or found.reason,
            ),
            key,
        )
    if okx_merkle.recognises_path(document):
        return _without_key(_of_path(okx_merkle.verify_path(path)), key)
    known = form_of(document) or document_beside(document)
    if known is not None:
        return _without_key(unchecked(known), key)
    if inner := _one_inside(document):
        raise ListFormatError(path.name, inner)
    raise ListFormatError(path.name, _UNKNOWN)


def _one_inside(document: Mapping[str, object]) -> str:
    """Where a known document stands inside another, and what it is; "" if none does."""
    for name, value in document.items():
        if not isinstance(value, dict):
            continue
        if is_okx_v2(value) or is_okx_v2_user(value):
            what = "a proof of OKX" if is_okx_v2(value) else "one user's file of OKX's proof"
            return f"{what} is inside it, under {clip(name)!r}: give that alone"
    return ""


def _of_path(found: Inclusion) -> ProofCheck:
    """OKX's path of one user, of 2022."""
    return ProofCheck(
        okx_merkle.PATH_NAME,
        ProofStatus.CONSISTENT if found.included else ProofStatus.REFUSED,
        LiabilityEvidence.ROOT_LINKED if found.included else LiabilityEvidence.PUBLISHED,
        found.root,
        totals=found.totals,
        gaps=(_ONE_USER, *found.gaps) if found.included else (),
        reason=found.reason,
        stated={"sha256": found.sha256},
    )


def _of_tree(tree: TreeCheck) -> ProofCheck:
    """A whole sum tree: nothing stays hidden but who is missing."""
    if not tree.holds:
        first = tree.problems[0]
        more = f" (and {tree.problem_count - 1:,} more places)" if tree.problem_count > 1 else ""
        return ProofCheck(
            tree.format,
            ProofStatus.REFUSED,
            LiabilityEvidence.PUBLISHED,
            tree.root,
            totals=tree.totals,
            place=f"line {first.line}",
            reason=first.reason + more,
        )
    alone = tree.levels == 1
    return ProofCheck(
        tree.format,
        ProofStatus.CONSISTENT if alone else ProofStatus.ACCEPTED,
        tree.totals[0].evidence,
        tree.root,
        totals=tree.totals,
        gaps=tree.gaps if alone else (_LEFT_OUT, *tree.gaps),
        stated={"nodes": str(tree.nodes), "leaves": str(tree.leaves), "as of": tree.as_of}
        | ({"sha256": tree.sha256} if tree.sha256 else {}),
    )
