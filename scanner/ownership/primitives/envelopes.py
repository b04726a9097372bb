"""What exactly is signed: the bytes or digest each convention makes of a message.

Every envelope starts with a text that no transaction of its network starts with, so a signature
made for a payment can never be shown as a signed message.
Sources: EIP-191 and EIP-712; TIP-191; the OKX forms as its published rows are signed.
"""

from __future__ import annotations

from hashlib import sha256

from scanner.model.addresses.keccak import keccak256
from scanner.ownership.primitives.hashes import with_size

_ETHEREUM = b"\x19Ethereum Signed Message:\n"
_TRON = b"\x19TRON Signed Message:\n"
_OKX = b"OKX Signed Message:\n"


def okx_bytes(message: bytes) -> bytes:
    """OKX's envelope for chains without an own one: length-prefixed title, then message."""
    return with_size(_OKX) + with_size(message)


def okx_keccak(message: bytes) -> bytes:
    """Keccak-256 of the OKX envelope: its secp256k1 chains outside Ethereum's family."""
    return keccak256(okx_bytes(message))


def okx_sha256(message: bytes) -> bytes:
    """SHA-256 of the OKX envelope: Antelope chains."""
    return sha256(okx_bytes(message)).digest()


def eip191_hash(message: bytes) -> bytes:
    """EIP-191 over the 32-byte Keccak-256 of the message, as OKX signs EVM rows."""
    return keccak256(_ETHEREUM + b"32" + keccak256(message))


def eip191_text(message: bytes) -> bytes:
    """EIP-191 over the message itself: what wallets call personal_sign."""
    return keccak256(_ETHEREUM + str(len(message)).encode() + message)


def tip191_hash(message: bytes) -> bytes:
    """Tron's first form: over the 32-byte Keccak-256 of the message."""
    return keccak256(_TRON + b"32" + keccak256(message))


def tip191_first(message: bytes) -> bytes:
    """Tron's first form as its libraries have it: any bytes behind the length of a hash."""
    return keccak256(_TRON + b"32" + message)


def tip191_text(message: bytes) -> bytes:
    """Tron's second form (signMessageV2): over the message with its decimal length."""
    return keccak256(_TRON + str(len(message)).encode() + message)
