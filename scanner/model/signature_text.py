"""Other spellings of signatures, as wallets, mails and spreadsheets write them.

Only what is surely the same: hex in place of base64, base64 of web addresses or without its end,
white space inside, a list of bytes, the object that a wallet gives with a signature in it. The rest
stays as it is.
Sources of the objects: CIP-30 (signature, key), ADR-36 wallets (pub_key, signature), NEP-413
(accountId, publicKey, signature), MyEtherWallet's and MyCrypto's saved messages (sig), Cosmos SDK's
StdSignature and SignatureDescriptors (signatures, each with its public_key), Freighter
(signedMessage), Lotus (Type, Data), TON Connect (proof); JavaScript's Buffer and Uint8Array as JSON
writes them.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Final, NamedTuple

from scanner.model.addresses import base58
from scanner.model.jsontext import read_json
from scanner.model.network import Network
from scanner.model.signature_objects import in_wrappers, of_numbers
from scanner.model.signature_parts import joined_parts

_OF_NEAR: Final = "ed25519:"
_HEX: Final = re.compile(r"[0-9a-fA-F]+")
_FROM_WEB: Final = str.maketrans("-_", "+/")
_MESSAGE_SIGNATURE: Final = 65
_PLAIN_SIGNATURE: Final = 64
_HEX_ALONE: Final = ("aelf", "avalanche", "conflux")
"""Kinds of networks whose signatures are 65 bytes in hex, and in base64 nowhere else."""
_CB58: Final = _MESSAGE_SIGNATURE + 4
"""Bytes of Avalanche's Base58: a signature and the end of its SHA-256."""
_BYTES: Final = range(32, 1_001)
"""How many bytes a list of bytes may have: a key, a signature, several in a map or a witness."""
_TAG: Final = b"\xd2"
_OF_FOUR: Final = b"\x84"
"""CBOR: what may stand before a COSE_Sign1, and the list of its four parts."""
_LONGEST_SHOWN: Final = 1_000
_CALL: Final = re.compile(r"[A-Za-z]+\(\s*['\"]?([0-9A-Za-z+/=_-]{60,400})['\"]?,?\s*\)", re.ASCII)
_IN_CALL: Final = re.compile(r"SignedMessage\([^'\"]*'[^']*'[^']*, signature=\w+\('([^']*)'\)\)")
"""A signature in an object as Python shows it (solders, hexbytes; eth_account)."""
_LITERAL: Final = re.compile(r"b(['\"])((?:\\x[0-9a-f]{2}|\\[nrt'\\]|[ -\[\]-~])*)\1")
_PARTS: Final = re.compile(r"\\x([0-9a-f]{2})|(\\.|.)")
_ESCAPES: Final = {r"\n": "\n", r"\r": "\r", r"\t": "\t", r"\'": "'", "\\\\": "\\"}
"""Bytes as Python shows them: each by its number, by a letter for it, or as its letter."""
_DECORATED: Final = 72
_OF_64_BYTES: Final = (64).to_bytes(4, "big")
"""Bytes of Stellar's DecoratedSignature (XDR): a hint of the key, the length, the signature."""
_NO_BASE64: Final = "SIG_"
"""What a text of another alphabet begins with that has letters, digits and lines below alone."""
_LONGEST: Final = 100_000
"""Characters of an object that is read."""
_HEADERS: Final = range(27, 43)
"""First bytes of a Bitcoin message's signature."""
_LAST: Final = (*range(4), *range(27, 35))
"""Last bytes of r, s, v."""
_VARIANTS: Final = ("smp", "ful", "pof")
"""What may stand before a text of BIP-322."""

_SIGNATURE_NAMES: Final = ("signature", "sig", "signatureMap", "message_signature")
_NEXT_NAMES: Final = ("signedMessage",)
"""Names of a signature where there is none of the usual ones: elsewhere it is the message's."""
_LOTUS: Final = {"type", "data"}
_KEY_NAMES: Final = ("key", "publicKey", "pub_key", "public_key")


class Usual(NamedTuple):
    """Signatures in their usual spelling, and the key that stood beside the only one, or ""."""

    signatures: tuple[str, ...]
    key: str = ""


def usual_signatures(network: Network, texts: Sequence[str]) -> Usual:
    """The signatures of one row in their network's usual spelling: themselves if not sure."""
    parts = [_unpacked(network, text) for text in texts]
    key = parts[0].key if len(parts) == 1 else ""
    return Usual(tuple(usual_signature(network, part.signatures[0]) for part in parts), key)


def usual_signature(network: Network, text: str) -> str:
    """A signature in its network's usual spelling: `text` itself where nothing is sure."""
    text = text.removeprefix("'")  # spreadsheets, and our CSV, keep +.. from being a formula so
    if len(text) > 2 and text[0] == text[-1] == '"':
        text = text[1:-1]
    text = _of_python(text)
    parts = text.split()
    if len(parts) > 1:
        joined = "".join(parts)
        text = joined if _one_value(joined) else text
    if network.kind in ("utxo", "evm", "tron"):
        return _of_65_bytes(network, text)
    if len(text) > _LONGEST or _is_hex(text):  # uppercase hex may look like base64
        return text
    if text.startswith(_OF_NEAR) and _is_base58(text.removeprefix(_OF_NEAR)):
        return base58.decode(text.removeprefix(_OF_NEAR)).hex()
    if _is_base58(text):
        return base58.decode(text).hex() if network.kind == "near" else text
    return _of_kind(network.kind, text)


def _of_python(text: str) -> str:
    """What Python shows of bytes or of an object with a signature in it: the signature alone."""
    if len(text) > _LONGEST_SHOWN or text[-1:] not in ("'", '"', ")"):
        return text
    found = _CALL.fullmatch(text) or _IN_CALL.fullmatch(text)
    if found:
        return found[1]
    literal = _LITERAL.fullmatch(text)
    if literal is None:
        return text
    parts = _PARTS.findall(literal[2])
    shown = bytes(int(two, 16) if two else ord(_ESCAPES.get(one, one)) for two, one in parts)
    return shown.hex() if len(shown) in _BYTES else text


def _of_kind(kind: str, text: str) -> str:
    """A signature of a network of this kind: in the alphabet that its scheme reads."""
    if kind == "avalanche" and len(text) < _MESSAGE_SIGNATURE * 2:
        data = _of_cb58(text)
        if data is not None:
            return "0x" + data.hex()
    text = _of_web(text)
    data = _bytes(text)
    if data is None:
        return text
    if kind in _HEX_ALONE and len(data) == _MESSAGE_SIGNATURE:
        return "0x" + data.hex()
    if kind == "stellar" and len(data) == _DECORATED and data[4:8] == _OF_64_BYTES:
        return data[8:].hex()
    is_cose = kind == "cardano" and data.removeprefix(_TAG)[:1] == _OF_FOUR
    return data.hex() if is_cose or (kind == "xrpl" and _is_der(data)) else text


def _of_cb58(text: str) -> bytes | None:
    """65 bytes of a signature as Avalanche's wallets write it; None if it is none."""
    try:
        data = base58.decode(text)
    except ValueError:
        return None
    signature, check = data[:-4], data[-4:]
    is_it = len(data) == _CB58 and sha256(signature).digest()[-4:] == check
    return signature if is_it else None


def _is_der(data: bytes) -> bool:
    """Whether bytes begin as an ECDSA signature in DER does, and are as long as it says."""
    return 68 <= len(data) <= 72 and data[:1] == b"\x30" and data[1] == len(data) - 2


def _is_hex(text: str) -> bool:
    return bool(_HEX.fullmatch(text[2:] if text[:2] in ("0x", "0X") else text))


def _of_65_bytes(network: Network, text: str) -> str:
    is_hex = _is_hex(text)
    if network.kind == "evm" and not is_hex:
        text = joined_parts(text)
        is_hex = _is_hex(text)
    text = text if is_hex else _of_web(text)
    if network.kind == "utxo":
        bare = text[2:] if text[:2] in ("0x", "0X") else text
        if is_hex and len(bare) == 2 * _MESSAGE_SIGNATURE:
            return _of_header(text, bytes.fromhex(bare))
        return _of_bip322(text) if "bip322" in network.schemes else text
    data = _bytes(text) if len(text) == 88 and not is_hex else None
    return "0x" + data.hex() if data is not None and len(data) == _MESSAGE_SIGNATURE else text


def _of_header(text: str, data: bytes) -> str:
    """65 bytes of hex in base64 where they begin with a header: behind 0x OKX writes r, s, v."""
    if text[:2] in ("0x", "0X") and (data[0] not in _HEADERS or data[-1] in _LAST):
        return text
    return base64.b64encode(data).decode()


def _of_bip322(text: str) -> str:
    """A text of BIP-322 in base64: from hex, or from base64 as web addresses have it."""
    variant = text[:3] if text[:3] in _VARIANTS else ""
    body = text.removeprefix(variant)
    digits = body[2:] if body[:2] in ("0x", "0X") else body
    if _HEX.fullmatch(digits):
        if len(digits) <= 2 * _MESSAGE_SIGNATURE or len(digits) % 2:
            return text
        return variant + base64.b64encode(bytes.fromhex(digits)).decode()
    bare = body.rstrip("=").translate(_FROM_WEB)
    whole = bare + "=" * (-len(bare) % 4)
    data = _bytes(whole) if len(bare) * 3 // 4 > _MESSAGE_SIGNATURE else None
    is_it = data is not None and base64.b64encode(data).decode() == whole
    return variant + whole if is_it else text


def _of_web(text: str) -> str:
    """Base64 as web addresses have it, or without its end, as it usually is: of 64 bytes or more.

    What is hex or Base58 is not to be asked: it may look so.
    """
    bare = text.rstrip("=").translate(_FROM_WEB)
    whole = bare + "=" * (-len(bare) % 4)
    if whole == text or len(bare) * 3 // 4 < _PLAIN_SIGNATURE or text.startswith(_NO_BASE64):
        return text
    data = _bytes(whole)
    is_it = data is not None and base64.b64encode(data).decode() == whole
    return whole if is_it else text


def _is_base58(text: str) -> bool:
    """Whether a text is a plain signature in Base58, which may look like base64."""
    try:
        return len(base58.decode(text)) == _PLAIN_SIGNATURE
    except ValueError:
        return False


def _unpacked(network: Network, text: str) -> Usual:
    """The signature, and perhaps the key, of an object as wallets give it; the text itself else."""
    if text[:1] not in ("{", "[") or len(text) > _LONGEST:
        return Usual((text,))
    try:
        found = read_json(text, unique_names=True)
    except ValueError:
        return Usual((text,))
    listed = listed_bytes(found)
    if listed:
        return Usual((listed,))
    inner = in_wrappers(found)
    if inner is not found:
        found, text = inner, json.dumps(inner)
    numbers = of_numbers(network.kind, found)
    if numbers or isinstance(found, str):
        return Usual((numbers or str(found),))
    return _of_object(text, found) if isinstance(found, dict) else Usual((text,))


def _of_object(text: str, found: dict[str, object]) -> Usual:
    """The signature, and perhaps the key, of one object; its text itself if it has none."""
    if {name.lower() for name in found} == _LOTUS:
        data = next(found[name] for name in found if name.lower() == "data")
        return Usual((data if isinstance(data, str) else listed_bytes(data) or text,))
    proof = found.get("proof")
    signatures = _named(found, _SIGNATURE_NAMES) or _named(found, _NEXT_NAMES)
    if not signatures and isinstance(proof, dict):
        signatures = _named(proof, _SIGNATURE_NAMES)
    if len(signatures) != 1:
        return Usual((text,), _key_of_the_one(found.get("signatures")))
    keys = [_key_text(found[n]) for n in _KEY_NAMES if n in found]
    return Usual((signatures[0],), keys[0] if len(keys) == 1 else "")


def _key_of_the_one(listed: object) -> str:
    """The key beside the only signature of the SDK's JSON of signatures."""
    one = listed[0] if isinstance(listed, list) and len(listed) == 1 else None
    return _key_text(one.get("public_key")) if isinstance(one, dict) else ""


def _named(found: Mapping[str, object], names: Sequence[str]) -> list[str]:
    """The texts under these names, bytes in hex."""
    values = [found[n] for n in names if n in found]
    texts = [value if isinstance(value, str) else listed_bytes(value) for value in values]
    return [text for text in texts if text]


def _key_text(found: object) -> str:
    """A key as it is written, or the value of an object of a type and a value.

    The JSON itself of a key that names its kind and is more than a text: one of several keys.
    """
    listed = listed_bytes(found)
    if isinstance(found, dict) and not listed:
        value, kind = found.get("value", found.get("key")), found.get("type", found.get("@type"))
        of_several = isinstance(kind, str) and not isinstance(value, str)
        found = json.dumps(found) if of_several else value
    return found if isinstance(found, str) else listed


def listed_bytes(found: object) -> str:
    """Bytes as JavaScript's JSON has them, in hex: a list, a Buffer or by place; "" for others."""
    if isinstance(found, dict):
        by_place = [found.get(str(n)) for n in range(len(found))]
        found = found.get("data") if found.get("type") == "Buffer" else by_place
    if not isinstance(found, list) or len(found) not in _BYTES:
        return ""
    is_bytes = all(type(n) is int and 0 <= n < 256 for n in found)
    return bytes(found).hex() if is_bytes else ""


def _one_value(text: str) -> bool:
    return bool(_HEX.fullmatch(text.removeprefix("0x"))) or _bytes(text) is not None


def _bytes(text: str) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
