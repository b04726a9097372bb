"""Rows of beacon-chain validators: the validator's own BLS12-381 key signed.

The address is the 48-byte public key, and this key may not take the stake: that is paid to whom
the withdrawal credentials name. A staking service has the signing keys of its customers'
validators. So the key alone is never more than `asserted`.
Source: IETF draft BLS signatures, ciphersuite BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_.
"""

from __future__ import annotations

from functools import lru_cache

from scanner.model.control import Binding, ControlResult
from scanner.ownership import verdicts
from scanner.ownership.interface import ContractCall, Proof
from scanner.ownership.primitives import bls12381
from scanner.ownership.primitives.envelopes import eip191_hash
from scanner.ownership.primitives.hextext import decode_hex
from scanner.ownership.primitives.undecoded import NoSignature
from scanner.ownership.unread import unread

_CAUTION = (
    "the validator's own key signed, but it may not withdraw the stake: that is paid to the "
    "account in its withdrawal credentials. Sign again with that account, and name it as owner"
)


class Bls:
    """One validator, one key."""

    name = "bls"
    said = "EIP-191, signed by a BLS key"

    def handles(self, proof: Proof) -> bool:
        """Validator keys, where no owner is named."""
        return proof.address.format == "validator_key" and not proof.owners

    def verify(self, proof: Proof, call: ContractCall | None = None) -> ControlResult:
        """Judge the row: every signature is 96 bytes and the validator's."""
        key, digest = proof.address.payload, eip191_hash(proof.message.encode())
        unfit, fits = 0, False
        for number, text in enumerate(proof.signatures, 1):
            signature = decode_hex(text)
            if signature is None or len(signature) != 96:
                bad = NoSignature(f"signature {number} is not 96 bytes of hex", number)
                return verdicts.malformed(self.name, bad, 1)
            if is_signed(key, digest, signature):
                fits = True
            else:
                unfit = unfit or number
        if unfit:
            reason = f"signature {unfit} is not by the validator's key over this message"
            return verdicts.mismatch(self.name, reason) if fits else unread(self.name, unfit)
        return verdicts.controls(self.name, Binding.ASSERTED, ("0x" + key.hex(),), _CAUTION)


@lru_cache(maxsize=4096)
def is_signed(key: bytes, digest: bytes, signature: bytes) -> bool:
    """Check a validator's signature over 32 bytes. Remembered: a check takes milliseconds."""
    return bls12381.is_signed(key, digest, signature, bls12381.PROOF_OF_POSSESSION)
