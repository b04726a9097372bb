"""Ed25519 rows in OKX's envelope, which the key signs unhashed; XRP Ledger keys say ED."""

from __future__ import annotations

from scanner.ownership.ed25519.ed25519_keys import KEY_FIXES_ADDRESS, NAMED
from scanner.ownership.ed25519.signing import is_ecdsa_row
from scanner.ownership.ed25519.text_form import Ed25519Text
from scanner.ownership.interface import Proof
from scanner.ownership.primitives.envelopes import okx_bytes
from scanner.ownership.primitives.plain_signature import hex_or_base64


def is_ed_row(proof: Proof) -> bool:
    """Whether a row of the XRP Ledger publishes an Ed25519 key: ED and 64 hex digits."""
    key = proof.script.removeprefix("0x")
    return key[:2].upper() == "ED" and len(key) == 66


class Ed25519(Ed25519Text):
    """One account, Ed25519 keys, OKX's envelope."""

    def __init__(self) -> None:
        super().__init__(
            "ed25519", "OKX's envelope", {*KEY_FIXES_ADDRESS, *NAMED}, _envelope, hex_or_base64
        )

    def handles(self, proof: Proof) -> bool:
        """Formats with a key rule or named accounts; of the XRP Ledger and of Hedera, rows whose
        keys are of this kind.
        """
        if not super().handles(proof):
            return False
        return not is_ecdsa_row(proof) and (proof.address.format != "xrpl" or is_ed_row(proof))


def _envelope(proof: Proof) -> tuple[bytes, ...]:
    return (okx_bytes(proof.message.encode()),)
