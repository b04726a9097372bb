"""ECDSA on P-256 (secp256r1), as passkeys and some chains' accounts sign: SHA-256, low s only.

pycryptodome does the curve. What it would take and no chain does is refused before: keys that are
not 33 bytes in their one spelling (it reads a point of zeros as infinity, whose signatures anybody
can make), and the upper half of s.
Source: FIPS 186-5; SEC 1, 2.3.3, for the key; vectors of RFC 6979, A.2.5.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from Crypto.PublicKey.ECC import EccKey

PRIME: Final = 2**256 - 2**224 + 2**192 + 2**96 - 1
ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
HALF_ORDER: Final = ORDER // 2
SIZE: Final = 33
"""Bytes of a key: 02 or 03, and x."""
_SIGNATURE: Final = 64


def with_low_s(compact: bytes) -> bytes:
    """The form of a signature (r, s: 64 bytes) whose s is not in the upper half of the order."""
    s = int.from_bytes(compact[32:])
    return compact[:32] + (ORDER - s).to_bytes(32) if HALF_ORDER < s < ORDER else compact


def is_key(data: bytes) -> bool:
    """Whether bytes are a key: 33, and a point of the curve."""
    return _point(data) is not None


def verify_ecdsa(message: bytes, compact: bytes, key: bytes) -> bool:
    """Check a signature (r, s: 64 bytes; low s only) over SHA-256 of a message.

    key: 33 bytes. False for whatever is not as it should be. A check takes two or three
    milliseconds.
    """
    from Crypto.Hash import SHA256  # noqa: PLC0415 - heavy, rarely needed
    from Crypto.Signature import DSS  # noqa: PLC0415 - heavy, rarely needed

    if len(compact) != _SIGNATURE or not 0 < int.from_bytes(compact[32:]) <= HALF_ORDER:
        return False
    point = _point(key)
    if point is None:
        return False
    try:
        DSS.new(point, "fips-186-3").verify(SHA256.new(message), compact)
    except ValueError:
        return False
    return True


@lru_cache(maxsize=256)
def _point(data: bytes) -> EccKey | None:
    from Crypto.PublicKey import ECC  # noqa: PLC0415 - heavy, rarely needed

    if len(data) != SIZE or data[0] not in (2, 3) or int.from_bytes(data[1:]) >= PRIME:
        return None
    try:
        key = ECC.import_key(data, curve_name="P-256")
    except ValueError:  # no point of the curve has this x
        return None
    return None if key.pointQ.is_point_at_infinity() else key
