"""Base64 as publishers write it, read strictly."""

from __future__ import annotations

from binascii import Error, a2b_base64, b2a_base64


def decode_base64(text: str) -> bytes | None:
    """Decode standard base64 with its padding, no white space: one text for one value, or None."""
    try:
        data = a2b_base64(text, strict_mode=True)
    except (Error, ValueError):
        return None
    return data if b2a_base64(data, newline=False).decode() == text else None
