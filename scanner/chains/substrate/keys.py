"""Storage keys of Polkadot's chains, and what lies under them (SCALE, little endian).

A key is the hashed names of pallet and item, then the hashed argument with the argument behind it.
Source: Polkadot SDK, frame_system::AccountInfo, pallet_balances::AccountData,
pallet_assets::AssetAccount, pallet_staking::StakingLedger, polkadot_primitives
::PersistedValidationData; checked with recorded values in
tests/vectors/substrate.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from typing import Final

NUMBER: Final = "0x26aa394eea5630e07c48ae0c9558cef702a5c1b19ab7a04f536c519aca4983ac"
"""System.Number: the block that a state is of."""

NOW: Final = "0xf0c365c3cf59d671eb72da0e7a4113c49f1f0515f462cdcf84e0f1d6045dfcbb"
"""Timestamp.Now: milliseconds since 1970 UTC."""

BUILT_ON: Final = "0x45323df7cc47150b3930e2666b0aa313d422e17d2affdce4a912d187a734dd67"
"""ParachainSystem.ValidationData: which relay block a parachain's block is built on."""

_ACCOUNT: Final = "0x26aa394eea5630e07c48ae0c9558cef7b99d880ec681799c0cf30e8886371da9"
_ASSET_ACCOUNT: Final = "0x682a59d51ab9e48a8c8cc418ff9708d2b99d880ec681799c0cf30e8886371da9"
_LEDGER: Final = "0x5f3e4907f716ac89b6347d15ececedca422adb579f1dbf4f3886c5cfa3bb8cc4"


@dataclass(frozen=True, slots=True)
class AccountData:
    """Coins of an account: free plus reserved is all of them. frozen lies over both.

    Votes, vesting and such freeze; the largest of them counts, and what is reserved fills it first
    (pallet_balances, reducible_balance).
    """

    free: int
    reserved: int
    frozen: int

    @property
    def frozen_of_free(self) -> int:
        """How much of what is free cannot be moved for now."""
        return min(self.free, max(0, self.frozen - self.reserved))


@dataclass(frozen=True, slots=True)
class AssetAccount:
    """balance: raw. frozen: its issuer does not let it go."""

    balance: int
    frozen: bool


@dataclass(frozen=True, slots=True)
class Ledger:
    """What an account has at stake: active, and total with what is on its way back."""

    stash: bytes
    total: int
    active: int


def account_key(account: bytes) -> str:
    """System.Account of 32 bytes."""
    return _ACCOUNT + _hashed(account)


def asset_key(asset: int, account: bytes) -> str:
    """Assets.Account of an asset's number and 32 bytes."""
    return _ASSET_ACCOUNT + _hashed(asset.to_bytes(4, "little")) + _hashed(account)


def ledger_key(account: bytes) -> str:
    """Staking.Ledger of 32 bytes."""
    return _LEDGER + _hashed(account)


def _hashed(argument: bytes) -> str:
    return blake2b(argument, digest_size=16).hexdigest() + argument.hex()


def read_account(data: bytes) -> AccountData:
    """Read System.Account. Raises ValueError for the layouts of before 2023 (69 or 72 bytes)."""
    if len(data) != 80:
        raise ValueError(f"an account of {len(data)} bytes, not 80")
    free, reserved, frozen = (_u128(data, at) for at in (16, 32, 48))
    return AccountData(free, reserved, frozen)


def read_asset(data: bytes) -> AssetAccount:
    """Read Assets.Account. Raises ValueError."""
    if len(data) < 18 or data[16] > 2:
        raise ValueError("not an account of an asset")
    return AssetAccount(_u128(data, 0), data[16] != 0)


def read_ledger(data: bytes) -> Ledger:
    """Read the start of Staking.Ledger. Raises ValueError."""
    total, at = _compact(data, 32)
    active, _ = _compact(data, at)
    if active > total:
        raise ValueError("more at stake than there is")
    return Ledger(data[:32], total, active)


def read_built_on(data: bytes) -> tuple[int, str]:
    """Read ParachainSystem.ValidationData: the relay block's number, its state's root as 0x-hex.

    Raises ValueError.
    """
    size, at = _compact(data, 0)
    at += size
    if len(data) != at + 40:
        raise ValueError("it has another length")
    return int.from_bytes(data[at : at + 4], "little"), "0x" + data[at + 4 : at + 36].hex()


def compact(value: int) -> bytes:
    """Write a number as SCALE's compact form."""
    if value < 1 << 6:
        return bytes((value << 2,))
    if value < 1 << 14:
        return (value << 2 | 1).to_bytes(2, "little")
    if value < 1 << 30:
        return (value << 2 | 2).to_bytes(4, "little")
    size = (value.bit_length() + 7) // 8
    return bytes(((size - 4) << 2 | 3,)) + value.to_bytes(size, "little")


def _compact(data: bytes, at: int) -> tuple[int, int]:
    """A compact number and where what follows it begins."""
    if at >= len(data):
        raise ValueError("it ends early")
    mode = data[at] & 3
    if mode == 3:
        at, size = at + 1, (data[at] >> 2) + 4
        shift = 0
    else:
        size, shift = 1 << mode, 2
    if at + size > len(data) or size > 16:
        raise ValueError("it ends early")
    return int.from_bytes(data[at : at + size], "little") >> shift, at + size


def _u128(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 16], "little")
