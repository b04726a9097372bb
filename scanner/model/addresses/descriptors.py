"""Output descriptors with fixed keys: scripts that have no address, and those that have one.

    raw(HEX)  pk(KEY)  pkh(KEY)  wpkh(KEY)  tr(KEY)  rawtr(KEY)  multi(K,KEY,...)
    sortedmulti(K,KEY,...)  sh(...)  wsh(...)

KEY is a public key in hex, or an extended one with fixed steps ("xpub.../0/5"), with or without its
origin ("[d34db33f/84h/0h/0h]02..."). Ranges and script trees are refused: a list names scripts one
by one. The checksum after # may be left out; if it is there it must be right.
Source: BIP-380, 381, 382, 383, 385, 386.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from hashlib import new, sha256
from typing import Final

from scanner.errors import AddressFormatError
from scanner.model.addresses import extended_keys, scripts
from scanner.model.addresses.interface import Address

MAX_LENGTH: Final = 2000
MAX_RAW: Final = 520
_MAX_KEY: Final = 256  # of Address.key: longer scripts are known by their hash

_INPUT = (
    "0123456789()[],'/*abcdefgh@:$%{}IJKLMNOPQRSTUVWXYZ&+-.;<=>?!^_|~"
    'ijklmnopqrstuvwxyzABCDEFGH`#"\\ '
)
_CHECKSUM = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_GENERATOR = (0xF5DEE51989, 0xA9FDCA3312, 0x1BAB10E32D, 0x3706B1677A, 0x644D626FFD)
_CALL = re.compile(r"([a-z]+)\((.*)\)", re.ASCII)
_ORIGIN = re.compile(r"\[[0-9a-fA-F]{8}(?:/\d{1,10}['hH]?)*\]", re.ASCII)
_HEX = re.compile(r"(?:[0-9a-fA-F]{2})+", re.ASCII)


class DescriptorCodec:
    """Decodes descriptors of one network.

    A text without parentheses is no descriptor at all: refused without a reason, so that the
    other codecs' reasons stand alone.
    """

    def __init__(self, network: str, parameters: str) -> None:
        self.network = network

    def decode(self, text: str) -> Address:
        """Decode a descriptor to the address of its script. Raises AddressFormatError."""
        if "(" not in text:
            raise AddressFormatError(self.network, text, "")
        try:
            script = descriptor_script(text)
        except ValueError as e:
            raise AddressFormatError(self.network, text, str(e)) from None
        name, payload = _format(script)
        key = script.hex()
        if len(key) > _MAX_KEY:
            key = "script#" + sha256(script).hexdigest()
        return Address(self.network, name, payload, key, text.strip())


def descriptor_script(text: str) -> bytes:
    """The output script of a descriptor. Raises ValueError saying what is wrong."""
    if len(text) > MAX_LENGTH:
        raise ValueError("too long")
    body, mark, checksum = text.strip().partition("#")
    if mark and checksum != descriptor_checksum(body):
        raise ValueError("the descriptor's checksum is wrong")
    return _script(body, "top")


def descriptor_checksum(body: str) -> str:
    """The eight characters after # (BIP-380). Raises ValueError for characters it does not know."""
    state, group, count = 1, 0, 0
    for character in body:
        position = _INPUT.find(character)
        if position < 0:
            raise ValueError("a character that is not allowed in descriptors")
        state = _step(state, position & 31)
        group = group * 3 + (position >> 5)
        count += 1
        if count == 3:
            state, group, count = _step(state, group), 0, 0
    if count:
        state = _step(state, group)
    for _ in range(8):
        state = _step(state, 0)
    state ^= 1
    return "".join(_CHECKSUM[state >> 5 * (7 - n) & 31] for n in range(8))


def _step(state: int, value: int) -> int:
    top = state >> 35
    state = (state & 0x7FFFFFFFF) << 5 ^ value
    for n, generator in enumerate(_GENERATOR):
        if top >> n & 1:
            state ^= generator
    return state


def _script(text: str, place: str) -> bytes:
    match = _CALL.fullmatch(text)
    if match is None:
        raise ValueError("not a descriptor")
    name, inner = match[1], match[2]
    make, places = _MAKERS.get(name, (None, ()))
    if make is None:
        raise ValueError(f"descriptor {name}() is not supported")
    if place not in places:
        raise ValueError(f"descriptor {name}() cannot stand inside {place}()")
    return make(inner, place)


def _raw(inner: str, place: str) -> bytes:
    if not _HEX.fullmatch(inner) or len(inner) > 2 * MAX_RAW:
        raise ValueError(f"raw() takes up to {MAX_RAW} bytes in hex")
    return bytes.fromhex(inner)


def _pk(inner: str, place: str) -> bytes:
    key = _key(inner, place)
    return bytes([len(key)]) + key + b"\xac"


def _pkh(inner: str, place: str) -> bytes:
    return scripts.p2pkh(_hash160(_key(inner, place)))


def _wpkh(inner: str, place: str) -> bytes:
    return scripts.witness(0, _hash160(_key(inner, "wpkh")))


def _sh(inner: str, place: str) -> bytes:
    script = _script(inner, "sh")
    if len(script) > MAX_RAW:
        raise ValueError("a redeem script over 520 bytes cannot be spent")
    return scripts.p2sh(_hash160(script))


def _wsh(inner: str, place: str) -> bytes:
    return scripts.witness(0, sha256(_script(inner, "wsh")).digest())


def _multi(inner: str, place: str, ordered: bool = False) -> bytes:
    threshold, *written = inner.split(",")
    keys = [_key(text, place) for text in written]
    most = {"top": 3, "sh": 15, "wsh": 20}[place]
    if not threshold.isdecimal() or not 1 <= int(threshold) <= len(keys) <= most:
        raise ValueError(f"multi() takes a threshold and up to {most} keys")
    if ordered:
        keys.sort()
    pushes = b"".join(bytes([len(key)]) + key for key in keys)
    return _number(int(threshold)) + pushes + _number(len(keys)) + b"\xae"


def _sortedmulti(inner: str, place: str) -> bytes:
    return _multi(inner, place, ordered=True)


def _tr(inner: str, place: str) -> bytes:
    from coincurve import PublicKeyXOnly  # noqa: PLC0415 - heavy, rarely needed

    key = _x_only(inner)
    tag = sha256(b"TapTweak").digest()
    tweaked = PublicKeyXOnly(key)
    tweaked.tweak_add(sha256(tag + tag + key).digest())
    return scripts.witness(1, tweaked.format())


def _rawtr(inner: str, place: str) -> bytes:
    return scripts.witness(1, _x_only(inner))


_Maker = Callable[[str, str], bytes]
_MAKERS: Mapping[str, tuple[_Maker, tuple[str, ...]]] = {
    "raw": (_raw, ("top",)),
    "pk": (_pk, ("top", "sh", "wsh")),
    "pkh": (_pkh, ("top", "sh", "wsh")),
    "wpkh": (_wpkh, ("top", "sh")),
    "sh": (_sh, ("top",)),
    "wsh": (_wsh, ("top", "sh")),
    "multi": (_multi, ("top", "sh", "wsh")),
    "sortedmulti": (_sortedmulti, ("top", "sh", "wsh")),
    "tr": (_tr, ("top",)),
    "rawtr": (_rawtr, ("top",)),
}


def _key(text: str, place: str) -> bytes:
    """A public key; uncompressed only where witness rules do not forbid it."""
    from coincurve import PublicKey  # noqa: PLC0415 - heavy, rarely needed

    written = _without_origin(text)
    if extended_keys.is_extended(written):
        return extended_keys.derived_key(written)
    if not _HEX.fullmatch(written):
        raise ValueError("keys must be public keys, in hex or extended with fixed steps")
    key = bytes.fromhex(written)
    if len(key) not in (33, 65) or (len(key) == 65 and place in ("wsh", "wpkh")):
        raise ValueError("a key of the wrong length")
    try:
        PublicKey(key)
    except ValueError:
        raise ValueError("a key that is not on the curve") from None
    return key


def _x_only(text: str) -> bytes:
    written = _without_origin(text)
    if len(written) == 64:
        written = "02" + written
    return _key(written, "wpkh")[1:]


def _without_origin(text: str) -> str:
    origin = _ORIGIN.match(text)
    return text[origin.end() :] if origin else text


def _number(value: int) -> bytes:
    """Push a small number: OP_1 to OP_16, else one byte."""
    return bytes([0x50 + value]) if value <= 16 else bytes([1, value])


def _hash160(data: bytes) -> bytes:
    try:
        return new("ripemd160", sha256(data).digest()).digest()
    except ValueError:  # OpenSSL without its legacy provider
        from Crypto.Hash import RIPEMD160  # noqa: PLC0415 - heavy, rarely needed

        return RIPEMD160.new(sha256(data).digest()).digest()


def _format(script: bytes) -> tuple[str, bytes]:
    """The address format and payload of a script; "script" and itself where it has no address."""
    if len(script) == 25 and script == scripts.p2pkh(script[3:23]):
        return "p2pkh", script[3:23]
    if len(script) == 23 and script == scripts.p2sh(script[2:22]):
        return "p2sh", script[2:22]
    if 4 <= len(script) <= 42 and (script[0] == 0 or 0x51 <= script[0] <= 0x60):
        version, program = max(0, script[0] - 0x50), script[2:]
        if script[1] == len(program):
            try:
                return scripts.witness_format(version, program), program
            except ValueError:
                pass
    return "script", script
