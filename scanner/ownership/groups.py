"""Accounts of several Ed25519 keys: the address is a hash of the keys and of how many must sign.

The chain tells the hash alone. Whose keys they are is shown by the row's key column, in the order
that the account was made with; every threshold is tried, there are few.
Sources: Aptos' AIP-55 and its authentication keys (schemes 1 and 3); go-algorand, crypto/multisig;
Substrate's pallet_multisig. Checked with addresses made by these projects' own libraries:
tests/vectors/groups.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from hashlib import blake2b, sha3_256

from scanner.model.key_policy import KeyKind, PolicyKey, Way
from scanner.ownership.nested import several

MOST = 64
"""Keys of a group; more than any row can name."""

_ALGORAND = b"MultisigAddr\x01"
_POLKADOT = b"modlpy/utilisuba"
_ANY_ED25519 = b"\x00\x20"
"""Aptos' AnyPublicKey: which kind (0), and how many bytes follow."""


def _aptos(keys: Sequence[bytes], threshold: int) -> Iterator[bytes]:
    need = bytes((threshold,))
    yield sha3_256(b"".join(keys) + need + b"\x01").digest()
    listed = b"".join(_ANY_ED25519 + key for key in keys)
    yield sha3_256(bytes((len(keys),)) + listed + need + b"\x03").digest()


def _algorand(keys: Sequence[bytes], threshold: int) -> Iterator[bytes]:
    data = _ALGORAND + bytes((threshold,)) + b"".join(keys)
    yield hashlib.new("sha512_256", data).digest()


def _polkadot(keys: Sequence[bytes], threshold: int) -> Iterator[bytes]:
    yield multi_account(keys, threshold)


def multi_account(accounts: Sequence[bytes], threshold: int) -> bytes:
    """The id of pallet_multisig's account of these signatories: fewer than MOST, 32 bytes each."""
    data = _POLKADOT + bytes((len(accounts) << 2,)) + b"".join(sorted(accounts))
    return blake2b(data + threshold.to_bytes(2, "little"), digest_size=32).digest()


_HASHES: Mapping[str, Callable[[Sequence[bytes], int], Iterator[bytes]]] = {
    "algorand": _algorand,
    "aptos": _aptos,
    "ss58": _polkadot,
}
"""Address format -> every hash that keys (32 bytes each) and a threshold can have there."""

FORMATS = frozenset(_HASHES)


def group(form: str, keys: Sequence[bytes], account: bytes) -> Way | None:
    """The way of several keys that an account commits to; None if it is not of these.

    form: of its address. keys: as the row gives them, in order, distinct. account: 32 bytes.
    """
    hashes = _HASHES.get(form)
    if hashes is None or not 1 < len(keys) < MOST:
        return None
    for threshold in range(1, len(keys) + 1):
        if account in hashes(keys, threshold):
            kind = KeyKind.ACCOUNT if form == "ss58" else KeyKind.ED25519
            return several([PolicyKey(kind, key) for key in keys], threshold)
    return None
