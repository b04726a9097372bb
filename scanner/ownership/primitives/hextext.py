"""Hex as publishers write it, read strictly."""

from __future__ import annotations

from binascii import unhexlify

MAX_BYTES = 65_536
"""Nothing longer is a key, a signature or a script."""

_PREFIXES = ("0x", "0X")


def decode_hex(text: str, most: int = MAX_BYTES) -> bytes | None:
    """Decode hex digits, with or without 0x; None if it is anything else or over so many bytes.

    One text for one value: not `bytes.fromhex`, which skips white space.
    """
    digits = text[2:] if text[:2] in _PREFIXES else text
    if len(digits) > 2 * most:
        return None
    try:
        return unhexlify(digits)
    except ValueError:
        return None


def hex_message(text: str) -> bytes | None:
    """The bytes that a message of 0x and hex digits spells: wallets sign those, not the text.

    However many: what is too long for a key is not for a message.
    """
    return decode_hex(text, len(text)) if text[:2] == "0x" and len(text) > 2 else None
