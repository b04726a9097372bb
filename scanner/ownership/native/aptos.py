"""Texts signed by Aptos wallets as they stand: the standard's fullMessage, or any older one.

Source: AIP-62's wallet standard, signMessage: "APTOS", then lines "address: ..", "application: ..",
"chainId: .." as far as the site asked for them, then "message: .." and "nonce: ..".
"""

from __future__ import annotations

from scanner.errors import AddressFormatError
from scanner.model.addresses.table import decode_address
from scanner.ownership.ed25519.text_form import Ed25519Text
from scanner.ownership.interface import Proof
from scanner.ownership.primitives.not_proven import mismatch
from scanner.ownership.primitives.plain_signature import hex_or_base64
from scanner.ownership.primitives.plain_text import plain_text

_TITLE, _ADDRESS, _CHAIN = "APTOS\n", "address: ", "chainId: "
_HEAD = 4
"""Lines that may stand before the message."""


def _text(proof: Proof) -> tuple[bytes, ...]:
    if proof.message.startswith(_TITLE):
        _check_head(proof)
    return (plain_text(proof.message),)


def _check_head(proof: Proof) -> None:
    """The address and chain that a fullMessage names must be the row's. Raises NotProvenError."""
    for line in proof.message.split("\n", _HEAD)[1:_HEAD]:
        if line.startswith("message: "):
            return
        if line.startswith(_ADDRESS):
            try:
                named = decode_address(proof.network, line.removeprefix(_ADDRESS))
            except AddressFormatError:
                raise mismatch("the address in the signed text is invalid") from None
            if named.payload != proof.address.payload:
                raise mismatch("the address in the signed text is not the row's")
        chain = line.removeprefix(_CHAIN)
        if line.startswith(_CHAIN) and chain != proof.network.chain_id:
            raise mismatch("the signed text is for another chain")


def aptos_text() -> Ed25519Text:
    """The scheme of Aptos wallets."""
    return Ed25519Text("aptos_text", "the text itself", {"aptos"}, _text, hex_or_base64)
