"""What a JSON document of liabilities is, told by its names; and the checks of one user's path."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from scanner.errors import InputError, ListFormatError, clip
from scanner.liabilities import okx_merkle
from scanner.liabilities.binance import user as binance_user
from scanner.liabilities.gate import user as gate_user
from scanner.liabilities.interface import (
    Inclusion,
    Liability,
    LiabilityEvidence,
    ProofCheck,
    ProofStatus,
)
from scanner.liabilities.okx_v1.verify import recognises_user as is_okx_v1_user
from scanner.liabilities.okx_v2.inclusion import recognises as is_okx_v2_user
from scanner.liabilities.opening import read_whole
from scanner.liabilities.others import bitget, mexc
from scanner.liabilities.others.amounts import DECIMALS
from scanner.liabilities.others.beside import document_beside
from scanner.liabilities.others.known import Form, form_of
from scanner.liabilities.others.path import Path as FoundPath
from scanner.liabilities.refusal import RefusedError, ShapeError
from scanner.model.jsontext import read_json

NOT_CHECKED = "not checked: "


@dataclass(frozen=True, slots=True)
class PathForm:
    """A publisher's form of one user's path that is checked here."""

    name: str
    publisher: str
    gaps: tuple[str, ...]
    recognises: Callable[[Mapping[str, object]], bool]
    check: Callable[[Mapping[str, object]], FoundPath]


PATHS = tuple(
    PathForm(module.NAME, module.PUBLISHER, module.GAPS, module.recognises, module.check)
    for module in (bitget, mexc, gate_user, binance_user)
)


def read_document(path: Path) -> Mapping[str, object]:
    """A JSON object in which no name stands twice. Raises ListFormatError."""
    try:
        document = read_json(read_whole(path), unique_names=True, parse_float=float)
    except ValueError as e:
        raise ListFormatError(path.name, f"not JSON: {clip(str(e), 80)}") from None
    if not isinstance(document, dict):
        raise ListFormatError(path.name, "not a JSON object")
    return document


def path_form(document: Mapping[str, object]) -> PathForm | None:
    """Whose path of one user it is, of those that are checked here."""
    return next((form for form in PATHS if form.recognises(document)), None)


def refuse_users(document: Mapping[str, object], file: str) -> None:
    """Raise InputError for a user's file: it is checked against its publication."""
    if okx_merkle.recognises_user(document):
        _refuse_user(file, "whole tree", "full-liabilities-merkle-tree.txt")
    if is_okx_v1_user(document):
        _refuse_user(file, "first zk-STARK", "sum_proof_data")
    if is_okx_v2_user(document):
        _refuse_user(file, "second zk-STARK", "sum_proof_data.json")


def _refuse_user(file: str, whose: str, publication: str) -> None:
    raise InputError(
        f"{file} is one user's file of OKX's {whose}: check it against the "
        f"publication with 'scanner liabilities verify-inclusion {publication} --user {file}'"
    )


def unchecked(form: Form) -> ProofCheck:
    """What is said of a form that is named only."""
    return ProofCheck(
        form.name,
        ProofStatus.UNCHECKED,
        LiabilityEvidence.PUBLISHED,
        gaps=(NOT_CHECKED + form.why,),
        stated={"publisher": form.publisher, "file": form.what},
    )


def named(document: Mapping[str, object]) -> str:
    """What a document is, for a sentence that refuses it; "" if nothing tells."""
    if (path := path_form(document)) is not None:
        return f"a path of one user in {path.publisher}'s form"
    form = form_of(document) or document_beside(document)
    return f"{form.what}: {form.why}" if form else ""


def check_path(form: PathForm, document: Mapping[str, object], file: str) -> Inclusion:
    """Climb one user's path. Raises ListFormatError where it is not of the form."""
    try:
        found = form.check(document)
    except ShapeError as e:
        raise ListFormatError(file, f"not a path of {form.publisher}'s form: {e}") from None
    except RefusedError as e:
        reason = f"a path of {form.publisher}'s form, but false: {e}"
        return Inclusion(False, "", {}, DECIMALS, (), reason=reason, format=form.name)
    totals = tuple(
        Liability(coin, amount, DECIMALS, LiabilityEvidence.ROOT_LINKED, file)
        for coin, amount in found.totals.items()
    )
    amounts = dict(found.amounts)
    return Inclusion(
        True,
        found.root,
        amounts,
        found.decimals,
        totals,
        format=form.name,
        unit=found.unit,
        gaps=form.gaps,
        account=found.account,
    )
