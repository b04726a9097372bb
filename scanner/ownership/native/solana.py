"""Texts signed by Solana's wallets: as they stand, or as an off-chain message of version 0.

Sources: the wallets' signMessage (Phantom, Solflare, OKX); Solana's "Off-Chain Message Signing",
version 0 as solana-sdk serializes it: FF "solana offchain", version, format, length, text.
"""

from __future__ import annotations

from scanner.ownership.ed25519.text_form import Ed25519Text
from scanner.ownership.interface import Proof
from scanner.ownership.native.spellings import hex_or_base58, plain_text
from scanner.ownership.primitives.not_proven import unsupported

_DOMAIN = b"\xffsolana offchain\x00"
_ASCII, _SHORT, _LONG = b"\0", b"\1", b"\2"
_ALPHABETS = "hex, base64 or Base58"
_SHORT_LIMIT = 1212
"""Bytes of a text that a hardware wallet takes: what a packet holds beside the header."""


def off_chain(proof: Proof) -> tuple[bytes, ...]:
    """The bytes of an off-chain message, in every format that its text may have.

    Raises NotProvenError.
    """
    text = proof.message.encode()
    if len(text) > 0xFFFF - 20:
        raise unsupported("an off-chain message has at most 65,515 bytes: sign a shorter one")
    is_ascii = all(0x20 <= byte <= 0x7E for byte in text)
    formats = [_ASCII] if is_ascii else []
    formats.append(_SHORT if len(text) <= _SHORT_LIMIT else _LONG)
    size = len(text).to_bytes(2, "little")
    return tuple(_DOMAIN + form + size + text for form in formats)


def solana_text() -> Ed25519Text:
    """The text itself."""
    return Ed25519Text(
        "solana_text",
        "the text itself",
        {"solana"},
        lambda proof: (plain_text(proof.message),),
        hex_or_base58,
        alphabets=_ALPHABETS,
    )


def solana_offchain() -> Ed25519Text:
    """An off-chain message of version 0."""
    return Ed25519Text(
        "solana_offchain",
        "Solana's off-chain message 0",
        {"solana"},
        off_chain,
        hex_or_base58,
        alphabets=_ALPHABETS,
    )
