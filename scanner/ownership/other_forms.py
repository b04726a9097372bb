"""Signatures and keys that are plainly some, in a form that is not read: not called malformed.

What cannot be decoded accuses nobody where it may be good: JSON of a wallet that is not known, a
signature in DER or with its text around it, a key of another kind. The reason stays, with what was
found and what to publish. Only rows that no scheme could decode are looked at.
"""

from __future__ import annotations

import re
from typing import Final

from scanner.errors import AddressFormatError
from scanner.model.addresses import base58, bech32
from scanner.model.addresses.table import decode_address
from scanner.model.control import Control, ControlResult
from scanner.model.jsontext import read_json
from scanner.model.protobuf import fields
from scanner.ownership.interface import Proof
from scanner.ownership.others.okx_recover import RECOVERY_BYTES
from scanner.ownership.primitives import secp256k1
from scanner.ownership.primitives.base64text import decode_base64
from scanner.ownership.primitives.der import der_to_compact
from scanner.ownership.primitives.ed25519_text import read_key
from scanner.ownership.primitives.hashes import ripemd160
from scanner.ownership.primitives.hextext import decode_hex
from scanner.ownership.primitives.undecoded import NoKey, NoSignature

_LONGEST: Final = 100_000
"""Characters of a text that is looked at."""
_ARMOR: Final = "-----BEGIN"
_OTHER_CURVES: Final = re.compile(r"(?:SIG|PUB)_(R1|WA)_([1-9A-HJ-NP-Za-km-z]{40,256})", re.ASCII)
"""Antelope's signatures and keys that are not of secp256k1."""
_PAIR: Final = 1
_MADE: Final = (3, 6)
"""Protobuf: a pair of Hedera's SignatureMap, and a signature of either kind in it."""
_BRC77: Final = bytes.fromhex("42423301")
_NUMBERS: Final = re.compile(
    r"(?:0[xX][0-9a-fA-F]{60,64}|[0-9]{70,80})([\s,;|]+(?:0[xX][0-9a-fA-F]{1,64}|[0-9]{1,80}))*",
    re.ASCII,
)
"""r, or r and s and perhaps v, each a number."""
_SIGNATURE: Final = 64
_DESCRIPTOR: Final = re.compile(r"[a-z]{1,12}\(.*\)(?:#[a-z0-9]{8})?", re.DOTALL)
_NAMED_KEY: Final = re.compile(r"[a-z0-9]{2,20}:([1-9A-HJ-NP-Za-km-z]{40,100})", re.ASCII)
_EXTENDED: Final = 78
"""Bytes of BIP-32's keys."""
_FLAGS: Final = (b"\x01", b"\x02")
"""Sui's, before a key of secp256k1 or secp256r1."""
_DER_KEY: Final = range(44, 130)


class Doubted(ControlResult):
    """What is said of a row that no scheme could decode, and that may be good."""

    __slots__ = ()


def doubted(proof: Proof, result: ControlResult) -> ControlResult:
    """The verdict about a row: `unsupported` where it was `malformed` only for how it is written.

    result: what the schemes made of it. The part that its reason is of is looked at; where it is of
    none, all signatures are, for nobody says that they could be decoded.
    """
    if result.control is not Control.MALFORMED:
        return result
    reason, result = result.reason, result._replace(reason=str(result.reason))
    if isinstance(reason, NoKey):
        form = key_form(proof, proof.script)
        words = f"the key column holds {form}, which is not read here: publish the public key"
        return _said(result, f"{words} itself, in hex") if form else result
    only = reason.number if isinstance(reason, NoSignature) else 0
    for number, text in enumerate(proof.signatures, 1):
        if only not in (0, number):
            continue
        form = signature_form(proof.network.kind, text, proof.message)
        if form:
            words = f"signature {number} is {form}, which is not read: publish it alone, as the"
            return _said(result, f"{words} wallet's usual text")
    return result


def _said(result: ControlResult, words: str) -> ControlResult:
    said = result._replace(control=Control.UNSUPPORTED, reason=f"{result.reason}; {words}")
    return Doubted(*said)


def signature_form(kind: str, text: str, message: str) -> str:
    """What a signature is that no scheme of a network of this kind reads, in words; "" if none."""
    if not text or len(text) > _LONGEST:
        return ""
    if text.startswith(_ARMOR):
        return "a text with its signature in it"
    if _is_of_other_curve(text):
        return "by a key of another curve"
    numbers = _NUMBERS.fullmatch(text)
    if numbers and (numbers[1] or kind == "starknet"):
        return "a number, or several"
    if _is_json(text):
        return "JSON" if kind not in _WITH_JSON else ""
    data = decode_hex(text)
    data = decode_base64(text) if data is None else data
    return "" if data is None else _form_of_bytes(kind, data, message)


def _form_of_bytes(kind: str, data: bytes, message: str) -> str:
    if kind != "xrpl" and der_to_compact(data) is not None:
        return "an ECDSA signature in DER"
    if data.startswith(_BRC77):
        return "a signature of BRC-77"
    if kind == "cosmos" and len(data) == _SIGNATURE + 1 and data[-1] in RECOVERY_BYTES:
        return "r and s with a byte behind them"
    if kind == "hedera" and _is_map_of_several(data):
        return "a map of several signatures"
    is_followed = data[_SIGNATURE:] == message.encode("utf-8", "replace") != b""
    return "a signature with its text behind it" if is_followed else ""


def _is_map_of_several(data: bytes) -> bool:
    try:
        pairs = list(fields(data))
        made = [dict(fields(v)) for n, v in pairs if n == _PAIR and isinstance(v, bytes)]
    except ValueError:
        return False
    sizes = {
        len(v) for pair in made for n, v in pair.items() if n in _MADE and isinstance(v, bytes)
    }
    return 1 < len(made) == len(pairs) and sizes == {_SIGNATURE}


_WITH_JSON: Final = ("cosmos",)
_WITH_JSON_KEYS: Final = ("cosmos", "substrate")
"""Kinds whose schemes read JSON themselves, and say what is wrong with it."""
_OF_ANTELOPE: Final = '"publicKey'
"""What a name of a key begins with in the JSON that Antelope's scheme reads."""


def key_form(proof: Proof, text: str) -> str:
    """What a key column holds that no scheme of the row's network reads, in words; "" if none."""
    if not text or len(text) > _LONGEST:
        return ""
    if text.startswith(_ARMOR):
        return "a key in PEM"
    if _is_of_other_curve(text):
        return "a key of another curve"
    if _is_json(text):
        kind = proof.network.kind
        is_read = kind in _WITH_JSON_KEYS or (kind == "antelope" and _OF_ANTELOPE in text)
        return "" if is_read else "JSON"
    if _DESCRIPTOR.fullmatch(text):
        return "a descriptor"
    if _is_address(proof, text):
        return "an address"
    data = decode_hex(text)
    data = decode_base64(text) if data is None else data
    return (_key_of(data) if data is not None else "") or _named_key(text)


def _key_of(data: bytes) -> str:
    flagged = data[1:] if data[:1] in _FLAGS else b""
    if secp256k1.parse_key(data) is not None or secp256k1.parse_key(flagged) is not None:
        return "a key that is no Ed25519 key"
    if len(data) in _DER_KEY and data[:1] == b"\x30" and data[1] == len(data) - 2:
        return "a key in DER"
    return "32 bytes, without what kind of key they are" if read_key(data.hex()) else ""


def _named_key(text: str) -> str:
    named = _NAMED_KEY.fullmatch(text)
    if named:
        return "a key of a kind that is named"
    for alphabet in (base58.BITCOIN, base58.RIPPLE):
        try:
            data = base58.decode_check(text, alphabet)
        except ValueError:
            continue
        return "an extended key" if len(data) == _EXTENDED else "a key in Base58"
    try:
        bech32.split(text, bech32.MAX_LENGTH)
    except ValueError:
        return ""
    return "a key in Bech32"


def _is_address(proof: Proof, text: str) -> bool:
    if re.fullmatch(r"0[xX][0-9a-fA-F]{40}", text):
        return True
    try:
        decode_address(proof.network, text)
    except AddressFormatError:
        return False
    return True


def _is_of_other_curve(text: str) -> bool:
    found = _OTHER_CURVES.fullmatch(text)
    if found is None:
        return False
    data = base58.decode(found[2])
    return ripemd160(data[:-4] + found[1].encode())[:4] == data[-4:]


def _is_json(text: str) -> bool:
    """Whether a text is an object, or a list that holds more than numbers: bytes are read."""
    if text[:1] not in ("{", "["):
        return False
    try:
        found = read_json(text)
    except ValueError:
        return False
    plain = isinstance(found, list) and not any(isinstance(n, str | dict | list) for n in found)
    return bool(found) and not plain
