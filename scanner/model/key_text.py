"""Other spellings of public keys, as wallets, explorers and nodes write them.

Only what is surely the same key: bytes as JSON has them, base64 as web addresses have it, and the
alphabets of single networks. The rest stays as it is. Of signatures: `signature_text`.
Sources: the XRP Ledger's account keys (Base58 with a check sum, behind byte 35); Cosmos SDK's
bech32 of a key in amino; NEAR's Base58, which its tools write behind "ed25519:"; starknet.js' full
public keys (in SEC's forms, of which the account knows x alone); Hedera's mirror node (_type, key);
cardano-cli's key files, CIP-5.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from typing import Final

from scanner.model.addresses import base58, bech32
from scanner.model.jsontext import read_json
from scanner.model.signature_text import listed_bytes

_LONGEST: Final = 4_000
"""Characters of a column that is looked at."""
_HEX: Final = re.compile(r"(?:0[xX])?((?:[0-9a-fA-F]{2})+)")
_HASH: Final = 32
_COMPRESSED, _WHOLE = 33, 65
_FROM_WEB: Final = str.maketrans("-_", "+/")
_OF_XRPL: Final = b"\x23"
_OF_AMINO: Final = bytes.fromhex("eb5ae98721")
"""Amino: the kind PubKeySecp256k1, and that 33 bytes follow."""
_DECIMAL: Final = re.compile(r"[0-9]{65,78}", re.ASCII)
"""More digits than 32 bytes have in hex, so that it is no hex."""
_DER: Final = b"\x30"
_OF_32_BYTES: Final = b"\x58\x20"
_MAPS: Final = (b"\xa4", b"\xa5", b"\xa6")
"""CBOR: that 32 bytes follow; the maps that a COSE_Key is."""
_NOT_IN_HEX: Final = ("starknet", "cardano")
"""Kinds whose keys have several spellings in hex."""
_OF_CARDANO: Final = ("ed25519_pk", "addr_vk")


def usual_key(kind: str, text: str) -> str:
    """What a key column says, in the usual spelling of a network of this kind.

    text: a key, or several with white space between. Itself where nothing is sure.
    """
    text = text.strip()
    if not text or len(text) > _LONGEST:
        return text
    if _is_hex(text) and kind not in _NOT_IN_HEX:  # as nearly always: lists have many
        return text
    if text[0] in "{[":
        return _of_json(kind, text)
    if text[0] == "'" or (len(text) > 2 and text[0] == text[-1] == '"'):
        text = text.strip("'\"")
    if _HEX.fullmatch(text) and kind not in _NOT_IN_HEX:
        return text
    words = text.split()
    usual = [_one(kind, word) for word in words]
    return text if usual == words else " ".join(usual)


def _is_hex(text: str) -> bool:
    """Whether a text is bare hex: the same as a pattern says, in a tenth of its time."""
    try:
        return 2 * len(bytes.fromhex(text)) == len(text)
    except ValueError:
        return False


def _of_json(kind: str, text: str) -> str:
    try:
        found = read_json(text, unique_names=True)
    except ValueError:
        return text
    listed = listed_bytes(found)
    if listed:
        return listed
    named = found.get("key") if isinstance(found, dict) and kind == "hedera" else None
    return named if isinstance(named, str) else text


def _one(kind: str, word: str) -> str:
    read = _READERS.get(kind)
    usual = "" if read is None else read(word)
    return usual or _of_web(word)


def _of_web(word: str) -> str:
    """A key of 32 or 33 bytes in base64 as it usually is: itself where it may be another thing."""
    bare = word.rstrip("=").translate(_FROM_WEB)
    whole = bare + "=" * (-len(bare) % 4)
    data = _bytes(whole)
    if data is None or len(data) not in (_HASH, _COMPRESSED) or _HEX.fullmatch(word):
        return word
    if word[-1] == "=" or _is_no_base58(word):
        return whole
    return word


def _is_no_base58(word: str) -> bool:
    try:
        base58.decode(word)
    except ValueError:
        return True
    return False


def _of_point(word: str) -> str:
    """A secp256k1 key in base64 (or in DER), in hex; "" if it is none."""
    data = None if _HEX.fullmatch(word) else _unpadded(word)
    if data is None:
        return ""
    is_point = len(data) == _COMPRESSED and data[0] in (2, 3)
    is_whole = len(data) == _WHOLE and data[0] == 4
    is_der = data[:1] == _DER and len(data) > _HASH and data[1] == len(data) - 2
    return data.hex() if is_point or is_whole or is_der else ""


def _of_xrpl(word: str) -> str:
    try:
        data = base58.decode_check(word, base58.RIPPLE)
    except ValueError:
        data = b""
    if len(data) == 1 + _COMPRESSED and data[:1] == _OF_XRPL:
        return data[1:].hex()
    whole = None if _HEX.fullmatch(word) else _unpadded(word)
    is_edwards = whole is not None and len(whole) == _COMPRESSED and whole[0] == 0xED
    return whole.hex() if whole is not None and is_edwards else _of_point(word)


def _of_cosmos(word: str) -> str:
    try:
        human, letters, constant = bech32.split(word)
        data = bech32.to_bytes(letters)
    except ValueError:
        return ""
    is_key = human.endswith("pub") and constant == bech32.BECH32
    key = data.removeprefix(_OF_AMINO)
    return key.hex() if is_key and len(data) == 5 + len(key) == 5 + _COMPRESSED else ""


def _of_cardano(word: str) -> str:
    """A key in hex: of CBOR (cborHex of a node's key file), Bech32 (CIP-5) or base64."""
    found = _HEX.fullmatch(word)
    data = bytes.fromhex(found[1]) if found else _unpadded(word)
    if data is None:
        try:
            human, letters, _ = bech32.split(word)
            data = bech32.to_bytes(letters) if human in _OF_CARDANO else b""
        except ValueError:
            return ""
    if data[:2] == _OF_32_BYTES:
        data = data[2:] if len(data) == 2 + _HASH else data
    is_cose = data[:1] in _MAPS and len(data) > _HASH
    return data.hex() if len(data) == _HASH or is_cose else ""


def _unpadded(word: str) -> bytes | None:
    bare = word.rstrip("=").translate(_FROM_WEB)
    return _bytes(bare + "=" * (-len(bare) % 4))


def _of_near(word: str) -> str:
    try:
        data = base58.decode(word)
    except ValueError:
        return ""
    flagged = _bytes(word) or b""  # 44 letters may be base64 of a key behind a byte, too
    is_sure = not _HEX.fullmatch(word) and flagged[:1] not in (b"\x00", b"\xed")
    return f"ed25519:{word}" if len(data) == _HASH and is_sure else ""


def _of_starknet(word: str) -> str:
    """x of a key in hex: of a whole key, or of x as a decimal number."""
    if _DECIMAL.fullmatch(word):
        return hex(int(word))
    found = _HEX.fullmatch(word)
    data = bytes.fromhex(found[1]) if found else b""
    is_point = len(data) == _COMPRESSED and data[0] in (2, 3)
    is_whole = len(data) == _WHOLE and data[0] == 4
    return "0x" + data[1 : 1 + _HASH].hex() if is_point or is_whole else ""


def _bytes(text: str) -> bytes | None:
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return data if base64.b64encode(data).decode() == text else None


_READERS: Final[dict[str, Callable[[str], str]]] = {
    "aelf": _of_point,
    "avalanche": _of_point,
    "cardano": _of_cardano,
    "conflux": _of_point,
    "cosmos": _of_cosmos,
    "filecoin": _of_point,
    "hedera": _of_point,
    "near": _of_near,
    "starknet": _of_starknet,
    "utxo": _of_point,
    "xrpl": _of_xrpl,
}
"""Kind of a network -> what reads a key of it in an alphabet of its own; "" for anything else."""
