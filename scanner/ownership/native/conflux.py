"""CIP-23's personal message: Keccak-256 of "Conflux Signed Message", the length and the text."""

from __future__ import annotations

from scanner.model.addresses.keccak import keccak256
from scanner.ownership.others.okx_recover import RecoverText

_TITLE = b"\x19Conflux Signed Message:\n"


def _digest(message: bytes) -> bytes:
    return keccak256(_TITLE + str(len(message)).encode() + message)


def cip23() -> RecoverText:
    """The scheme of Conflux Core's wallets."""
    return RecoverText("cip23", "CIP-23", {"conflux"}, _digest)
