"""Messages signed by the key of a Tron account, in both of the network's forms.

The first form signs the 32-byte hash of the text, the second (signMessageV2) the text itself;
nothing in a row says which, so both are tried. Source: TIP-191; TIP-104 for permissions, which
no signature here can show.
"""

from __future__ import annotations

from scanner.model.addresses.tron import TronCodec
from scanner.model.control import Binding, ControlResult
from scanner.ownership import verdicts
from scanner.ownership.evm.evm_signers import RECOVERY_BYTES
from scanner.ownership.interface import ContractCall, Proof
from scanner.ownership.primitives import envelopes
from scanner.ownership.primitives.recovery import read_hex_signature, recover_account

_FORMS = (envelopes.tip191_hash, envelopes.tip191_text)


class TronMessage:
    """One Tron account, one key."""

    name = "tron_message"

    def handles(self, proof: Proof) -> bool:
        """Every Tron address."""
        return proof.address.format == "tron"

    def verify(self, proof: Proof, call: ContractCall | None = None) -> ControlResult:
        """Judge the row: every signature must be by the address's key, in one form or the other."""
        message = proof.message.encode()
        remarks: dict[str, None] = {}
        for number, text in enumerate(proof.signatures, 1):
            signature = read_hex_signature(text, RECOVERY_BYTES)
            if signature is None:
                return verdicts.malformed(
                    self.name, f"signature {number} is not 65 bytes of hex (r, s, v)"
                )
            found = None
            for form in _FORMS:
                account = recover_account(form(message), signature.compact, signature.recovery_id)
                if account == proof.address.payload:
                    break
                found = found or account
            else:
                return verdicts.mismatch(self.name, _not_by(proof, number, found))
            remarks.update(dict.fromkeys(signature.notes))
        signer = proof.address.text
        return verdicts.controls(self.name, Binding.DERIVED, (signer,), "; ".join(remarks), 1)


def _not_by(proof: Proof, number: int, found: bytes | None) -> str:
    if found is None:
        return f"signature {number} is one that no key can make"
    text = TronCodec(proof.network.name, "").encode(found)
    reason = (
        f"signature {number} is by another key or over another message: for this message it is "
        f"by {text}"
    )
    if proof.owners:
        reason += "; owners of Tron accounts are not looked up"
    return reason
