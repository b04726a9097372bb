"""Other spellings of signatures, as wallets, mails and spreadsheets write them.

Only what is surely the same: hex in place of base64, base64 of web addresses or without its end,
white space inside, the object that a wallet gives with a signature in it. The rest stays as it is.
Sources of the objects: CIP-30 (signature, key), ADR-36 wallets (pub_key, signature), NEP-413
(accountId, publicKey, signature), MyEtherWallet's and MyCrypto's saved messages (sig), Cosmos SDK's
StdSignature and SignatureDescriptors (signatures, each with its public_key).
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from scanner.model.addresses import base58
from scanner.model.jsontext import read_json
from scanner.model.network import Network

_HEX: Final = re.compile(r"[0-9a-fA-F]+")
_FROM_WEB: Final = str.maketrans("-_", "+/")
_MESSAGE_SIGNATURE: Final = 65
_PLAIN_SIGNATURE: Final = 64
_WITH_KEY: Final = (97, 98)
"""Bytes of Sui's: flag, signature, and the key of either kind."""
_LONGEST: Final = 20_000
"""Characters of an object that is read."""

_SIGNATURE_NAMES: Final = ("signature", "sig")
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
    return _of_web(text, _PLAIN_SIGNATURE, *_WITH_KEY)


def _of_65_bytes(network: Network, text: str) -> str:
    text = _of_web(text, _MESSAGE_SIGNATURE)
    if network.kind == "utxo":
        is_hex = len(text) == 2 * _MESSAGE_SIGNATURE and _HEX.fullmatch(text)
        return base64.b64encode(bytes.fromhex(text)).decode() if is_hex else text
    data = _bytes(text) if len(text) == 88 else None
    return "0x" + data.hex() if data is not None and len(data) == _MESSAGE_SIGNATURE else text


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
    if text[:1] != "{" or len(text) > _LONGEST:
        return Usual((text,))
    try:
        found = read_json(text, unique_names=True)
    except ValueError:
        return Usual((text,))
    if not isinstance(found, dict):
        return Usual((text,))
    signatures = [found[n] for n in _SIGNATURE_NAMES if isinstance(found.get(n), str)]
    if len(signatures) != 1:
        return Usual((text,), _key_of_the_one(found.get("signatures")))
    keys = [_key_text(found[n]) for n in _KEY_NAMES if n in found]
    return Usual((signatures[0],), keys[0] if len(keys) == 1 else "")


def _key_of_the_one(listed: object) -> str:
    """The key beside the only signature of the SDK's JSON of signatures."""
    one = listed[0] if isinstance(listed, list) and len(listed) == 1 else None
    return _key_text(one.get("public_key")) if isinstance(one, dict) else ""


def _key_text(found: object) -> str:
    """A key as it is written, or the value of an object of a type and a value.

    The JSON itself of a key that names its kind and is more than a text: one of several keys.
    """
    if isinstance(found, dict):
        value, kind = found.get("value"), found.get("type", found.get("@type"))
        of_several = isinstance(kind, str) and not isinstance(value, str)
        found = json.dumps(found) if of_several else value
    return found if isinstance(found, str) else ""


def _one_value(text: str) -> bool:
    return bool(_HEX.fullmatch(text.removeprefix("0x"))) or _bytes(text) is not None


def _bytes(text: str) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
