"""Recoverable secp256k1 signatures written in hex: r, s and a recovery byte.

Used by every scheme that finds the key from the signature: EVM, Tron and the OKX families.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import NamedTuple

from scanner.model.addresses.keccak import keccak256
from scanner.ownership.primitives import secp256k1
from scanner.ownership.primitives.hextext import decode_hex
from scanner.ownership.primitives.secp256k1 import is_low_s

_COMPACT_S = (1 << 255) - 1
_new = tuple.__new__


class RecoverableSignature(NamedTuple):
    """r and s as 64 bytes, the recovery id 0 to 3, and what is unusual about the spelling."""

    compact: bytes
    recovery_id: int
    notes: tuple[str, ...] = ()


def read_signature(
    data: bytes, recovery_bytes: Mapping[int, int], compact_form: bool = False
) -> RecoverableSignature | None:
    """Take a signature apart: 65 bytes r, s, v.

    recovery_bytes: the last bytes a scheme allows -> recovery id.
    compact_form: whether 64 bytes with the parity in the top bit of s will do, too (EIP-2098).
    None if data is neither. High s is accepted as `ecrecover` does (EIP-2 limits only
    transactions) and noted.
    """
    notes: tuple[str, ...] = ()
    if len(data) == 65:
        last = data[64]
        recovery_id = recovery_bytes.get(last)
        if recovery_id is None:
            return None
        compact = data[:64]
        if last < 27:
            notes = (f"recovery byte is {last}",)
    elif len(data) == 64 and compact_form:
        packed = int.from_bytes(data[32:], "big")
        compact = data[:32] + (packed & _COMPACT_S).to_bytes(32, "big")
        recovery_id = packed >> 255
        notes = ("64-byte form of EIP-2098",)
    else:
        return None
    if not is_low_s(compact):
        notes += (secp256k1.HIGH_S,)
    # As `RecoverableSignature(..)` does, but quicker: lists have hundreds of thousands of them.
    return _new(RecoverableSignature, (compact, recovery_id, notes))


def recover_account(digest: bytes, compact: bytes, recovery_id: int) -> bytes | None:
    """Find the 20 account bytes whose key signed a digest; None if no key can have."""
    point = secp256k1.recover(digest, compact, recovery_id)
    return None if point is None else keccak256(point[1:])[12:]


def recover_accounts(asked: Iterable[tuple[bytes, bytes, int]]) -> list[bytes | None]:
    """The same of many: digest, compact and recovery id of each; accounts in order."""
    points = secp256k1.recover_many(asked)
    return [None if point is None else keccak256(point[1:])[12:] for point in points]


recover_account_once = lru_cache(maxsize=4096)(recover_account)
"""The same, remembered: one owner's signature stands in the rows of many contracts."""


def account_of(point: bytes) -> bytes:
    """Give the account bytes of a key (65 bytes 04 x y): the end of Keccak-256 of x and y."""
    return keccak256(point[1:])[-20:]


def read_hex_signature(text: str, recovery_bytes: Mapping[int, int]) -> RecoverableSignature | None:
    """Take a signature written in hex apart; None if it is not one."""
    data = decode_hex(text)
    return None if data is None else read_signature(data, recovery_bytes)
