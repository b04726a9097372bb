"""Texts signed with ripple-keypairs: the text itself (Ed25519), or ECDSA over half of its SHA-512.

The published key (33 bytes, ED before an Ed25519 one) signed; the account is made from it, or the
ledger must show that it may sign. Source: ripple-keypairs, sign and verify.
"""

from __future__ import annotations

from hashlib import sha512

from scanner.model.control import Binding, ControlResult
from scanner.model.key_policy import KeyKind, PolicyKey
from scanner.ownership import verdicts
from scanner.ownership.ed25519.ed25519 import is_ed_row
from scanner.ownership.ed25519.text_form import Ed25519Text
from scanner.ownership.interface import ContractCall, Proof, Readings, Signer, one_reading
from scanner.ownership.native.spellings import hex_or_base64, plain_text
from scanner.ownership.primitives import secp256k1
from scanner.ownership.primitives.der import der_to_compact
from scanner.ownership.primitives.hashes import hash160
from scanner.ownership.primitives.hextext import decode_hex
from scanner.ownership.primitives.not_proven import NotProvenError, malformed, mismatch, unsupported
from scanner.ownership.unread import unread


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
        """Judge the row: every signature is the published key's."""
        if is_ed_row(proof):
            return self._ed.verify(proof, call)
        try:
            key = _signed_by(proof)
        except NotProvenError as e:
            return e.result(self.name)
        if key is None:
            return unread(self.name, 1)
        signer = (key.hex(),)
        if hash160(key) == proof.address.payload:
            return verdicts.controls(self.name, Binding.DERIVED, signer)
        return verdicts.controls(self.name, Binding.ASSERTED, signer, verdicts.REGULAR_KEY)

    def signers(self, proof: Proof) -> Readings:
        """See SignerFinder."""
        if is_ed_row(proof):
            return self._ed.signers(proof)
        try:
            key = _signed_by(proof)
        except NotProvenError:
            return ()
        if key is None:
            return ()
        names = PolicyKey(KeyKind.SECP256K1, key), PolicyKey(KeyKind.ACCOUNT, hash160(key))
        return one_reading([Signer(key.hex(), frozenset(names))])


def _signed_by(proof: Proof) -> bytes | None:
    """The published key if it made every signature, None if it made none. Raises NotProvenError."""
    data = decode_hex(proof.script)
    point = None if data is None else secp256k1.parse_key(data)
    if point is None:
        raise malformed("the public key column is not a key of the XRP Ledger")
    key = secp256k1.compress(point)
    digest = sha512(plain_text(proof.message)).digest()[:32]
    fits = []
    for number, text in enumerate(proof.signatures, 1):
        der = decode_hex(text) or b""
        compact = der_to_compact(der)
        if compact is None:
            raise malformed(f"signature {number} is not DER in hex")
        if not secp256k1.is_low_s(compact):
            raise unsupported(
                f"signature {number} is not in the ledger's canonical form: sign again"
            )
        fits.append(secp256k1.verify_ecdsa(digest, compact, key))
    if any(fits) and not all(fits):
        raise mismatch(f"signature {fits.index(False) + 1} is not by the published key")
    return key if all(fits) else None
