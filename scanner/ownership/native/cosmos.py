"""ADR-36: a Cosmos wallet signs a document that is no transaction, with the text in it in base64.

The document has no chain, account number 0, no fee, sequence 0 and one sign/MsgSignData of the
row's address. Signatures are r and s in base64 or hex, with the key in its column (hex or base64).
Source: Cosmos SDK, ADR-036; the amino JSON of StdSignDoc, keys sorted, no white space.
"""

from __future__ import annotations

import base64
import json
from hashlib import sha256

from scanner.model.control import Binding, ControlResult
from scanner.ownership import verdicts
from scanner.ownership.interface import ContractCall, Proof
from scanner.ownership.native.spellings import hex_or_base64
from scanner.ownership.primitives import secp256k1
from scanner.ownership.primitives.base64text import decode_base64
from scanner.ownership.primitives.hashes import hash160
from scanner.ownership.primitives.hextext import decode_hex
from scanner.ownership.primitives.not_proven import NotProvenError, malformed, mismatch, unsupported
from scanner.ownership.unread import unread


class Adr36:
    """Accounts of one secp256k1 key."""

    name = "adr36"
    said = "ADR-36"

    def handles(self, proof: Proof) -> bool:
        """Cosmos accounts that publish a key."""
        return proof.address.format == "cosmos" and bool(proof.script)

    def verify(self, proof: Proof, call: ContractCall | None = None) -> ControlResult:
        """Judge the row: the key is the address's, and every signature is the key's."""
        try:
            return self._verify(proof)
        except NotProvenError as e:
            return e.result(self.name)

    def _verify(self, proof: Proof) -> ControlResult:
        key = _key(proof.script)
        if hash160(key) != proof.address.payload:
            raise unsupported(
                "the published key is not the address's: publish the account's own key"
            )
        digest = sha256(sign_doc(proof.message, proof.address.text)).digest()
        fits = []
        for number, text in enumerate(proof.signatures, 1):
            compact = hex_or_base64(text)
            if compact is None:
                raise malformed(f"signature {number} is not 64 bytes (r, s) in base64 or hex")
            fits.append(secp256k1.verify_ecdsa(digest, compact, key))
        if any(fits) and not all(fits):
            raise mismatch(f"signature {fits.index(False) + 1} is not by the account's key")
        if not all(fits):
            return unread(self.name, 1)
        return verdicts.controls(self.name, Binding.DERIVED, (key.hex(),))


def sign_doc(message: str, address: str) -> bytes:
    """The document that is signed for a text by an account."""
    data = base64.b64encode(message.encode()).decode()
    signed = {"type": "sign/MsgSignData", "value": {"data": data, "signer": address}}
    document = {
        "account_number": "0",
        "chain_id": "",
        "fee": {"amount": [], "gas": "0"},
        "memo": "",
        "msgs": [signed],
        "sequence": "0",
    }
    return json.dumps(document, sort_keys=True, separators=(",", ":")).encode()


def _key(text: str) -> bytes:
    data = decode_hex(text)
    if data is None:
        data = decode_base64(text)
    point = None if data is None else secp256k1.parse_key(data)
    if point is None:
        raise malformed("the public key column is not a secp256k1 key")
    return secp256k1.compress(point)
