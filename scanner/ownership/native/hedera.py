"""Hedera's wallets: "Hedera Signed Message", the text's length and the text, in a SignatureMap.

The length counts UTF-16 units, as the wallets' library does, or bytes. A SignatureMap (protobuf in
base64) holds the signature with the start of its key; 64 bytes alone are read as well.
Accounts are numbers: what keys they have is for the network to say.
Sources: HIP-820 and hedera-wallet-connect (prefixMessageToSign); SignatureMap of hedera-protobufs.
"""

from __future__ import annotations

from scanner.ownership.ed25519.signing import ECDSA_OF_HEDERA
from scanner.ownership.ed25519.text_form import Ed25519Text
from scanner.ownership.interface import Proof
from scanner.ownership.native.spellings import hex_or_base64
from scanner.ownership.primitives.base64text import decode_base64
from scanner.ownership.primitives.not_proven import unsupported

_TITLE = "\x19Hedera Signed Message:\n"
_PAIR, _PREFIX, _ED25519, _ECDSA = b"\x0a", b"\x0a", b"\x1a", b"\x32"
"""Protobuf tags: field 1 of the map; fields 1, 3 and 6 of a pair; all of them bytes."""


def hedera_text() -> Ed25519Text:
    """The scheme of Hedera's wallets, Ed25519 keys."""
    return Ed25519Text("hedera_text", "Hedera's signed message", {"hedera"}, _texts, _spelling)


def _texts(proof: Proof) -> tuple[bytes, ...]:
    units = len(proof.message.encode("utf-16-le")) // 2
    sizes = dict.fromkeys((units, len(proof.message.encode())))
    return tuple(f"{_TITLE}{size}{proof.message}".encode() for size in sizes)


def _spelling(text: str) -> bytes | None:
    """The one Ed25519 signature of a SignatureMap, or a signature alone."""
    plain = hex_or_base64(text)
    if plain is not None or len(text) > 400:
        return plain
    pair = _field(decode_base64(text) or b"", _PAIR)
    if pair is None or pair[1]:
        return None
    prefix = _field(pair[0], _PREFIX)
    rest = prefix[1] if prefix is not None else pair[0]
    if _field(rest, _ECDSA) is not None:
        raise unsupported(ECDSA_OF_HEDERA)
    signature = _field(rest, _ED25519)
    return signature[0] if signature is not None and not signature[1] else None


def _field(data: bytes, tag: bytes) -> tuple[bytes, bytes] | None:
    """A field of up to 127 bytes at the start: its value, and what follows; None if another."""
    if len(data) < 2 or data[:1] != tag or data[1] > 127 or len(data) < 2 + data[1]:
        return None
    return data[2 : 2 + data[1]], data[2 + data[1] :]
