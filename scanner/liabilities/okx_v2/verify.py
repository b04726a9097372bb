"""Checks `sum_proof_data.json`: the published verifier's equations, under a pinned key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from scanner.errors import InputError, ListFormatError
from scanner.liabilities.interface import LiabilityEvidence, ProofCheck, ProofStatus
from scanner.liabilities.okx_v2 import words
from scanner.liabilities.okx_v2.constraints import check_constraints
from scanner.liabilities.okx_v2.fri import check_fri
from scanner.liabilities.okx_v2.key import read_key, sha256_of
from scanner.liabilities.okx_v2.pins import Pin, pin_of_key, pin_of_round, read_pin
from scanner.liabilities.okx_v2.proof_file import Header, read_header, read_proof
from scanner.liabilities.okx_v2.transcript import draw
from scanner.liabilities.refusal import RefusedError, ShapeError

NAME = "okx_v2"
MAX_BALANCE = 2**62
"""Every account and every partial sum is proven to lie below."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """A proof that holds. header: of its file. root: 4 words. pin: None if its key is its own."""

    header: Header
    pin: Pin | None
    key: str
    equity: int
    debt: int
    root: tuple[int, ...]


def check_document(
    document: object, file: str, pin: str | Pin = "", *, plain: bool = False
) -> ProofCheck:
    """Check a parsed proof file.

    file: its name, for errors. pin: the user's key, a hash or a path, or a pin already read; ""
        for the shipped keys.
    plain: without numpy even where it is installed.
    Raises ListFormatError where the file is not of the form, InputError for a bad pin.
    """
    try:
        return described(accept(document, pin, plain=plain))
    except ShapeError as e:
        raise ListFormatError(file, f"not a proof of this form: {e}") from None
    except RefusedError as e:
        return ProofCheck(
            NAME,
            ProofStatus.REFUSED,
            LiabilityEvidence.PUBLISHED,
            place=e.place,
            reason=e.reason,
        )


def accept(document: object, pin: str | Pin = "", *, plain: bool = False) -> Accepted:
    """Check everything. Raises RefusedError, ShapeError, InputError (a bad or missing key)."""
    header = read_header(document)
    given = (read_pin(pin) if pin else None) if isinstance(pin, str) else pin
    vouched, data = _key(header, given)
    sha256 = sha256_of(data)
    if vouched is not None and vouched.sha256 != sha256:
        raise RefusedError(
            "/circuits_info/root_verifier_data_hex",
            f"the file's key {sha256} is not that of {vouched.name}, {vouched.sha256}",
        )
    key = read_key(data)
    if header.key_digest != key.digest:
        raise RefusedError("/root_vd_digest", "not the digest of the key")
    if vouched is not None and (contradiction := vouched.contradicted(header)):
        raise RefusedError("/general", contradiction)
    proof = read_proof(cast("Mapping[str, object]", document), key)
    equity, debt, *root = proof.public_inputs
    drawn = draw(key, proof)
    check_constraints(key, proof.openings, drawn)
    check_fri(key, proof, drawn, plain=plain)
    if equity < debt or equity - debt >= MAX_BALANCE:
        reason = f"what is owed, {equity} less {debt}, is not from 0 to 2^62: no honest tree has it"
        raise RefusedError("/proof/public_inputs", reason)
    return Accepted(header, vouched, sha256, equity, debt, tuple(root))


def _key(header: Header, given: Pin | None) -> tuple[Pin | None, bytes]:
    """Who vouches for the key, and its bytes."""
    if header.key is not None:
        known = pin_of_key(sha256_of(header.key)) or pin_of_round(header.round_num)
        return given or known, header.key
    pin = given or pin_of_round(header.round_num)
    if pin is None or pin.data is None:
        raise InputError(
            f"the file holds no key, and none is known for its round {header.round_num}: "
            "give the publisher's key as a file (--key)"
        )
    return pin, pin.data


def key_bytes(document: object, pin: Pin | None) -> bytes:
    """The bytes of the key that a proof is checked under. Raises as `accept`."""
    return _key(read_header(document), pin)[1]


def root_text(root: tuple[int, ...]) -> str:
    """A hash as OKX writes it: four little-endian words in hex."""
    return b"".join(word.to_bytes(8, "little") for word in root).hex()


def described(found: Accepted) -> ProofCheck:
    """What a proof that holds is worth, in words."""
    header, pin = found.header, found.pin
    gaps = [words.CIRCUIT, words.PER_COIN, words.GROSS, words.COMPLETE]
    if pin is None:
        gaps.insert(0, words.OWN_KEY)
    gaps.append(words.ROUND if pin is not None and pin.is_complete else words.HEADER)
    return ProofCheck(
        NAME,
        ProofStatus.CONSISTENT if pin is None else ProofStatus.ACCEPTED,
        LiabilityEvidence.PUBLISHED if pin is None else LiabilityEvidence.SNARK_AGGREGATE,
        root_text(found.root),
        found.equity - found.debt,
        key=found.key,
        key_from="the file itself" if pin is None else pin.name,
        gaps=tuple(gaps),
        stated={
            "round": str(header.round_num),
            "equity": str(found.equity),
            "debt": str(found.debt),
            "accounts in a batch": str(header.batch_size),
            "tokens": str(header.token_num),
        },
    )
