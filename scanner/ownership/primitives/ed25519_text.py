"""How wallets and tools write an Ed25519 key: hex, base64, and with what kind of key it is.

Sources: NEAR's "ed25519:" and Base58; Aptos' AIP-80 ("ed25519-pub-0x"); RFC 8410 (in DER), as
Hedera's tools print it; Sui's flag 0 before the key; the XRP Ledger's ED before it.
"""

from __future__ import annotations

from typing import Final

from scanner.model.addresses import base58
from scanner.ownership.primitives.base64text import decode_base64
from scanner.ownership.primitives.hextext import decode_hex

_NEAR: Final = "ed25519:"
_APTOS: Final = "ed25519-pub-"
_DER: Final = bytes.fromhex("302a300506032b6570032100")
_MARKS: Final = (b"\x00", b"\xed", _DER)
"""What may stand before the 32 bytes."""

SIZE: Final = 32


def read_key(text: str) -> bytes | None:
    """Read a key: 32 bytes; None if the text is none in any of these spellings."""
    if text.startswith(_NEAR):
        try:
            data: bytes | None = base58.decode(text.removeprefix(_NEAR))
        except ValueError:
            return None
    else:
        plain = text.removeprefix(_APTOS)
        data = decode_hex(plain)
        if data is None and len(plain) <= 64:
            data = decode_base64(plain)
    if data is None or len(data) < SIZE:
        return None
    mark, key = data[:-SIZE], data[-SIZE:]
    return key if not mark or mark in _MARKS else None
