"""What a file says that was given as a list of reserves, and is about what is owed."""

from __future__ import annotations

from pathlib import Path

from scanner.errors import InputError, ListFormatError
from scanner.liabilities import bitmex_tree, figure_columns, in_batches, okx_merkle
from scanner.liabilities.documents import path_form, read_document, refuse_users
from scanner.liabilities.okx_v1 import folder as okx_v1_folder
from scanner.liabilities.okx_v2.proof_file import recognises as is_okx_v2
from scanner.liabilities.opening import head_of
from scanner.liabilities.others.known import form_of, is_batches

_PROOF = (
    "this is about what is owed, not a list of reserves: check it with 'scanner liabilities verify'"
)
_FIGURES = (
    "this names assets and amounts and no address, as figures of what is owed do, and is no list "
    "of reserves: save them with a snapshot by 'scanner liabilities import'"
)


def what_is_owed(path: Path) -> str:
    """Which command reads the file, in a sentence; "" where nothing tells. Never raises."""
    try:
        return _command(path)
    except (InputError, ListFormatError, OSError):
        return ""


def _command(path: Path) -> str:
    if okx_v1_folder.recognises(path):
        return _PROOF
    head = head_of(path)
    if any(tree.recognises(head) for tree in (bitmex_tree, okx_merkle)) or is_batches(head):
        return _PROOF
    if head.lstrip()[:1] == b"{":
        document = read_document(path)
        try:
            refuse_users(document, path.name)
        except InputError as users:
            return str(users)
        known = (
            is_okx_v2(document)
            or in_batches.recognises(document)
            or okx_merkle.recognises_path(document)
            or path_form(document) is not None
            or form_of(document) is not None
        )
        return _PROOF if known else ""
    first = head.partition(b"\n")[0].decode("utf-8", "replace").strip()
    return _FIGURES if _is_figures(path.name, first) else ""


def _is_figures(file: str, first: str) -> bool:
    """Whether a line names columns of figures and no other: a list's would name addresses."""
    cells = [cell.strip(' "') for cell in first.replace(";", ",").split(",")]
    if not figure_columns.names_both(cells):
        return False
    figure_columns.find(file, 1, cells)
    return True
