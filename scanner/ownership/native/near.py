"""NEP-413: a NEAR wallet signs message, nonce, recipient and callback together, hashed.

The message column holds the parts as JSON: {"message", "nonce" (32 bytes in base64 or hex, or
a list of them, also as JavaScript writes one), "recipient", "callbackUrl" where there was one}.
Wallets differ in whether they sign that address, which says nothing of the text: one that is given
may be left out of what was signed, and where none is given the wallet may have signed one.
Source: NEP-413; Borsh for the bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256

from scanner.model.signature_text import listed_bytes
from scanner.ownership.ed25519.text_form import Ed25519Text
from scanner.ownership.interface import Proof
from scanner.ownership.native.parts import is_nep413, read_parts
from scanner.ownership.primitives.base64text import decode_base64
from scanner.ownership.primitives.hextext import decode_hex
from scanner.ownership.primitives.not_proven import malformed
from scanner.ownership.primitives.plain_signature import hex_or_base64

_TAG = (2**31 + 413).to_bytes(4, "little")
_FORMATS = frozenset(("near_implicit", "near_named"))


class Nep413(Ed25519Text):
    """Accounts of NEAR whose rows hold the parts that NEP-413 signs."""

    def __init__(self) -> None:
        super().__init__(
            "nep413", "NEP-413", _FORMATS, _digests, hex_or_base64, certain=_names_callback
        )

    def handles(self, proof: Proof) -> bool:
        """NEAR rows whose message is JSON of these parts."""
        parts = read_parts(proof.message) if super().handles(proof) else None
        return parts is not None and is_nep413(parts)


def _names_callback(proof: Proof) -> bool:
    """Whether all that may have been signed is given."""
    parts = read_parts(proof.message)
    return parts is not None and parts.get("callbackUrl") is not None


def _digests(proof: Proof) -> tuple[bytes, ...]:
    parts = read_parts(proof.message)
    if parts is None:
        raise malformed("the message is not JSON with the fields that NEP-413 signs")
    nonce = _nonce(parts)
    recipient, callback = parts["recipient"], parts.get("callbackUrl")
    if not isinstance(recipient, str) or not isinstance(callback, str | None):
        raise malformed("recipient and callbackUrl must be texts")
    data = _TAG + _string(str(parts["message"])) + nonce + _string(recipient)
    ends = [b"\0"] if callback is None else [b"\1" + _string(callback), b"\0"]
    return tuple(sha256(data + end).digest() for end in ends)


def _nonce(parts: Mapping[str, object]) -> bytes:
    given = parts["nonce"]
    text = given if isinstance(given, str) else listed_bytes(given)
    data = decode_hex(text)
    if data is None or len(data) != 32:
        data = decode_base64(text)
    if data is None or len(data) != 32:
        raise malformed("the nonce is not 32 bytes, in base64, in hex or as a list")
    return data


def _string(text: str) -> bytes:
    try:
        data = text.encode()
    except UnicodeEncodeError:
        raise malformed("a part of the message is not Unicode text") from None
    return len(data).to_bytes(4, "little") + data
