"""What a passkey signs: what the authenticator says, and SHA-256 of what the browser says.

The browser's part is JSON and names the challenge that it was given, in base64 of web addresses.
Read is only what every parser reads alike: no name twice, a challenge in its one spelling.
Source: W3C, Web Authentication Level 2, 5.8.1 (CollectedClientData) and 6.3.3.
"""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from typing import Final

from scanner.model.jsontext import read_json
from scanner.ownership.primitives.base64text import decode_base64

_GET: Final = "webauthn.get"
_FEWEST: Final = 37
"""Bytes of what an authenticator says: hash of the site's name, flags, counter."""
_FROM_WEB: Final = str.maketrans("-_", "+/")
_TO_WEB: Final = str.maketrans("+/", "-_")


def challenge_of(client_data: bytes) -> bytes | None:
    """The challenge that a browser was to have signed; None if it was asked for something else."""
    try:
        found = read_json(client_data.decode(), unique_names=True)
    except ValueError:
        return None
    if not isinstance(found, dict) or found.get("type") != _GET:
        return None
    text, origin = found.get("challenge"), found.get("origin")
    if not isinstance(text, str) or not isinstance(origin, str) or not text:
        return None
    data = decode_base64(text.translate(_FROM_WEB) + "=" * (-len(text) % 4))
    # Compared as it stood: the other alphabet and a padding of its own are another spelling.
    is_it = data and b64encode(data).decode().rstrip("=").translate(_TO_WEB) == text
    return data if is_it else None


def signed_bytes(authenticator_data: bytes, client_data: bytes) -> bytes | None:
    """What the key signs of an assertion (hashed once more by ECDSA); None if too short."""
    if len(authenticator_data) < _FEWEST:
        return None
    return authenticator_data + sha256(client_data).digest()
