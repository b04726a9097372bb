"""BIP-322's two virtual transactions, and the digests that single-key signatures sign.

`to_spend` pays 0 to the address and commits to the message; `to_sign` spends it and is never
valid on a chain. All digests here are of the simple variant: version, lock time and sequence 0.
Source: BIP-322; BIP-143 and BIP-341 for the digests.
"""

from __future__ import annotations

import struct
from functools import lru_cache
from hashlib import sha256

from scanner.ownership.primitives.hashes import sha256d, tagged_hash, with_size

_NOTHING_SENT = struct.pack("<q", 0) + with_size(b"\x6a")  # one output: 0 satoshi to OP_RETURN
_ZERO = bytes(4)
_SIGHASH_ALL = 1


@lru_cache(maxsize=64)
def message_hash(message: str) -> bytes:
    """Tagged hash of the message's UTF-8 bytes. Raises UnicodeEncodeError for lone surrogates."""
    return tagged_hash("BIP0322-signed-message", message.encode())


def to_spend(message: str, script_pubkey: bytes) -> bytes:
    """Serialize the transaction that pays to the address."""
    return (
        _ZERO
        + b"\x01"
        + bytes(32)
        + b"\xff\xff\xff\xff"
        + with_size(b"\x00\x20" + message_hash(message))
        + _ZERO
        + b"\x01"
        + bytes(8)
        + with_size(script_pubkey)
        + _ZERO
    )


def to_spend_txid(message: str, script_pubkey: bytes) -> bytes:
    """Txid of `to_spend` in the byte order of serialized outpoints."""
    return sha256d(to_spend(message, script_pubkey))


def to_sign_body(txid: bytes, script_sig: bytes = b"") -> tuple[bytes, bytes]:
    """Serialize `to_sign` of the simple variant around its witness: what comes before and after.

    The whole transaction is before + witness + after.
    """
    before = (
        _ZERO + b"\x00\x01" + b"\x01" + txid + _ZERO + with_size(script_sig) + _ZERO
        + b"\x01" + _NOTHING_SENT
    )  # fmt: skip
    return before, _ZERO


def legacy_body(version: bytes, txid: bytes, script_sig: bytes) -> bytes:
    """Serialize `to_sign` without a witness, all times 0. version: 4 bytes."""
    before = version + b"\x01" + txid + _ZERO + with_size(script_sig) + _ZERO
    return before + b"\x01" + _NOTHING_SENT + _ZERO


def legacy_digest(version: bytes, txid: bytes, script_code: bytes) -> bytes:
    """What an input without a witness signs with SIGHASH_ALL: itself, with the script in place."""
    signed = legacy_body(version, txid, script_code)
    return sha256d(signed + struct.pack("<I", _SIGHASH_ALL))


_HASHED_TWICE = sha256d(_ZERO), sha256d(_NOTHING_SENT)
_HASHED_ONCE = tuple(sha256(b).digest() for b in (bytes(8), _ZERO, _NOTHING_SENT))


def ecdsa_digest(txid: bytes, script_code: bytes) -> bytes:
    """What a version-0 witness signs with SIGHASH_ALL (BIP-143).

    script_code: the P2PKH script of the key, or the witness script.
    """
    sequences, outputs = _HASHED_TWICE
    outpoint = txid + _ZERO
    return sha256d(
        _ZERO
        + sha256d(outpoint)
        + sequences
        + outpoint
        + with_size(script_code)
        + bytes(8)
        + _ZERO
        + outputs
        + _ZERO
        + struct.pack("<I", _SIGHASH_ALL)
    )


def taproot_digest(txid: bytes, script_pubkey: bytes, hash_type: int) -> bytes:
    """What a taproot output key signs, without annex (BIP-341). hash_type: 0 or 1 (ALL)."""
    amounts, sequences, outputs = _HASHED_ONCE
    return tagged_hash(
        "TapSighash",
        bytes((0, hash_type))
        + _ZERO
        + _ZERO
        + sha256(txid + _ZERO).digest()
        + amounts
        + sha256(with_size(script_pubkey)).digest()
        + sequences
        + outputs
        + b"\x00"
        + _ZERO,
    )
