"""ECDSA signatures in DER, read strictly (BIP-66)."""

from __future__ import annotations


def der_to_compact(der: bytes) -> bytes | None:
    """Read a strict-DER ECDSA signature (BIP-66) as r and s, 32 bytes each; None if it is not."""
    if not 8 <= len(der) <= 72 or der[0] != 0x30 or der[1] != len(der) - 2:
        return None
    r, rest = _der_integer(der[2:])
    s, rest = _der_integer(rest)
    if r is None or s is None or rest:
        return None
    return r + s


def _der_integer(data: bytes) -> tuple[bytes | None, bytes]:
    if len(data) < 3 or data[0] != 0x02:
        return None, b""
    size = data[1]
    number, rest = data[2 : 2 + size], data[2 + size :]
    needless_zero = size > 1 and number[:1] == b"\0" and number[1:2] < b"\x80"
    if len(number) != size or size == 0 or number[0] & 0x80 or needless_zero:
        return None, b""
    magnitude = number.lstrip(b"\0")
    return (magnitude.rjust(32, b"\0"), rest) if len(magnitude) <= 32 else (None, b"")
