"""Ed25519 rows: the key signs OKX's envelope unhashed, the address is computed from the key.

libsodium does the check: it refuses keys and points of small order (they verify for everybody)
and signatures whose s is not reduced (RFC 8032). Chains whose accounts are names or numbers, or
whose keys can be changed, are not bound by a signature: `asserted`.
"""

from __future__ import annotations

from nacl.exceptions import BadSignatureError, CryptoError
from nacl.signing import VerifyKey

from scanner.errors import AddressFormatError
from scanner.model.addresses.interface import Address
from scanner.model.addresses.table import decode_address
from scanner.model.control import Binding, ControlResult
from scanner.ownership import verdicts
from scanner.ownership.ed25519.ed25519_keys import (
    ADDRESS_IS_KEY,
    KEY_FIXES_ADDRESS,
    NAMED,
    is_address_of,
)
from scanner.ownership.interface import ContractCall, Proof
from scanner.ownership.primitives.envelopes import okx_bytes
from scanner.ownership.primitives.hextext import decode_hex

_NOT_BOUND = {
    "near_named": "the key signed; that it may use the named account is not shown here: compare "
    "it with the account's access keys (view_access_key_list of a node)",
    "hedera": "the key signed; that the account has it is not shown here: compare it with the "
    "account's key at a mirror node",
    "xrpl": verdicts.REGULAR_KEY,
}
_ROTATED = (
    "the key of the named authentication key signed; that the account uses it is not shown here: "
    "compare it with the account's authentication_key"
)


def is_signed(key: bytes, message: bytes, signature: bytes) -> bool:
    """Check one signature (64 bytes, R and s) by a key of 32 bytes, strictly (see the module)."""
    if len(key) != 32 or len(signature) != 64:
        return False
    try:
        VerifyKey(key).verify(message, signature)
    except (BadSignatureError, CryptoError, ValueError):
        return False
    return True


class Ed25519:
    """One account, one Ed25519 key."""

    name = "ed25519"

    def handles(self, proof: Proof) -> bool:
        """Formats with a key rule or named accounts; XRP Ledger rows whose key says ED."""
        form = proof.address.format
        if form == "xrpl":
            return proof.script[:2].upper() == "ED" and len(proof.script) == 66
        return form in KEY_FIXES_ADDRESS or form in NAMED

    def verify(self, proof: Proof, call: ContractCall | None = None) -> ControlResult:
        """Judge the row: the key is the address's, and every signature is the key's."""
        key = _key(proof)
        if isinstance(key, ControlResult):
            return key
        message = okx_bytes(proof.message.encode())
        for number, text in enumerate(proof.signatures, 1):
            signature = decode_hex(text)
            if signature is None or len(signature) != 64:
                return verdicts.malformed(
                    self.name, f"signature {number} is not 64 bytes of hex", 1
                )
            if not is_signed(key, message, signature):
                return self._bad(proof, number, signature)
        return self._bound(proof, key)

    def _bad(self, proof: Proof, number: int, signature: bytes) -> ControlResult:
        if proof.address.format == "ss58" and signature[63] & 0x80:
            # Schnorrkel marks its signatures there; no reduced Ed25519 s has that bit.
            return verdicts.unsupported(
                self.name,
                f"signature {number} looks like sr25519, which is not verified: hold it in an "
                "account with an ed25519 key",
            )
        return verdicts.mismatch(
            self.name, f"signature {number} is not by this key over this message"
        )

    def _bound(self, proof: Proof, key: bytes) -> ControlResult:
        """The key signed: say whether the address is the key's."""
        signer, form = (key.hex(),), proof.address.format
        if is_address_of(proof.address, key):
            return verdicts.controls(self.name, Binding.DERIVED, signer)
        if form in _NOT_BOUND:
            return verdicts.controls(self.name, Binding.ASSERTED, signer, _NOT_BOUND[form])
        if form == "aptos" and proof.owners:
            return self._rotated(proof, key)
        return verdicts.mismatch(
            self.name, "the signature is good, but the address is not the key's"
        )

    def _rotated(self, proof: Proof, key: bytes) -> ControlResult:
        """Aptos: an account may have been given another authentication key than its own."""
        owner = _decode(proof, proof.owners[0])
        if isinstance(owner, str):
            return verdicts.malformed(self.name, owner, 1)
        if len(proof.owners) > 1 or not is_address_of(owner, key):
            return verdicts.mismatch(
                self.name, "the key is neither the address's nor the authentication key's"
            )
        return verdicts.controls(self.name, Binding.ASSERTED, (key.hex(),), _ROTATED)


def _decode(proof: Proof, text: str) -> Address | str:
    try:
        return decode_address(proof.network, text)
    except AddressFormatError as e:
        return f"owner 1: {e.reason}"


def _key(proof: Proof) -> bytes | ControlResult:
    """The signer's key: the key column, or the address where that is a key."""
    if not proof.script:
        if proof.address.format in ADDRESS_IS_KEY:
            return proof.address.payload
        return verdicts.unsupported(
            Ed25519.name,
            "the row gives no public key, and the address does not hold it: publish it in the key "
            "column",
        )
    key = decode_hex(proof.script)
    if proof.address.format == "xrpl" and key is not None:
        key = key[1:]
    if key is None or len(key) != 32:
        return verdicts.malformed(Ed25519.name, "the public key is not 32 bytes of hex", 1)
    return key
