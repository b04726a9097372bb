"""The key column of Cardano: a payment key of Ed25519 as wallets and tools write it.

A COSE_Key (CIP-30) or the 32 bytes, in hex or base64; the same in CBOR, also within the JSON of a
verification key (cardano-cli: "type", "description", "cborHex"); bech32 (CIP-5, and Emurgo's
libraries).
"""

from __future__ import annotations

from typing import Final

from scanner.model import cbor
from scanner.model.addresses import bech32
from scanner.model.jsontext import read_json
from scanner.ownership.primitives.base64text import decode_base64
from scanner.ownership.primitives.hextext import decode_hex
from scanner.ownership.primitives.not_proven import malformed, unsupported
from scanner.ownership.primitives.undecoded import NoKey

EDDSA: Final = -8
_KEY_TYPE, _OKP, _ALGORITHM, _CURVE, _ED25519, _X = 1, 1, 3, -1, 6, -2
SIZE: Final = 32
_EXTENDED: Final = 64
"""Bytes of an extended key: the key, and the chain code that others are derived with."""
_HUMAN_PARTS: Final = ("addr_vk", "ed25519_pk", "stake_vk")
_LONGEST: Final = 2_000
"""Characters of a key that is read."""
_OF_ANOTHER_KIND: Final = (
    "the key column is {what}: publish the payment key's COSE_Key, or its 32 bytes in hex"
)


def read_key(text: str) -> bytes:
    """The key of a column: 32 bytes. Raises NotProvenError."""
    if not text:
        raise unsupported("the row gives no public key: publish it in the key column")
    data = _decoded(text) if len(text) <= _LONGEST else None
    if data is None:
        raise malformed(
            NoKey(
                "the key column is no COSE_Key in hex or base64, nor a key of Cardano in another "
                "spelling that is read"
            )
        )
    if len(data) == SIZE:
        return data
    if len(data) == _EXTENDED:
        raise _of_another_kind("an extended key")
    try:
        value = cbor.read(data)
    except ValueError as e:
        raise malformed(NoKey(f"the key column is no COSE_Key ({e})")) from None
    if isinstance(value, bytes) and len(value) == _EXTENDED:
        raise _of_another_kind("an extended key")
    return value if isinstance(value, bytes) and len(value) == SIZE else _of_cose(value)


def _of_cose(value: object) -> bytes:
    if not isinstance(value, dict) or _KEY_TYPE not in value:
        raise malformed(NoKey("the key column is no COSE_Key of an Ed25519 key"))
    kind = (value[_KEY_TYPE], value.get(_CURVE), value.get(_ALGORITHM, EDDSA))
    if kind != (_OKP, _ED25519, EDDSA):
        raise _of_another_kind("a COSE_Key of another kind than Ed25519")
    key = value.get(_X)
    if not isinstance(key, bytes) or len(key) != SIZE:
        raise malformed(NoKey("the key column is no COSE_Key of an Ed25519 key"))
    return key


def _of_another_kind(what: str) -> Exception:
    return unsupported(_OF_ANOTHER_KIND.format(what=what))


def _decoded(text: str) -> bytes | None:
    """The bytes that a key's text spells."""
    if text[0] == "{":
        return _of_json(text)
    data = decode_hex(text)
    if data is None:
        data = decode_base64(text)
    return _of_bech32(text) if data is None else data


def _of_json(text: str) -> bytes | None:
    """The CBOR in the JSON of a verification key."""
    try:
        found = read_json(text, unique_names=True)
    except ValueError:
        return None
    if not isinstance(found, dict) or "VerificationKey" not in str(found.get("type")):
        return None
    spelled = found.get("cborHex")
    return decode_hex(spelled) if isinstance(spelled, str) else None


def _of_bech32(text: str) -> bytes | None:
    try:
        human, letters, constant = bech32.split(text)
        return (
            bech32.to_bytes(letters)
            if human in _HUMAN_PARTS and constant == bech32.BECH32
            else None
        )
    except ValueError:
        return None
