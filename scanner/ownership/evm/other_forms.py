"""Forms of a message that keys of EVM accounts sign and that show no ownership: near misses.

A row that fails in every form that is read is looked at in these, once. None of them is verified:
what has no prefix may be a transaction, and what was signed is not what is published. But a row
whose key signed one is not false, and its publisher is told what to do. Bounded: some ten digests.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from scanner.errors import AddressFormatError
from scanner.model.addresses.keccak import keccak256
from scanner.model.addresses.table import decode_address
from scanner.model.jsontext import read_json
from scanner.ownership.evm.evm_signers import read_plain
from scanner.ownership.evm.typed_data import LONGEST, typed_digest_of
from scanner.ownership.evm.typed_inside import as_signed, inner_typed
from scanner.ownership.interface import Proof
from scanner.ownership.primitives import envelopes
from scanner.ownership.primitives.hextext import decode_hex
from scanner.ownership.primitives.recovery import RecoverableSignature, recover_account

_SIGN_AGAIN = "sign the text again with personal_sign"
_BARE = "without EIP-191's prefix, as transactions are signed"
_HASH = 32
_FORMATS = ("evm", "validator_key")


class OtherForm(NamedTuple):
    """What else a key may have signed. words: what it is; to_do: for the publisher."""

    words: str
    to_do: str
    digest: bytes


def signed_form(proof: Proof) -> OtherForm | None:
    """The other form in which all signatures of a row are by its address or its named owners.

    Only of rows of 20-byte accounts and of validators, whose owners may have signed, and of
    signatures that a single key can have made.
    """
    if proof.address.format not in _FORMATS:
        return None
    made = [read_plain(text) for text in proof.signatures]
    plain = [one for one in made if one is not None]
    if not plain or len(plain) < len(made):
        return None
    signers = {proof.address.payload, *_owners(proof)}
    forms = (form for form in _forms(proof) if _is_by(plain, form.digest, signers))
    return next(forms, None)


def _is_by(plain: list[RecoverableSignature], digest: bytes, signers: set[bytes]) -> bool:
    return all(recover_account(digest, one.compact, one.recovery_id) in signers for one in plain)


def _owners(proof: Proof) -> Iterator[bytes]:
    for text in proof.owners:
        try:
            owner = decode_address(proof.network, text)
        except AddressFormatError:
            continue
        if owner.format == "evm":
            yield owner.payload


def _forms(proof: Proof) -> Iterator[OtherForm]:
    data = proof.message.encode()
    hashed = keccak256(data)
    bare = f"the Keccak-256 of the text {_BARE}"
    yield OtherForm(bare, _SIGN_AGAIN, hashed)
    yield from _of_hex(proof.message)
    for validator in dict.fromkeys((proof.address.payload, *_owners(proof))):
        for body, what in ((data, "the text"), (hashed, "the hash of the text")):
            digest = keccak256(b"\x19\0" + validator + body)
            words = f"{what} as data for a validator (version 0 of EIP-191)"
            yield OtherForm(words, _SIGN_AGAIN, digest)
    if len(proof.message) <= LONGEST:
        yield from _of_typed(proof.message, proof.network.chain_id)


def _of_hex(text: str) -> Iterator[OtherForm]:
    """Forms of the bytes that a text of hex digits spells."""
    spelled = decode_hex(text, len(text))
    if spelled is None:
        return
    to_do = "publish the text with 0x before it, or sign it again as the text that it is"
    if text[:2] == "0x":
        to_do = _SIGN_AGAIN
    words = "the bytes that the text spells in hex"
    for make in (envelopes.eip191_text, envelopes.eip191_hash):
        yield OtherForm(words, to_do, make(spelled))
    if len(spelled) == _HASH:
        words = f"the 32 bytes that the text spells {_BARE}"
        yield OtherForm(words, _SIGN_AGAIN, spelled)
    words = f"the Keccak-256 of the bytes that the text spells {_BARE}"
    yield OtherForm(words, _SIGN_AGAIN, keccak256(spelled))


_TO_PUBLISH = (
    "publish that typed data alone, in JSON with numbers as digits, or sign the text again with "
    "personal_sign"
)


def _of_typed(text: str, chain_id: str) -> Iterator[OtherForm]:
    """Typed data that stand inside other JSON, or with numbers as some programs write them."""
    if text.lstrip("\ufeff \t\r\n")[:1] not in ("{", "[", '"'):
        return
    try:
        data: Any = read_json(text.lstrip("\ufeff"), parse_float=float, unique_names=True)
    except ValueError:
        return
    for inner in inner_typed(data):
        signed = as_signed(inner, text)
        if signed == data:
            continue  # was tried as it is
        if made := typed_digest_of(signed, chain_id):
            yield OtherForm("the typed data that stand in the text", _TO_PUBLISH, made)
