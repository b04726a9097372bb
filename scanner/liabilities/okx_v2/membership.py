"""A user's file of OKX's second zk-STARK, held against a proof that is checked first."""

from __future__ import annotations

from pathlib import Path

from scanner.errors import InputError, ListFormatError, clip
from scanner.liabilities.interface import OTHER_ROUND, Inclusion
from scanner.liabilities.okx_v2 import words
from scanner.liabilities.okx_v2.inclusion import Shape, climb, is_power_of_two, recognises
from scanner.liabilities.okx_v2.proof_file import Header
from scanner.liabilities.okx_v2.verify import NAME, accept, root_text
from scanner.liabilities.opening import read_whole
from scanner.liabilities.refusal import RefusedError, ShapeError
from scanner.model.jsontext import read_json

UNIT = "the publisher's unit of value over all coins (of one US dollar or a part of it)"
MAX_TOKENS = 10_000
MAX_BATCH = 2**20
MAX_BRANCHOUT = 4096


def verify_user(document: object, file: str, user: Path | None, pin: str) -> Inclusion:
    """Check the proof, then lead the user's account up to its root.

    document, file: the proof and its name. pin: as for the proof.
    Raises ListFormatError where a file is not of its form, InputError without a user's file.
    """
    if user is None:
        raise InputError(f"{file} is OKX's proof: it needs the user's file (--user)")
    try:
        proof = accept(document, pin)
    except ShapeError as e:
        raise ListFormatError(file, f"not a proof of this form: {e}") from None
    except RefusedError as e:
        return _refused(f"the proof is false: {e}")
    try:
        own = read_json(read_whole(user), unique_names=True)
        if not recognises(own):
            raise ListFormatError(user.name, "not a user's file of OKX's second zk-STARK")
        found = climb(own, _shape(proof.header, file))
    except ShapeError as e:
        raise ListFormatError(user.name, f"not of the proof's form: {e}") from None
    except ValueError as e:
        raise ListFormatError(user.name, f"not JSON: {clip(str(e), 80)}") from None
    if found.root != proof.root:
        leads = f"the account leads to {root_text(found.root)}, not to the proof's root"
        return _refused(f"{leads}; {OTHER_ROUND}")
    gaps = [words.PER_COIN, words.CIRCUIT, words.ROUND]
    if proof.pin is None:
        gaps.insert(0, words.OWN_KEY)
    return Inclusion(
        True,
        root_text(proof.root),
        {"equity": found.equity, "debt": found.debt},
        0,
        (),
        (found.index,),
        format=NAME,
        unit=UNIT,
        gaps=tuple(gaps),
        unproven=proof.pin is None,
        account=found.id,
    )


def _refused(reason: str) -> Inclusion:
    return Inclusion(False, "", {}, 0, (), reason=reason, format=NAME, unit=UNIT)


def _shape(header: Header, file: str) -> Shape:
    """The circuit's shape as the file's header says; with a shipped key it was compared."""
    levels = header.levels or 3  # the one round without circuits_info has three
    if (
        not is_power_of_two(header.batch_size)
        or header.batch_size > MAX_BATCH
        or not 2 <= header.branchout <= MAX_BRANCHOUT
        or not 1 <= header.token_num <= MAX_TOKENS
    ):
        raise ListFormatError(file, "/general: no circuit has such sizes")
    return Shape(header.batch_size, header.token_num, (header.branchout,) * levels)
