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
from typing import Final, NamedTuple

from scanner.model.addresses import base58
from scanner.model.jsontext import read_json
from scanner.model.network import Network

_OF_NEAR: Final = "ed25519:"
_HEX: Final = re.compile(r"[0-9a-fA-F]+")
_FROM_WEB: Final = str.maketrans("-_", "+/")
_MESSAGE_SIGNATURE: Final = 65
_PLAIN_SIGNATURE: Final = 64
_WITH_KEY: Final = (97, 98)
"""Bytes of Sui's: flag, signature, and the key of either kind."""
_BYTES: Final = range(32, 101)
"""How many bytes a list of bytes may have: a key, a signature, both."""
_LONGEST: Final = 20_000
"""Characters of an object that is read."""
_VARIANTS: Final = ("smp", "ful", "pof")
"""What may stand before a text of BIP-322."""

_SIGNATURE_NAMES: Final = ("signature", "sig")
_NEXT_NAMES: Final = ("signedMessage",)
"""Names of a signature where there is none of the usual ones: elsewhere it is the message's."""
_LOTUS: Final = {"Type", "Data"}
_KEY_NAMES: Final = ("key", "publicKey", "pub_key", "public_key")


class Usual(NamedTuple):
    """Signatures in their usual spelling, and the key that stood beside the only one, or ""."""

    signatures: tuple[str, ...]
    key: str = ""


def usual_signatures(network: Network, texts: Sequence[str]) -> Usual:
    """The signatures of one row in their network's usual spelling: themselves if not sure."""
    parts = [_unpacked(text) for text in texts]
    key = parts[0].key if len(parts) == 1 else ""
    return Usual(tuple(usual_signature(network, part.signatures[0]) for part in parts), key)


def usual_signature(network: Network, text: str) -> str:
    """A signature in its network's usual spelling: `text` itself where nothing is sure."""
    text = text.removeprefix("'")  # spreadsheets, and our CSV, keep +.. from being a formula so
    if len(text) > 2 and text[0] == text[-1] == '"':
        text = text[1:-1]
    parts = text.split()
    if len(parts) > 1:
        joined = "".join(parts)
        text = joined if _one_value(joined) else text
    if network.kind in ("utxo", "evm", "tron"):
        return _of_65_bytes(network, text)
    if len(text) > _LONGEST or _is_base58(text):
        return text
    if text.startswith(_OF_NEAR) and _is_base58(text.removeprefix(_OF_NEAR)):
        return base58.decode(text.removeprefix(_OF_NEAR)).hex()
    return _of_web(text, _PLAIN_SIGNATURE, *_WITH_KEY)


def _of_65_bytes(network: Network, text: str) -> str:
    text = _of_web(text, _MESSAGE_SIGNATURE)
    if network.kind == "utxo":
        is_hex = len(text) == 2 * _MESSAGE_SIGNATURE and _HEX.fullmatch(text)
        if is_hex:
            return base64.b64encode(bytes.fromhex(text)).decode()
        return _of_bip322(text) if "bip322" in network.schemes else text
    data = _bytes(text) if len(text) == 88 else None
    return "0x" + data.hex() if data is not None and len(data) == _MESSAGE_SIGNATURE else text


def _of_bip322(text: str) -> str:
    """A text of BIP-322 in base64: from hex, or from base64 as web addresses have it."""
    variant = text[:3] if text[:3] in _VARIANTS else ""
    body = text.removeprefix(variant)
    digits = body.removeprefix("0x")
    if len(digits) > 2 * _MESSAGE_SIGNATURE and not len(digits) % 2 and _HEX.fullmatch(digits):
        return variant + base64.b64encode(bytes.fromhex(digits)).decode()
    bare = body.rstrip("=").translate(_FROM_WEB)
    whole = bare + "=" * (-len(bare) % 4)
    data = _bytes(whole) if len(bare) * 3 // 4 > _MESSAGE_SIGNATURE else None
    is_it = data is not None and base64.b64encode(data).decode() == whole
    return variant + whole if is_it else text


def _of_web(text: str, *sizes: int) -> str:
    """Base64 as web addresses have it, or without its end, as it usually is: of so many bytes."""
    bare = text.rstrip("=").translate(_FROM_WEB)
    if len(bare) not in [-(-size * 4 // 3) for size in sizes]:
        return text
    whole = bare + "=" * (-len(bare) % 4)
    data = _bytes(whole)
    is_it = data is not None and base64.b64encode(data).decode() == whole
    return whole if is_it else text


def _is_base58(text: str) -> bool:
    """Whether a text is a plain signature in Base58, which may look like base64."""
    try:
        return len(base58.decode(text)) == _PLAIN_SIGNATURE
    except ValueError:
        return False


def _unpacked(text: str) -> Usual:
    """The signature, and perhaps the key, of an object as wallets give it; the text itself else."""
    if text[:1] not in ("{", "[") or len(text) > _LONGEST:
        return Usual((text,))
    try:
        found = read_json(text, unique_names=True)
    except ValueError:
        return Usual((text,))
    listed = listed_bytes(found)
    if listed or not isinstance(found, dict):
        return Usual((listed or text,))
    if set(found) == _LOTUS:
        return Usual((str(found["Data"]),))
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
