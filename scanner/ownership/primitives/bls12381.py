"""BLS signatures on BLS12-381: keys of 48 bytes (G1), signatures of 96 (G2).

A chain's ciphersuite is a tag that enters the hash of what is signed.
Source: IETF draft BLS signatures (draft-irtf-cfrg-bls-signature-05), minimal-pubkey-size; RFC 9380.
"""

from __future__ import annotations

from typing import Final

KEY: Final = 48
SIGNATURE: Final = 96

BASIC: Final = b"BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_NUL_"
"""Filecoin's tag."""
PROOF_OF_POSSESSION: Final = b"BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_"
"""Ethereum's tag."""


def is_signed(key: bytes, message: bytes, signature: bytes, tag: bytes) -> bool:
    """Check one signature by one key.

    False also for what is no point, for points outside their subgroup, for infinity (as a key it
    would sign everything), and for a point that is not spelled in the one way it has. A check takes
    three milliseconds.
    """
    from py_arkworks_bls12381 import GT, G1Point, G2Point  # noqa: PLC0415 - heavy, rarely needed

    if len(key) != KEY or len(signature) != SIGNATURE:
        return False
    try:
        signer, made = G1Point.from_compressed_bytes(key), G2Point.from_compressed_bytes(signature)
    except ValueError:  # not a point of the curve, or not of the subgroup
        return False
    if signer == G1Point.identity() or made == G2Point.identity():
        return False
    if signer.to_compressed_bytes() != key or made.to_compressed_bytes() != signature:
        return False
    return GT.pairing_check([signer, -G1Point()], [G2Point.hash_to_curve(message, tag), made])
