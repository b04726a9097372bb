"""Filecoin's f3 accounts: the address is a BLS12-381 key of 48 bytes, which signed the text.

What is signed, and how it is spelled: `native.filecoin`. An account's key never changes.
"""

from __future__ import annotations

from scanner.model.control import Binding, ControlResult
from scanner.ownership import verdicts
from scanner.ownership.interface import ContractCall, Forms, Proof
from scanner.ownership.native.filecoin import SAID, forms_in, payloads, read_signature_text
from scanner.ownership.primitives import bls12381
from scanner.ownership.primitives.undecoded import NoSignature
from scanner.ownership.unread import unread


class FilecoinBls:
    """One account, one BLS key, the address itself."""

    name = "filecoin_bls"
    said = SAID

    def forms(self, proof: Proof) -> Forms:
        """See FormTeller."""
        return forms_in(proof.message)

    def handles(self, proof: Proof) -> bool:
        """f3 addresses."""
        return proof.address.format == "filecoin_bls"

    def verify(self, proof: Proof, call: ContractCall | None = None) -> ControlResult:
        """Judge the row: every signature is 96 bytes and the address's."""
        key, texts = proof.address.payload, tuple(payloads(proof.message))
        first: dict[bytes, int] = {}  # number of the first signature of these bytes
        for number, written in enumerate(proof.signatures, 1):
            signature = read_signature_text(written)
            if signature is None or len(signature) != bls12381.SIGNATURE:
                reason = f"signature {number} is not 96 bytes in hex or base64 (BLS)"
                return verdicts.malformed(self.name, NoSignature(reason, number), 1)
            first.setdefault(signature, number)
        if len(first) > len(texts):  # each check takes milliseconds
            reason = (
                "a key of this kind makes one signature over a text, and the row has "
                f"{len(first)}: publish the one"
            )
            return verdicts.unsupported(self.name, reason)
        unfit, fits = 0, False
        for signature, number in first.items():
            if any(bls12381.is_signed(key, t, signature, bls12381.BASIC) for t in texts):
                fits = True
            else:
                unfit = unfit or number
        if unfit:
            reason = f"signature {unfit} is not by the address's key over this message"
            return verdicts.mismatch(self.name, reason) if fits else unread(self.name, unfit)
        return verdicts.controls(self.name, Binding.DERIVED, (key.hex(),))
