"""Keccak-256 as Ethereum uses it: the fast C module where present, else pycryptodome."""

from __future__ import annotations

try:
    from sha3 import keccak_256

    def keccak256(data: bytes) -> bytes:
        """Hash with Keccak-256 (not NIST SHA3-256: the padding differs)."""
        digest: bytes = keccak_256(data).digest()
        return digest

except ImportError:  # no wheel for this platform
    from Crypto.Hash import keccak

    def keccak256(data: bytes) -> bytes:
        """Hash with Keccak-256 (not NIST SHA3-256: the padding differs)."""
        return keccak.new(digest_bits=256, data=data).digest()
