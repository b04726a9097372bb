"""Message signatures by the right key in a form that is not read: not good, and not false either.

The header byte names a kind of address that is not the row's, or the 65 bytes are in another order
or alphabet than wallets of the network write. Only rows that failed are looked at.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from scanner.ownership.bitcoin.multisig import commitment, parse_multisig
from scanner.ownership.interface import Proof
from scanner.ownership.primitives.base64text import decode_base64
from scanner.ownership.primitives.hashes import hash160, message_bytes, sha256d
from scanner.ownership.primitives.hextext import decode_hex
from scanner.ownership.primitives.secp256k1 import compress, recover

MOST: Final = 20
LONGEST: Final = 65_536
"""Signatures of a row and characters of a text that are looked at."""

_SIZE: Final = 65
_LONGEST: Final = 200
_FROM_WEB: Final = str.maketrans("-_", "+/")
_HEADERS: Final = range(27, 43)
_LAST: Final = {**{v: v for v in range(4)}, **{v: v - 27 & 3 for v in _HEADERS}}
"""Last byte of r, s, v -> recovery id."""

WORDS: Final = (
    "; but the address's key signed this text: sign again with a wallet that knows this kind of "
    "address, and publish the base64 text that it shows"
)


def odd_form(proof: Proof) -> str:
    """What to add to the reason of a row whose signatures are all by its keys; "" if one is not."""
    too_much = len(proof.signatures) > MOST or len(proof.message) > LONGEST
    if too_much or not proof.network.message_header:
        return ""
    try:
        digest = sha256d(message_bytes(proof.network.message_header, proof.message))
    except UnicodeEncodeError:
        return ""
    for text in proof.signatures:
        if not any(_is_own(proof, point) for point in _points(text, digest)):
            return ""
    return WORDS


def _points(text: str, digest: bytes) -> Iterator[bytes]:
    """Every key that may have made a signature, 65 bytes."""
    data = decode_hex(text) if len(text) <= _LONGEST else None
    if data is None and len(text) <= _LONGEST:
        data = decode_base64(text.translate(_FROM_WEB))
    if data is None or len(data) != _SIZE:
        return
    found = []
    if data[0] in _HEADERS:
        found.append(recover(digest, data[1:], data[0] - 27 & 3))
    if data[64] in _LAST:
        found.append(recover(digest, data[:64], _LAST[data[64]]))
    yield from (point for point in found if point is not None)


def _is_own(proof: Proof, point: bytes) -> bool:
    key = compress(point)
    script = decode_hex(proof.script)
    if script is None:
        return False
    redeem = b"\x00\x14" + hash160(key) if proof.address.format == "p2sh" else b""
    if script in (b"", key, point, redeem):
        return _is_of_one_key(proof, key, point)
    multisig = parse_multisig(script) if commitment(proof.address, script) else None
    return multisig is not None and (key in multisig.keys or point in multisig.keys)


def _is_of_one_key(proof: Proof, key: bytes, point: bytes) -> bool:
    if proof.address.format in ("p2pkh", "p2wpkh"):
        keys = (key, point) if proof.address.format == "p2pkh" else (key,)
        return proof.address.payload in map(hash160, keys)
    nested = proof.address.format == "p2sh" and "segwit:" in proof.network.address_codec
    return nested and hash160(b"\x00\x14" + hash160(key)) == proof.address.payload
