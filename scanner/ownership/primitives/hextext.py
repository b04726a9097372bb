"""Hex as publishers write it, read strictly."""

from __future__ import annotations

MAX_BYTES = 65_536
"""Nothing longer is a key, a signature or a script."""


def decode_hex(text: str, most: int = MAX_BYTES) -> bytes | None:
    """Decode hex digits, with or without 0x; None if it is anything else or over so many bytes.

    `bytes.fromhex` skips white space, so the length is compared: one text for one value.
    """
    digits = text[2:] if text[:2] in ("0x", "0X") else text
    if len(digits) > 2 * most:
        return None
    try:
        data = bytes.fromhex(digits)
    except ValueError:
        return None
    return data if 2 * len(data) == len(digits) else None


def hex_message(text: str) -> bytes | None:
    """The bytes that a message of 0x and hex digits spells: wallets sign those, not the text.

    However many: what is too long for a key is not for a message.
    """
    return decode_hex(text, len(text)) if text[:2] == "0x" and len(text) > 2 else None
