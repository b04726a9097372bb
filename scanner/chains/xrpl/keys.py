"""Which keys may spend from an account of the XRP Ledger: master key, regular key, signer list.

Source: XRPL documentation, AccountRoot (Flags, RegularKey), SignerList entries, multi-signing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from scanner.chains.shape import take
from scanner.errors import AddressFormatError, SourceUnavailableError
from scanner.model.addresses.base58_keys import RippleCodec
from scanner.model.addresses.interface import Address
from scanner.model.key_policy import KeyKind, KeyPolicy, PolicyKey, Way, Weighted, single
from scanner.net.words import heard

_DISABLE_MASTER: Final = 0x0010_0000
_MOST_MEMBERS: Final = 32
_NO_ONE: Final = frozenset((bytes(20), (1).to_bytes(20, "big")))
"""Accounts 0 and 1, whose keys nobody can have: a regular key of these closes the account."""

PSEUDO: Final = ("AMMID", "VaultID")
"""Fields of accounts that hold a pool's coins: nobody's key moves them."""


def untouched(address: Address, height: int) -> KeyPolicy:
    """The policy of an account that the ledger does not have: its master key, as for a new one."""
    return KeyPolicy((_master(address),), height)


Member = Callable[[str], dict[str, object] | None]
"""member(account) -> `account_data` of a member of a signer list; None where it has no account."""


def account_keys(
    endpoint: str,
    address: Address,
    found: dict[str, object],
    height: int,
    member: Member = lambda _: None,
) -> KeyPolicy:
    """Read the ways to spend from `account_data` with its signer lists.

    A member of a list signs with the keys that its own account has in that ledger: the master key
    unless it is disabled, or the regular key. Lists do not reach through lists: a member's own
    signer list cannot sign in its place.
    Raises SourceUnavailableError for what is no account, also if signer lists are not told at all.
    """
    if any(field in found for field in PSEUDO):
        return KeyPolicy((), height, "the account belongs to a pool")
    ways = _own_keys(endpoint, address, found)
    for item in take(endpoint, found, list, "signer_lists"):
        ways.append(_signer_list(endpoint, address, take(endpoint, item, dict), member))
    note = "" if ways and ways[0].name == _MASTER else "its master key is disabled"
    return KeyPolicy(tuple(ways), height, note)


def _own_keys(endpoint: str, address: Address, found: dict[str, object]) -> list[Way]:
    """Master key and regular key, as far as the account has them."""
    ways = []
    if not take(endpoint, found, int, "Flags") & _DISABLE_MASTER:
        ways.append(_master(address))
    if "RegularKey" in found:
        regular = _account(endpoint, address, take(endpoint, found, str, "RegularKey"))
        if regular.payload not in _NO_ONE:
            ways.append(single("regular key", PolicyKey(KeyKind.ACCOUNT, regular.payload)))
    return ways


_MASTER: Final = "master key"


def _master(address: Address) -> Way:
    return single(_MASTER, PolicyKey(KeyKind.ACCOUNT, address.payload))


def _signer_list(endpoint: str, address: Address, listed: dict[str, object], member: Member) -> Way:
    members: list[tuple[PolicyKey | Way, int]] = []
    for item in take(endpoint, listed, list, "SignerEntries"):
        entry = take(endpoint, item, dict, "SignerEntry")
        account = _account(endpoint, address, take(endpoint, entry, str, "Account"))
        weight = take(endpoint, entry, int, "SignerWeight")
        if len(members) == _MOST_MEMBERS:
            raise SourceUnavailableError(endpoint, "names more signers than a list may have")
        members.append((_of_member(endpoint, account, member(account.text)), weight))
    try:
        return Way(
            "signer list",
            tuple(Weighted(by, weight) for by, weight in members),
            take(endpoint, listed, int, "SignerQuorum"),
        )
    except ValueError as e:
        raise SourceUnavailableError(endpoint, f"gave an invalid answer: {e}") from None


def _of_member(endpoint: str, account: Address, found: dict[str, object] | None) -> PolicyKey | Way:
    """Who signs for a member: its one key, or any of its keys, or nobody."""
    if found is None:
        return PolicyKey(KeyKind.ACCOUNT, account.payload)
    ways = _own_keys(endpoint, account, found)
    keys = [way.members[0] for way in ways]
    if len(keys) == 1 and isinstance(keys[0].by, PolicyKey):
        return keys[0].by
    return Way(f"a key of {account.text}", tuple(keys))


def _account(endpoint: str, address: Address, text: str) -> Address:
    try:
        return RippleCodec(address.network, "").decode(text)
    except AddressFormatError:
        what = f"names an invalid key: {heard(endpoint, text)}"
        raise SourceUnavailableError(endpoint, what) from None
