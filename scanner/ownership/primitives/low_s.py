"""ECDSA on networks whose nodes take one s of the two: the other is the key's as well.

Whoever has a signature (r, s) can write (r, n - s), which the same key made over the same text. It
does not count where nodes refuse it, and contradicts nothing either.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from scanner.ownership.primitives import secp256k1
from scanner.ownership.primitives.not_proven import unsupported

REFUSED: Final = (
    "has its s in the upper half of the order, which the network's nodes do not take: sign again "
    "with a wallet of the network"
)


def verify(digest: bytes, compact: bytes, key: bytes) -> bool:
    """As `secp256k1.verify_ecdsa`, with either s: `refuse_high` says which of them do not count."""
    below = int.from_bytes(compact[32:]) < secp256k1.ORDER
    return below and secp256k1.verify_ecdsa(digest, secp256k1.with_low_s(compact), key)


def refuse_high(signatures: Iterable[tuple[int, bytes]]) -> None:
    """Refuse a row for the first of its good signatures that does not have the low s.

    signatures: numbers in the row, and r and s. Raises NotProvenError.
    """
    for number, compact in signatures:
        if not secp256k1.is_low_s(compact):
            raise unsupported(f"signature {number} {REFUSED}")
