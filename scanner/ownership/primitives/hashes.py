"""Hashes and the length-prefixed message form that Bitcoin-like signatures share."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from hashlib import sha256

try:
    hashlib.new("ripemd160")

    def ripemd160(data: bytes) -> bytes:
        """Hash with RIPEMD-160."""
        return hashlib.new("ripemd160", data).digest()

except ValueError:  # OpenSSL 3 without its legacy provider
    from Crypto.Hash import RIPEMD160  # only here: it takes a command a tenth of its start

    def ripemd160(data: bytes) -> bytes:
        """Hash with RIPEMD-160."""
        return RIPEMD160.new(data).digest()


def sha256d(data: bytes) -> bytes:
    """SHA-256 twice."""
    return sha256(sha256(data).digest()).digest()


def hash160(data: bytes) -> bytes:
    """RIPEMD-160 of SHA-256: what P2PKH and P2SH commit to."""
    return ripemd160(sha256(data).digest())


def tagged_hash(tag: str, data: bytes) -> bytes:
    """SHA-256 under a tag (BIP-340)."""
    return sha256(_tag_head(tag) + data).digest()


@lru_cache(maxsize=16)
def _tag_head(tag: str) -> bytes:
    return sha256(tag.encode()).digest() * 2


def compact_size(number: int) -> bytes:
    """Bitcoin's length prefix: 1, 3, 5 or 9 bytes, little-endian."""
    if number < 0xFD:
        return bytes((number,))
    if number <= 0xFFFF:
        return b"\xfd" + number.to_bytes(2, "little")
    if number <= 0xFFFF_FFFF:
        return b"\xfe" + number.to_bytes(4, "little")
    return b"\xff" + number.to_bytes(8, "little")


def with_size(data: bytes) -> bytes:
    """Put the length before the bytes."""
    return compact_size(len(data)) + data


def message_bytes(header: str, message: str) -> bytes:
    """What "signmessage" hashes: header and message, each with its length before it.

    Raises UnicodeEncodeError for text that has no UTF-8 form (lone surrogates).
    """
    return with_size(header.encode()) + with_size(message.encode())
