"""Which keys may spend from an account of the XRP Ledger: master key, regular key, signer list.

Source: XRPL documentation, AccountRoot (Flags, RegularKey) and SignerList entries.
"""

from __future__ import annotations

from typing import Final

from scanner.chains.shape import take
from scanner.errors import AddressFormatError, SourceUnavailableError
from scanner.model.addresses.base58_keys import RippleCodec
from scanner.model.addresses.interface import Address
from scanner.model.key_policy import KeyKind, KeyPolicy, PolicyKey, Way, Weighted, single
from scanner.net.words import heard

_DISABLE_MASTER: Final = 0x0010_0000
_NO_ONE: Final = frozenset((bytes(20), (1).to_bytes(20, "big")))
"""Accounts 0 and 1, whose keys nobody can have: a regular key of these closes the account."""

PSEUDO: Final = ("AMMID", "VaultID")
"""Fields of accounts that hold a pool's coins: nobody's key moves them."""


def untouched(address: Address, height: int) -> KeyPolicy:
    """The policy of an account that the ledger does not have: its master key, as for a new one."""
    return KeyPolicy((_master(address),), height)


def account_keys(
    endpoint: str, address: Address, found: dict[str, object], height: int
) -> KeyPolicy:
    """Read the ways to spend from `account_data` with its signer lists.

    Raises SourceUnavailableError for what is no account, also if signer lists are not told at all.
    """
    if any(field in found for field in PSEUDO):
        return KeyPolicy((), height, "the account belongs to a pool")
    ways = []
    if not take(endpoint, found, int, "Flags") & _DISABLE_MASTER:
        ways.append(_master(address))
    if "RegularKey" in found:
        regular = _account(endpoint, address, take(endpoint, found, str, "RegularKey"))
        if regular.value not in _NO_ONE:
            ways.append(single("regular key", regular))
    for item in take(endpoint, found, list, "signer_lists"):
        ways.append(_signer_list(endpoint, address, take(endpoint, item, dict)))
    note = "" if ways and ways[0].name == _MASTER else "its master key is disabled"
    return KeyPolicy(tuple(ways), height, note)


_MASTER: Final = "master key"


def _master(address: Address) -> Way:
    return single(_MASTER, PolicyKey(KeyKind.ACCOUNT, address.payload))


def _signer_list(endpoint: str, address: Address, listed: dict[str, object]) -> Way:
    members = []
    for item in take(endpoint, listed, list, "SignerEntries"):
        entry = take(endpoint, item, dict, "SignerEntry")
        key = _account(endpoint, address, take(endpoint, entry, str, "Account"))
        members.append(Weighted(key, take(endpoint, entry, int, "SignerWeight")))
    try:
        return Way("signer list", tuple(members), take(endpoint, listed, int, "SignerQuorum"))
    except ValueError as e:
        raise SourceUnavailableError(endpoint, f"gave an answer it should not: {e}") from None


def _account(endpoint: str, address: Address, text: str) -> PolicyKey:
    try:
        found = RippleCodec(address.network, "").decode(text)
    except AddressFormatError:
        what = f"names a key that is none: {heard(endpoint, text)}"
        raise SourceUnavailableError(endpoint, what) from None
    return PolicyKey(KeyKind.ACCOUNT, found.payload)
