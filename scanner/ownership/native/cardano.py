"""CIP-8 as wallets give it (CIP-30's signData): a COSE_Sign1 in hex or base64, and the key.

The signature column holds the COSE_Sign1, the key column the COSE_Key or the bare key
(`cardano_keys`). The protected header names an address, which must be the row's whole address: one
of the stake key beside a payment address says nothing about the payment key. Hardware wallets may
name the payment key's hash in its place. `hashed`: the payload is BLAKE2b-224 of the text; no
payload: it is the row's text (detached). Other headers that are not signed say nothing.
Sources: CIP-8, CIP-30; RFC 9052 for COSE.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2b
from typing import NamedTuple

from scanner.model import cbor
from scanner.model.control import Binding, ControlResult
from scanner.ownership import verdicts
from scanner.ownership.ed25519.ed25519_keys import is_address_of
from scanner.ownership.ed25519.signing import is_signed
from scanner.ownership.interface import ContractCall, Proof
from scanner.ownership.native.cardano_keys import EDDSA, read_key
from scanner.ownership.primitives.base64text import decode_base64
from scanner.ownership.primitives.hextext import decode_hex
from scanner.ownership.primitives.not_proven import NotProvenError, malformed, mismatch, unsupported
from scanner.ownership.primitives.plain_signature import hex_or_base64
from scanner.ownership.primitives.undecoded import NoSignature

_ALGORITHM, _CRITICAL = 1, 2
_UNSIGNED = frozenset(("hashed", "version", 1, 3, 4, "address"))
"""Headers that may stand unsigned: beside `hashed` they say nothing, and must not be signed ones
as well. By number algorithm, content type and key id."""
_ONE_SIGNER, _SIGNERS = 18, 98
"""Tags of COSE_Sign1 and COSE_Sign."""
_OF_STAKE_KEY, _OF_PAYMENT_KEY = 14, (0, 2, 4, 6)
"""Kinds of addresses (CIP-19), in the upper half of the first byte; the lower is the network."""
_HASH = 28
"""Bytes of a key's hash."""
_STAKE_ADDRESS = 29
"""Bytes of a kind and one hash."""
_OF_HEX = "the message is hex and was signed as those bytes"
_AS_HEX = "over the text in hex, written as a text: publish that hex as the message"
_OTHER_TEXTS = ("ms_", "cms_", "{", "[")
"""How other spellings of a signed message begin: CIP-8's own for people, and JSON."""

_FROM_WEB = str.maketrans("-_", "+/")


class _UnreadError(ValueError):
    """What is a signature of COSE, and is not read."""


class _Signed(NamedTuple):
    """What a COSE_Sign1 holds. protected: as it stands, for it is signed so.

    payload: None where the text stands elsewhere.
    """

    protected: bytes
    address: bytes
    hashed: bool
    payload: bytes | None
    signature: bytes

    def is_by(self, key: bytes, payload: bytes) -> bool:
        """Whether a key (32 bytes) signed a payload with these headers."""
        before = b"\x84\x6aSignature1" + _bytes(self.protected) + b"\x40"
        return is_signed(key, before + _bytes(payload), self.signature)


class Cip8:
    """Shelley addresses of a payment key."""

    name = "cip8"
    said = "CIP-8"

    def handles(self, proof: Proof) -> bool:
        """Addresses of a payment key."""
        return proof.address.format in ("cardano_base", "cardano_enterprise")

    def verify(self, proof: Proof, call: ContractCall | None = None) -> ControlResult:
        """Judge the row: address, text and key of every signature are the row's."""
        try:
            return self._verify(proof)
        except NotProvenError as e:
            return e.result(self.name)

    def _verify(self, proof: Proof) -> ControlResult:
        alone = [hex_or_base64(text) is not None for text in proof.signatures]
        signed = [
            _signature(number, text)
            for number, text in enumerate(proof.signatures, 1)
            if not alone[number - 1]
        ]
        key = read_key(proof.script)
        if any(alone):
            raise unsupported(
                f"signature {alone.index(True) + 1} is 64 bytes alone: publish the COSE_Sign1 that "
                "the wallet gave"
            )
        notes = {_check(proof, n, one, key): None for n, one in enumerate(signed, 1)}
        if not is_address_of(proof.address, key):
            if _hash(key) == proof.address.payload[_STAKE_ADDRESS:]:
                raise unsupported(
                    "the signature is by the stake key of the row's address, which spends nothing: "
                    "sign again with its payment key"
                )
            raise mismatch("the signature is good, but the address is not the key's")
        words = "; ".join(filter(None, notes))
        return verdicts.controls(self.name, Binding.DERIVED, (key.hex(),), words)


def _check(proof: Proof, number: int, signed: _Signed, key: bytes) -> str:
    """Check one signature; returns what to remark. Raises NotProvenError."""
    texts = _texts(proof.message, signed)
    good = next((remark for data, remark in texts if signed.is_by(key, data)), None)
    if not _is_for(signed.address, proof.address.payload, key):
        kin = _kin(proof.address.payload, signed.address, key)
        if kin and good is not None:
            raise unsupported(f"signature {number} is for {kin}: sign again for the row's address")
        raise mismatch(f"signature {number} is for another address than the row's")
    if not texts:
        raise mismatch(f"signature {number} is over another text")
    if good is None and signed.payload is None:
        raise unsupported(
            f"signature {number} has no text in it, and is not by the published key over the "
            "row's: publish the COSE_Sign1 with its payload"
        )
    if good is None:
        raise mismatch(f"signature {number} is not by the published key")
    if good == _AS_HEX:
        raise unsupported(f"signature {number} is {good}")
    return good


def _hash(data: bytes) -> bytes:
    return blake2b(data, digest_size=_HASH).digest()


def _is_for(named: bytes, row: bytes, key: bytes) -> bool:
    """Whether a header names the row's address, or, in its place, the hash of its payment key."""
    return named == row or (named == row[1:_STAKE_ADDRESS] and named == _hash(key))


def _kin(row: bytes, named: bytes, key: bytes) -> str:
    """What a key's other address has to do with the row's: wallets often sign for one beside it."""
    if len(named) == _HASH:
        is_own = named == _hash(key)
        return "a key by its hash, which is not the row's payment key" if is_own else ""
    if len(named) < _STAKE_ADDRESS or named[1:_STAKE_ADDRESS] != _hash(key):
        return ""
    if named[0] >> 4 == _OF_STAKE_KEY and named[1:] == row[_STAKE_ADDRESS:]:
        return "the stake address beside the row's, whose key spends nothing"
    is_key = named[0] >> 4 in _OF_PAYMENT_KEY and named[0] & 15 == row[0] & 15
    if is_key and named[1:_STAKE_ADDRESS] == row[1:_STAKE_ADDRESS]:
        return "another address of the same payment key"
    return ""


def _texts(message: str, signed: _Signed) -> list[tuple[bytes, str]]:
    """The payloads by which the row's text may have been signed, each with what to remark."""
    text, spelled = message.encode(), decode_hex(message) if message else None
    ways = ((text, ""), (spelled, _OF_HEX), (text.hex().encode(), _AS_HEX))
    made = [
        (_hash(data) if signed.hashed else data, words) for data, words in ways if data is not None
    ]
    return [(data, words) for data, words in made if signed.payload in (None, data)]


def _signature(number: int, text: str) -> _Signed:
    """One text. Raises NotProvenError."""
    if text.startswith(_OTHER_TEXTS):
        raise unsupported(
            f"signature {number} is in a spelling that is not read: publish the COSE_Sign1 in hex, "
            "and the COSE_Key in the key column"
        )
    data = decode_hex(text)
    if data is None:
        web = text.translate(_FROM_WEB)
        data = decode_base64(web + "=" * (-len(web) % 4))
    if data is None:
        reason = f"signature {number} is no COSE_Sign1 in hex or base64"
        raise malformed(NoSignature(reason, number))
    try:
        return _read(data)
    except _UnreadError as e:
        raise unsupported(f"signature {number} is not read: {e}") from None
    except ValueError as e:
        reason = f"signature {number} is no COSE_Sign1 ({e})"
        raise malformed(NoSignature(reason, number)) from None


def _read(data: bytes) -> _Signed:
    """Take a COSE_Sign1 apart, tagged or not. Raises ValueError, _UnreadError."""
    value = cbor.read(data)
    if isinstance(value, cbor.Tagged) and value.tag in (_ONE_SIGNER, _SIGNERS):
        value = value.value
    if not isinstance(value, list) or len(value) != 4:
        raise ValueError("not four parts")
    protected, unprotected, payload, signature = value
    if isinstance(signature, list):
        raise _UnreadError("it is of several signers (COSE_Sign), publish the COSE_Sign1 of one")
    header = cbor.read(_bytes_of(protected) or b"\xa0")
    if not isinstance(header, dict) or not isinstance(unprotected, dict):
        raise ValueError("its headers are invalid")  # noqa: TRY004 - hostile input, one error
    if not _UNSIGNED.issuperset(unprotected):
        raise _UnreadError(
            "it has other headers than are read, sign again with a wallet's signData (CIP-30)"
        )
    hashed = unprotected.get("hashed", False)
    if not isinstance(hashed, bool) or set(unprotected) & set(header):
        raise ValueError("its headers are invalid")
    address = _address(header)
    told = None if payload is None else _bytes_of(payload)
    return _Signed(_bytes_of(protected), address, hashed, told, _bytes_of(signature))


def _address(header: Mapping[object, object]) -> bytes:
    """What a protected header names, if it is one that is read. Raises _UnreadError."""
    if header.get(_ALGORITHM) != EDDSA:
        raise _UnreadError("it is not signed with EdDSA")
    if _CRITICAL in header:
        raise _UnreadError("it has headers that must be understood, and are not")
    address = header.get("address")
    if not isinstance(address, bytes):
        raise _UnreadError(
            "its protected header names no address in bytes, sign again for the row's address with "
            "a wallet's signData (CIP-30)"
        )
    return address


def _bytes_of(value: object) -> bytes:
    if not isinstance(value, bytes):
        raise ValueError("a part that must be bytes is not")  # noqa: TRY004 - hostile input
    return value


def _bytes(data: bytes) -> bytes:
    """A CBOR byte string."""
    size = len(data)
    if size < 24:
        return bytes((0x40 | size,)) + data
    for mark, width in ((0x58, 1), (0x59, 2)):
        if size < 1 << 8 * width:
            return bytes((mark,)) + size.to_bytes(width, "big") + data
    return b"\x5a" + size.to_bytes(4, "big") + data
