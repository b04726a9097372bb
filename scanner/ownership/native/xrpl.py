"""Texts signed with ripple-keypairs: the text itself (Ed25519), or ECDSA over half of its SHA-512.

Published keys (33 bytes, ED before an Ed25519 one) signed, one or several; the account is made
from the one, or the ledger must show that they may sign. Source: ripple-keypairs, sign and verify.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha512

from scanner.model.control import Binding, ControlResult
from scanner.model.key_policy import KeyKind, PolicyKey
from scanner.ownership import verdicts
from scanner.ownership.ed25519.ed25519 import is_ed_row
from scanner.ownership.ed25519.signing import MOST_KEYS, is_signed
from scanner.ownership.ed25519.text_form import Ed25519Text
from scanner.ownership.interface import ContractCall, Proof, Readings, Signer, one_reading
from scanner.ownership.primitives import low_s, secp256k1
from scanner.ownership.primitives.der import der_to_compact
from scanner.ownership.primitives.hashes import hash160
from scanner.ownership.primitives.hextext import decode_hex
from scanner.ownership.primitives.key_words import key_words
from scanner.ownership.primitives.makers import makers
from scanner.ownership.primitives.not_proven import NotProvenError, malformed, mismatch
from scanner.ownership.primitives.plain_signature import hex_or_base64
from scanner.ownership.primitives.plain_text import plain_text
from scanner.ownership.primitives.undecoded import NoKey, NoSignature
from scanner.ownership.unread import unread

_ED = b"\xed"


class XrplText:
    """Accounts of the XRP Ledger, keys of both kinds."""

    name = "xrpl_text"
    said = "the text itself"

    def __init__(self) -> None:
        self._ed = Ed25519Text(
            self.name,
            self.said,
            {"xrpl"},
            lambda proof: (plain_text(proof.message),),
            hex_or_base64,
        )

    def handles(self, proof: Proof) -> bool:
        """Rows of the XRP Ledger that publish a key."""
        return proof.address.format == "xrpl" and bool(proof.script)

    def verify(self, proof: Proof, call: ContractCall | None = None) -> ControlResult:
        """Judge the row: every signature is a published key's."""
        if is_ed_row(proof):
            return self._ed.verify(proof, call)
        try:
            keys = _signed_by(proof)
        except NotProvenError as e:
            return e.result(self.name)
        if not keys:
            return unread(self.name, 1)
        signers = tuple(_signer(key).text for key in keys)
        if len(keys) == 1 and hash160(keys[0]) == proof.address.payload:
            return verdicts.controls(self.name, Binding.DERIVED, signers)
        return verdicts.controls(self.name, Binding.ASSERTED, signers, verdicts.REGULAR_KEY)

    def signers(self, proof: Proof) -> Readings:
        """See SignerFinder."""
        if is_ed_row(proof):
            return self._ed.signers(proof)
        try:
            keys = _signed_by(proof)
        except NotProvenError:
            return ()
        return one_reading([_signer(key) for key in keys])


def _signer(key: bytes) -> Signer:
    account = PolicyKey(KeyKind.ACCOUNT, hash160(key))
    if key[:1] == _ED:
        return Signer(key[1:].hex(), frozenset((PolicyKey(KeyKind.ED25519, key[1:]), account)))
    return Signer(key.hex(), frozenset((PolicyKey(KeyKind.SECP256K1, key), account)))


def _signed_by(proof: Proof) -> tuple[bytes, ...]:
    """The published keys that made the signatures, each once; () if none is by any of them.

    Raises NotProvenError.
    """
    keys = _keys(proof.script)
    text = plain_text(proof.message)
    signatures = [_read(number, written) for number, written in enumerate(proof.signatures, 1)]

    def tries(signature: tuple[bool, bytes], text: bytes) -> Iterator[tuple[bytes, bool]]:
        is_ed, data = signature
        if is_ed:
            return ((k, is_signed(k[1:], text, data)) for k in keys if k[:1] == _ED)
        digest = sha512(text).digest()[:32]
        return ((k, low_s.verify(digest, data, k)) for k in keys if k[:1] != _ED)

    made, unfit = makers(signatures, (text,), tries)
    if made and unfit is not None:
        raise mismatch(f"signature {unfit + 1} is not by the published key")
    if unfit is not None:
        return ()
    low_s.refuse_high((n, data) for n, (is_ed, data) in enumerate(signatures, 1) if not is_ed)
    return made


def _read(number: int, written: str) -> tuple[bool, bytes]:
    """Whether a signature is Ed25519's, else ECDSA's, and its 64 bytes. Raises NotProvenError."""
    plain = hex_or_base64(written)
    if plain is not None:
        return True, plain
    compact = der_to_compact(decode_hex(written) or b"")
    if compact is None:
        reason = f"signature {number} is not DER in hex, nor 64 bytes in hex or base64"
        raise malformed(NoSignature(reason, number))
    return False, compact


def _keys(text: str) -> tuple[bytes, ...]:
    """The distinct keys of a column, 33 bytes each. Raises NotProvenError."""
    texts = key_words(text, MOST_KEYS)
    if len(texts) > MOST_KEYS:
        raise malformed(NoKey(f"more than {MOST_KEYS} public keys"))
    return tuple(dict.fromkeys(map(_key, texts)))


def _key(text: str) -> bytes:
    data = decode_hex(text)
    if data is not None and len(data) == 33 and data[:1] == _ED:
        return data
    point = None if data is None else secp256k1.parse_key(data)
    if point is None:
        raise malformed(NoKey("the public key column is not a key of the XRP Ledger"))
    return secp256k1.compress(point)
