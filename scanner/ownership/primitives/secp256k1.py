"""The secp256k1 primitives: libsecp256k1 called as directly as Python allows.

coincurve's classes cost about a fifth on top of the curve arithmetic; these functions about a
fiftieth. Two calls never share buffers, so threads may call them at once (the library releases the
GIL).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from coincurve._libsecp256k1 import ffi, lib

ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
HIGH_S = "s is in the upper half of the order"
"""What to say about a good signature that is not `is_low_s`."""
_HALF_ORDER = (ORDER // 2).to_bytes(32, "big")
_KEY_SIZES = {b"\x02": 33, b"\x03": 33, b"\x04": 65}
_LENGTHS = "recover needs 32 + 64 bytes and a recovery id of 0 to 3"
_UNCOMPRESSED = 2  # SECP256K1_EC_UNCOMPRESSED
# The static context is enough for parsing, recovery and verification, and is never written to.
_context = lib.secp256k1_context_static
_new, _buffer = ffi.new, ffi.buffer
_parse_recoverable = lib.secp256k1_ecdsa_recoverable_signature_parse_compact
_recover = lib.secp256k1_ecdsa_recover
_serialize = lib.secp256k1_ec_pubkey_serialize
_signature_type = ffi.typeof("secp256k1_ecdsa_recoverable_signature *")
_key_type = ffi.typeof("secp256k1_pubkey *")
_bytes_type = ffi.typeof("unsigned char[65]")
_size_type = ffi.typeof("size_t *")


_Room = tuple[Any, Any, Any, Any, Any]
"""Buffers for one recovery: signature, key, where the key's bytes go, how many, a view of them."""

_rooms: list[_Room] = []  # not in use; to take one out and to put it back are atomic steps


def recover(digest: bytes, compact: bytes, recovery_id: int) -> bytes | None:
    """Recover the public key from an ECDSA signature.

    digest: 32 bytes. compact: r and s, 32 bytes each. recovery_id: 0 to 3.
    Returns the key as 65 bytes 04 x y (see `compress`), or None if no key could have signed:
    r or s is 0 or not below the order, or r is no point. Does not ask for low s: see `is_low_s`.
    Raises ValueError if a length or the recovery id is not as above.
    Source: SEC 1, 4.1.6.
    """
    if len(digest) != 32 or len(compact) != 64 or not 0 <= recovery_id <= 3:
        raise ValueError(_LENGTHS)
    try:
        room = _rooms.pop()
    except IndexError:
        room = _make_room()
    signature, key, out, size, view = room
    data: bytes | None = None
    if _parse_recoverable(_context, signature, compact, recovery_id) and _recover(
        _context, key, signature, digest
    ):
        _serialize(_context, out, size, key, _UNCOMPRESSED)
        data = view[:]
    _rooms.append(room)
    return data


def recover_many(asked: Iterable[tuple[bytes, bytes, int]]) -> list[bytes | None]:
    """Recover keys one behind the other: the same as `recover` of each, but quicker.

    asked: digest, compact and recovery id of each. Returns keys in order. Raises ValueError.
    """
    try:
        room = _rooms.pop()
    except IndexError:
        room = _make_room()
    signature, key, out, size, view = room
    context, parse, find, write = _context, _parse_recoverable, _recover, _serialize
    found: list[bytes | None] = []
    for digest, compact, recovery_id in asked:
        if len(digest) != 32 or len(compact) != 64 or not 0 <= recovery_id <= 3:
            raise ValueError(_LENGTHS)
        if parse(context, signature, compact, recovery_id) and find(
            context, key, signature, digest
        ):
            write(context, out, size, key, _UNCOMPRESSED)
            found.append(view[:])
        else:
            found.append(None)
    _rooms.append(room)
    return found


def _make_room() -> _Room:
    out = _new(_bytes_type)
    return _new(_signature_type), _new(_key_type), out, _new(_size_type, 65), _buffer(out)


def compress(key: bytes) -> bytes:
    """Turn 65 bytes 04 x y into 33 bytes 02/03 x."""
    return (b"\x03" if key[64] & 1 else b"\x02") + key[1:33]


def parse_key(data: bytes) -> bytes | None:
    """Read a public key of 33 (02/03) or 65 (04) bytes; returns 65 bytes, None if no point.

    The hybrid form (06/07), which the library would take, is refused.
    """
    if _KEY_SIZES.get(data[:1]) != len(data):
        return None
    key = _new(_key_type)
    if not lib.secp256k1_ec_pubkey_parse(_context, key, data, len(data)):
        return None
    return _key_bytes(key)


def is_low_s(compact: bytes) -> bool:
    """Whether s is at most half the order (BIP-62, EIP-2): the other half is the same signature."""
    return compact[32:] <= _HALF_ORDER


def with_low_s(compact: bytes) -> bytes:
    """The form of a signature (r, s: 64 bytes, s below the order) that `is_low_s`."""
    if is_low_s(compact):
        return compact
    return compact[:32] + (ORDER - int.from_bytes(compact[32:])).to_bytes(32)


def verify_ecdsa(digest: bytes, compact: bytes, key: bytes) -> bool:
    """Check an ECDSA signature (r, s: 64 bytes; low s only) by a key as `parse_key` reads it."""
    parsed, signature = _new(_key_type), _new("secp256k1_ecdsa_signature *")
    return bool(
        len(digest) == 32
        and len(compact) == 64
        and _KEY_SIZES.get(key[:1]) == len(key)
        and lib.secp256k1_ec_pubkey_parse(_context, parsed, key, len(key))
        and lib.secp256k1_ecdsa_signature_parse_compact(_context, signature, compact)
        and lib.secp256k1_ecdsa_verify(_context, signature, digest, parsed)
    )


def verify_schnorr(digest: bytes, signature: bytes, x_only: bytes) -> bool:
    """Check a 64-byte BIP-340 signature by a 32-byte x-only key."""
    key = _new("secp256k1_xonly_pubkey *")
    return bool(
        len(signature) == 64
        and len(x_only) == 32
        and lib.secp256k1_xonly_pubkey_parse(_context, key, x_only)
        and lib.secp256k1_schnorrsig_verify(_context, signature, digest, len(digest), key)
    )


def _key_bytes(key: object) -> bytes:
    out, size = _new(_bytes_type), _new(_size_type, 65)
    _serialize(_context, out, size, key, _UNCOMPRESSED)
    data: bytes = _buffer(out)[:]
    return data
