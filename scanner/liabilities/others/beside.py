"""Files that lie beside proofs and prove nothing: named, so that the right one is given.

Users' balances as a prover reads them, a verifying key, the SHA-256 of one, single parts of OKX's
first zk-STARK. Told by what only they have.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from scanner.liabilities.okx_v2.key import MAX_KEY, read_key
from scanner.liabilities.others.known import Form
from scanner.liabilities.refusal import RefusedError, ShapeError
from scanner.model.jsontext import check_size

_USERS = Form(
    "okx_users",
    "OKX",
    "users' balances as the prover reads them",
    "the file proves nothing about them: the proof is sum_proof_data.json, or the folder "
    "sum_proof_data",
)
_KEY = Form(
    "okx_v2_key",
    "OKX",
    "a verifying key of the second zk-STARK",
    "use it to check a proof: 'scanner liabilities verify sum_proof_data.json --key'",
)
_PIN = Form(
    "okx_v2_pin",
    "OKX",
    "the SHA-256 of a verifying key",
    "give it with --key to the check of sum_proof_data.json",
)
_VALUES = Form(
    "okx_v1_values",
    "OKX",
    "the totals of one batch of OKX's first zk-STARK (sum_values.json)",
    "they are figures without their proof: give the whole folder sum_proof_data, or a zip of it",
)
_TRACE = Form(
    "okx_v2_trace",
    "OKX",
    "the intermediate values of one verification",
    "they are not a proof: the proof is sum_proof_data.json",
)
_PUBLIC = Form(
    "okx_v2_public_inputs",
    "OKX",
    "a root and its sums without their proof",
    "the proof is sum_proof_data.json",
)
_HEX = frozenset(b"0123456789abcdefABCDEF")
_LEAST_KEY = 400  # hex digits; genuine keys have some 2,600


def document_beside(document: Mapping[str, object]) -> Form | None:
    """What a JSON object without a proof in it is; None where nothing tells."""
    names = document.keys()
    if "total_value" in names and all(type(value) is int for value in document.values()):
        return _VALUES
    if "root_verifier_data_sha256" in names:
        return _PIN
    if {"plonk_zeta", "fri_alpha", "public_inputs_hash"} <= names:
        return _TRACE
    return _PUBLIC if {"general", "public_inputs"} <= names and "proof" not in names else None


def list_beside(head: bytes) -> Form | None:
    """What a JSON array that starts so is; None where its first object does not tell."""
    text = head.decode("utf-8", "replace").lstrip().removeprefix("[").lstrip()
    try:
        check_size(text)
        first, _ = json.JSONDecoder().raw_decode(text)  # noqa: TID251 - only its first object
    except (ValueError, RecursionError):
        return None
    if not isinstance(first, dict) or not isinstance(first.get("id"), str):
        return None
    rest = {name: value for name, value in first.items() if name != "id"}
    if rest.keys() == {"equity", "debt"}:
        return _USERS
    numbers = all(isinstance(v, str) and v.lstrip("-").isdecimal() for v in rest.values())
    return _USERS if len(rest) > 1 and numbers else None


def key_beside(text: bytes) -> tuple[Form, str] | None:
    """A verifying key as hex text, and its SHA-256; None where it is none. text: all of it."""
    digits = text.strip()
    if not _LEAST_KEY <= len(digits) <= 2 * MAX_KEY or not _HEX.issuperset(digits):
        return None
    try:
        return _KEY, read_key(bytes.fromhex(digits.decode("ascii"))).sha256
    except (ValueError, RefusedError, ShapeError):
        return None


def folder_words(path: Path) -> str:
    """Why a folder that is not OKX's publication cannot be checked."""
    if any(path.glob("sum_proof.json*")) or any(path.glob("*/sum_proof.json*")):
        return "a part of OKX's first zk-STARK: give the whole folder sum_proof_data"
    return "a folder: give the file of the proof, or OKX's folder sum_proof_data"
