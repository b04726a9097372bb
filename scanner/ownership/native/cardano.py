"""CIP-8 as wallets give it (CIP-30's signData): a COSE_Sign1 in hex, and the key beside it.

The signature column holds the COSE_Sign1, the key column the COSE_Key or the bare 32 bytes. The
protected header names an address, which must be the row's whole address: one of the stake key
beside a payment address says nothing about the payment key. `hashed`: the payload is BLAKE2b-224
of the text. Sources: CIP-8, CIP-30; RFC 9052 for COSE.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import NamedTuple

from scanner.model import cbor
from scanner.model.control import Binding, ControlResult
from scanner.ownership import verdicts
from scanner.ownership.ed25519.ed25519_keys import is_address_of
from scanner.ownership.ed25519.signing import is_signed
from scanner.ownership.interface import ContractCall, Proof
from scanner.ownership.primitives.hextext import decode_hex
from scanner.ownership.primitives.not_proven import NotProvenError, malformed, mismatch, unsupported

_ALGORITHM, _EDDSA = 1, -8
_KEY_TYPE, _OKP, _CURVE, _ED25519, _X = 1, 1, -1, 6, -2
_OF_STAKE_KEY, _OF_PAYMENT_KEY = 14, (0, 2, 4, 6)
"""Kinds of addresses (CIP-19), in the upper half of the first byte; the lower is the network."""
_STAKE_ADDRESS = 29
"""Bytes of a kind and one hash."""
_OF_HEX = "the message is hex and was signed as those bytes"


class _Signed(NamedTuple):
    """What a COSE_Sign1 holds. protected: as it stands, for it is signed so."""

    protected: bytes
    address: bytes
    hashed: bool
    payload: bytes
    signature: bytes


class Cip8:
    """Shelley addresses of a payment key."""

    name = "cip8"
    said = "CIP-8"

    def handles(self, proof: Proof) -> bool:
        """Cardano rows whose signatures begin as a COSE_Sign1 does."""
        is_key = proof.address.format in ("cardano_base", "cardano_enterprise")
        return is_key and all(s[:2].lower() in ("84", "d2", "0x") for s in proof.signatures)

    def verify(self, proof: Proof, call: ContractCall | None = None) -> ControlResult:
        """Judge the row: address, text and key of every signature are the row's."""
        try:
            return self._verify(proof)
        except NotProvenError as e:
            return e.result(self.name)

    def _verify(self, proof: Proof) -> ControlResult:
        key = read_key(proof.script)
        notes = {_check(proof, n, text, key): None for n, text in enumerate(proof.signatures, 1)}
        if not is_address_of(proof.address, key):
            raise mismatch("the signature is good, but the address is not the key's")
        words = "; ".join(filter(None, notes))
        return verdicts.controls(self.name, Binding.DERIVED, (key.hex(),), words)


def _check(proof: Proof, number: int, text: str, key: bytes) -> str:
    """Check one signature; returns what to remark. Raises NotProvenError."""
    try:
        signed = _read(decode_hex(text) or b"")
    except ValueError as e:
        raise malformed(f"signature {number} is no COSE_Sign1 ({e})") from None
    structure = b"\x84\x6aSignature1" + _bytes(signed.protected) + b"\x40" + _bytes(signed.payload)
    remark = _says(proof.message, signed)
    if signed.address != proof.address.payload:
        named = signed.address[1:_STAKE_ADDRESS] == blake2b(key, digest_size=28).digest()
        kin = _kin(proof.address.payload, signed.address) if named else ""
        if kin and remark is not None and is_signed(key, structure, signed.signature):
            raise unsupported(f"signature {number} is for {kin}: sign again for the row's address")
        raise mismatch(f"signature {number} is for another address than the row's")
    if remark is None:
        raise mismatch(f"signature {number} is over another text")
    if not is_signed(key, structure, signed.signature):
        raise mismatch(f"signature {number} is not by the published key")
    return remark


def _kin(row: bytes, signed: bytes) -> str:
    """What another address has to do with the row's: wallets often sign for one beside it."""
    if len(signed) < _STAKE_ADDRESS:
        return ""
    if signed[0] >> 4 == _OF_STAKE_KEY and signed[1:] == row[_STAKE_ADDRESS:]:
        return "the stake address beside the row's, whose key spends nothing"
    is_key = signed[0] >> 4 in _OF_PAYMENT_KEY and signed[0] & 15 == row[0] & 15
    if is_key and signed[1:_STAKE_ADDRESS] == row[1:_STAKE_ADDRESS]:
        return "another address of the same payment key"
    return ""


def _says(message: str, signed: _Signed) -> str | None:
    """Whether the payload is the row's text: what to remark, None if it is not."""
    spelled = decode_hex(message) if message else None
    for data, remark in ((message.encode(), ""), (spelled, _OF_HEX)):
        if data is None:
            continue
        wanted = blake2b(data, digest_size=28).digest() if signed.hashed else data
        if wanted == signed.payload:
            return remark
    return None


def _read(data: bytes) -> _Signed:
    """Take a COSE_Sign1 apart, tagged or not. Raises ValueError."""
    value = cbor.read(data)
    if isinstance(value, cbor.Tagged) and value.tag == 18:
        value = value.value
    if not isinstance(value, list) or len(value) != 4:
        raise ValueError("not four parts")
    protected, unprotected, payload, signature = value
    header = cbor.read(_bytes_of(protected))
    if not isinstance(header, dict) or header.get(_ALGORITHM) != _EDDSA:
        raise ValueError("not signed with EdDSA")
    if not isinstance(unprotected, dict):
        raise ValueError("its headers are invalid")  # noqa: TRY004 - hostile input, one error
    hashed = unprotected.get("hashed", False)
    if not isinstance(hashed, bool) or set(unprotected) - {"hashed"}:
        raise ValueError("its headers are invalid")
    address = _bytes_of(header.get("address"))
    return _Signed(protected, address, hashed, _bytes_of(payload), _bytes_of(signature))


def _bytes_of(value: object) -> bytes:
    if not isinstance(value, bytes):
        raise ValueError("a part that must be bytes is not")  # noqa: TRY004 - hostile input
    return value


def read_key(text: str) -> bytes:
    """The key column: a COSE_Key in hex, or 32 bytes. Raises NotProvenError."""
    if not text:
        raise unsupported("the row gives no public key: publish it in the key column")
    data = decode_hex(text)
    if data is None:
        raise malformed("the key column is no COSE_Key in hex")
    if len(data) == 32:
        return data
    try:
        value = cbor.read(data)
    except ValueError as e:
        raise malformed(f"the key column is no COSE_Key ({e})") from None
    wanted = {_KEY_TYPE: _OKP, _CURVE: _ED25519}
    if not isinstance(value, dict) or any(value.get(k) != v for k, v in wanted.items()):
        raise malformed("the key column is no COSE_Key of an Ed25519 key")
    key = value.get(_X)
    if not isinstance(key, bytes) or len(key) != 32 or value.get(3, _EDDSA) != _EDDSA:
        raise malformed("the key column is no COSE_Key of an Ed25519 key")
    return key


def _bytes(data: bytes) -> bytes:
    """A CBOR byte string."""
    size = len(data)
    if size < 24:
        return bytes((0x40 | size,)) + data
    for mark, width in ((0x58, 1), (0x59, 2)):
        if size < 1 << 8 * width:
            return bytes((mark,)) + size.to_bytes(width, "big") + data
    return b"\x5a" + size.to_bytes(4, "big") + data
