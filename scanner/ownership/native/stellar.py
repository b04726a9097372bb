"""SEP-53: SHA-256 of "Stellar Signed Message:", a line end and the text; on Pi as well."""

from __future__ import annotations

from hashlib import sha256

from scanner.ownership.ed25519.text_form import Ed25519Text
from scanner.ownership.interface import Proof
from scanner.ownership.primitives.plain_signature import hex_or_base64

_TITLE = b"Stellar Signed Message:\n"


def _digest(proof: Proof) -> tuple[bytes, ...]:
    return (sha256(_TITLE + proof.message.encode()).digest(),)


def sep53() -> Ed25519Text:
    """The scheme of Stellar's wallets."""
    return Ed25519Text("sep53", "SEP-53", {"stellar"}, _digest, hex_or_base64)
