"""Base64 as publishers write it, read strictly."""

from __future__ import annotations

import base64
import binascii


def decode_base64(text: str) -> bytes | None:
    """Decode standard base64 with its padding, no white space: one text for one value, or None."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return data if base64.b64encode(data).decode() == text else None
