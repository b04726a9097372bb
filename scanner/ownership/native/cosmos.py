"""ADR-36: a Cosmos wallet signs a document that is no transaction, with the text in it in base64.

The document has no chain, account number 0, no fee, sequence 0 and one sign/MsgSignData of the
row's address. Signatures are r and s in base64 or hex, with the key in its column (hex or base64).
An account of several keys is the hash of them and of how many must sign: all stand in the column,
in the account's order.
Source: Cosmos SDK, ADR-036; the amino JSON of StdSignDoc, keys sorted, no white space; the SDK's
LegacyAminoPubKey in amino.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Sequence
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

MOST_KEYS = 20
_BETWEEN = re.compile(r"[\s,;|]+", re.ASCII)
_OF_AMINO = re.compile(r'\{[^{}]{0,99}"value"\s*:\s*"([0-9A-Za-z+/=]{1,99})"[^{}]{0,99}\}')
"""A key as wallets give it: an object of type and value."""
_MULTISIG = bytes.fromhex("22c1f7e208")
"""Amino: the kind PubKeyMultisigThreshold, then field 1, the threshold."""
_MEMBER = bytes.fromhex("1226eb5ae98721")
"""Amino: field 2 of 38 bytes: the kind PubKeySecp256k1, a key of 33 bytes."""


class Adr36:
    """Accounts of one secp256k1 key, or of several with a threshold."""

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
        keys = _keys(proof.script)
        required = _required(keys, proof.address.payload)
        digest = sha256(sign_doc(proof.message, proof.address.text)).digest()
        signed: dict[bytes, None] = {}
        unfit = 0
        for number, text in enumerate(proof.signatures, 1):
            compact = hex_or_base64(text)
            if compact is None:
                raise malformed(f"signature {number} is not 64 bytes (r, s) in base64 or hex")
            made = next((k for k in keys if secp256k1.verify_ecdsa(digest, compact, k)), None)
            if made is None:
                unfit = unfit or number
            else:
                signed[made] = None
        if unfit and signed:
            raise mismatch(f"signature {unfit} is not by the account's key")
        if unfit:
            return unread(self.name, unfit, required)
        if len(signed) < required:
            reason = (
                f"the address needs {required} of its {len(keys)} keys, and {len(signed)} signed"
            )
            return verdicts.mismatch(self.name, reason, required)
        reason = "" if len(keys) == 1 else f"{required} of its {len(keys)} keys"
        names = tuple(key.hex() for key in signed)
        return verdicts.controls(self.name, Binding.DERIVED, names, reason, required)


def _required(keys: Sequence[bytes], account: bytes) -> int:
    """How many of the keys an account needs. Raises NotProvenError if it is not of these keys."""
    if len(keys) == 1 and hash160(keys[0]) == account:
        return 1
    members = b"".join(_MEMBER + key for key in keys)
    for threshold in range(1, len(keys) + 1):
        data = _MULTISIG + bytes((threshold,)) + members
        if len(keys) > 1 and sha256(data).digest()[:20] == account:
            return threshold
    raise unsupported(
        "the published key is not the address's own, which may be of several keys: publish all of "
        "them in the key column, in the account's order"
    )


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


def _keys(text: str) -> tuple[bytes, ...]:
    """The distinct keys of a column, in order, 33 bytes each."""
    plain = _OF_AMINO.sub(r"\1 ", text) if text.startswith("{") else text
    texts = [t for t in _BETWEEN.split(plain) if t]
    if len(texts) > MOST_KEYS:
        raise malformed(f"more than {MOST_KEYS} public keys")
    return tuple(dict.fromkeys(map(_key, texts or [text])))


def _key(text: str) -> bytes:
    data = decode_hex(text)
    if data is None:
        data = decode_base64(text)
    point = None if data is None else secp256k1.parse_key(data)
    if point is None:
        raise malformed("the public key column is not a secp256k1 key")
    return secp256k1.compress(point)
