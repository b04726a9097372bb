"""The keys of Sui's accounts by their flags, and how each signs the digest of a message.

Ed25519 signs the digest, ECDSA keys its SHA-256. A passkey (SIP-9) signs what its browser was
asked for, and that names the digest as its challenge; all of it stands in the signature: BCS of
authenticatorData, clientDataJSON and a secp256r1 signature with its flag and key. zkLogin's
signatures are proofs about a log-in, and are not read.
Source: Sui, "Signatures"; SIP-9; checked with what @mysten/sui signs: tests/vectors/sui_multisig.
"""

from __future__ import annotations

from hashlib import blake2b, sha256
from typing import Final, NamedTuple

from scanner.model.key_policy import KeyKind, PolicyKey
from scanner.ownership.ed25519.signing import is_signed
from scanner.ownership.primitives import low_s, secp256k1, secp256r1
from scanner.ownership.primitives.bcs import BcsReader
from scanner.ownership.primitives.webauthn import challenge_of, signed_bytes

ED25519: Final = 0
SECP256K1: Final = 1
SECP256R1: Final = 2
MULTISIG: Final = 3
ZKLOGIN: Final = 5
PASSKEY: Final = 6
NAMES: Final = {
    ED25519: "Ed25519",
    SECP256K1: "secp256k1",
    SECP256R1: "secp256r1",
    MULTISIG: "multisig",
    ZKLOGIN: "zkLogin",
    PASSKEY: "passkey",
}
"""What a reason calls the kind of a flag."""

KEY_SIZE: Final = {ED25519: 32, SECP256K1: 33, SECP256R1: 33, PASSKEY: 33}
"""Bytes of a key by its flag."""
SIGNATURE: Final = 64
_KINDS: Final = {
    ED25519: KeyKind.ED25519,
    SECP256K1: KeyKind.SECP256K1,
    SECP256R1: KeyKind.SECP256R1,
}


class SuiKey(NamedTuple):
    """flag: which kind. key: its bytes; of zkLogin, who issues the log-in and a seed."""

    flag: int
    key: bytes

    @property
    def account(self) -> bytes:
        """The address of this key alone: 32 bytes."""
        return blake2b(bytes((self.flag,)) + self.key, digest_size=32).digest()

    @property
    def named(self) -> PolicyKey:
        """The key as a way names it: a passkey by its account, for it signs nothing else."""
        kind = _KINDS.get(self.flag)
        return (
            PolicyKey(KeyKind.ACCOUNT, self.account) if kind is None else PolicyKey(kind, self.key)
        )


class Passkey(NamedTuple):
    """A passkey's signature. said: what its authenticator says. asked: what its browser says."""

    said: bytes
    asked: bytes
    signature: bytes
    key: bytes


def read_passkey(data: bytes) -> Passkey | None:
    """Take a passkey's signature apart, with its flag before it; None for what is none."""
    source = BcsReader(data)
    try:
        flag = source.number()
        said, asked = source.sized(), source.sized()
        inner = source.sized(1 + SIGNATURE + KEY_SIZE[SECP256R1])
        source.end()
    except ValueError:
        return None
    if flag != PASSKEY or inner[0] != SECP256R1:
        return None
    return Passkey(said, asked, inner[1 : 1 + SIGNATURE], inner[1 + SIGNATURE :])


def read_signed(data: bytes) -> tuple[SuiKey, bytes] | None:
    """The key of a whole signature of one key, and the signature as `is_by` takes it.

    data: with the flag before it. None for what is no such signature, or names no key.
    """
    flag = data[0] if data else ZKLOGIN
    if flag == PASSKEY:
        found = read_passkey(data)
        signer = None if found is None else SuiKey(flag, found.key)
        made = data
    elif flag in KEY_SIZE and len(data) == 1 + SIGNATURE + KEY_SIZE[flag]:
        signer, made = SuiKey(flag, data[1 + SIGNATURE :]), data[1 : 1 + SIGNATURE]
    else:
        return None
    return None if signer is None or not _is_point(signer) else (signer, made)


def is_by(signer: SuiKey, digest: bytes, signature: bytes) -> bool:
    """Whether a key made a signature over a digest (32 bytes), with either s: see `is_high`.

    signature: 64 bytes; of a passkey, all of it with its flag.
    """
    if signer.flag == ED25519:
        return is_signed(signer.key, digest, signature)
    if signer.flag == SECP256K1:
        return low_s.verify(sha256(digest).digest(), signature, signer.key)
    if signer.flag == SECP256R1:
        return secp256r1.verify_ecdsa(digest, secp256r1.with_low_s(signature), signer.key)
    found = read_passkey(signature) if signer.flag == PASSKEY else None
    if found is None or found.key != signer.key or challenge_of(found.asked) != digest:
        return False
    signed = signed_bytes(found.said, found.asked)
    return signed is not None and secp256r1.verify_ecdsa(signed, found.signature, found.key)


def is_high(signer: SuiKey, signature: bytes) -> bool:
    """Whether an ECDSA key's signature has the s that the network does not take."""
    if signer.flag == SECP256K1:
        return not secp256k1.is_low_s(signature)
    return signer.flag == SECP256R1 and secp256r1.with_low_s(signature) != signature


def _is_point(signer: SuiKey) -> bool:
    if signer.flag == SECP256K1:
        return secp256k1.parse_key(signer.key) is not None
    return signer.flag == ED25519 or secp256r1.is_key(signer.key)
