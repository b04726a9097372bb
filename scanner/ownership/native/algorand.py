"""Algorand's signBytes: "MX" and the text. Source: go-algorand and its SDKs, util.sign_bytes."""

from __future__ import annotations

from scanner.ownership.ed25519.text_form import Ed25519Text
from scanner.ownership.primitives.plain_signature import hex_or_base64


def algorand_mx() -> Ed25519Text:
    """The scheme of Algorand's SDKs."""
    return Ed25519Text(
        "algorand_mx",
        'Algorand\'s "MX" and the text',
        {"algorand"},
        lambda proof: (b"MX" + proof.message.encode(),),
        hex_or_base64,
    )
