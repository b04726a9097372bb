"""Signatures of 64 bytes as publishers write them."""

from __future__ import annotations

from typing import Final

from scanner.model.addresses import base58
from scanner.ownership.primitives.base64text import decode_base64
from scanner.ownership.primitives.hextext import decode_hex

_SIZE: Final = 64
_IN_BASE64: Final = 88
_IN_BASE58: Final = 90


def hex_or_base64(text: str) -> bytes | None:
    """64 bytes in hex or in base64; None if it is neither."""
    data = decode_hex(text)
    if data is None and len(text) == _IN_BASE64:
        data = decode_base64(text)
    return data if data is not None and len(data) == _SIZE else None


def hex_or_base58(text: str) -> bytes | None:
    """64 bytes in hex, in base64 or, as Solana's wallets show them, in Base58."""
    data = hex_or_base64(text)
    if data is None and len(text) <= _IN_BASE58 and text.isascii():
        try:
            data = base58.decode(text)
        except ValueError:
            return None
    return data if data is not None and len(data) == _SIZE else None
