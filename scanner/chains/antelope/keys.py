"""Which keys may spend from an Antelope account: its active and owner permissions.

In a key's place may stand another account's permission, which is followed as deep as the chain
does. Waiting does not count, nor does a contract's own permission (eosio.code), nor who has the
weight 0, which the chain takes. Keys of other curves than K1 are no members.
Source: Antelope documentation, "Accounts and Permissions"; get_account of a node.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from scanner.chains.shape import take
from scanner.errors import SourceRejectedError, SourceUnavailableError
from scanner.model.addresses import base58
from scanner.model.key_policy import KeyKind, KeyPolicy, PolicyKey, Way, Weighted

Accounts = Callable[[str], dict[str, object] | None]
"""Gives an account's JSON by its name, None if there is no such account."""

DEEPEST: Final = 6
MOST_ACCOUNTS: Final = 50
_SPENDING: Final = ("active", "owner")
_CODE: Final = "eosio.code"
_CHECKSUM: Final = 4


class Permissions:
    """Reads one account's ways to spend, and those of the accounts that it names."""

    def __init__(self, endpoint: str, accounts: Accounts) -> None:
        self._endpoint = endpoint
        self._accounts = accounts
        self._asked = 0

    def policy(self, account: dict[str, object], height: int) -> KeyPolicy:
        """Read the policy.

        Raises SourceUnavailableError, SourceRejectedError where it goes too wide: the account's
        owner made it so, and asking again would not help.
        """
        ways = [way for name in _SPENDING if (way := self._way(account, name, DEEPEST)) is not None]
        return KeyPolicy(tuple(ways), height)

    def _way(self, account: dict[str, object], name: str, depth: int) -> Way | None:
        for permission in take(self._endpoint, account, list, "permissions"):
            if take(self._endpoint, permission, str, "perm_name") == name:
                return self._authority(name, permission, depth)
        return None

    def _authority(self, name: str, permission: object, depth: int) -> Way:
        authority = take(self._endpoint, permission, dict, "required_auth")
        members = []
        try:
            for item in take(self._endpoint, authority, list, "keys"):
                weight = take(self._endpoint, item, int, "weight")
                key = _key(take(self._endpoint, item, str, "key"))
                if key is not None and weight:
                    members.append(Weighted(key, weight))
            for item in take(self._endpoint, authority, list, "accounts"):
                weight = take(self._endpoint, item, int, "weight")
                named = take(self._endpoint, item, dict, "permission")
                way = self._named(named, depth) if weight else None
                if way is not None:
                    members.append(Weighted(way, weight))
            threshold = take(self._endpoint, authority, int, "threshold")
            return Way(f"permission {name}", tuple(members), threshold)
        except ValueError as e:
            what = f"gave an invalid answer: {e}"
            raise SourceUnavailableError(self._endpoint, what) from None

    def _named(self, permission: dict[str, object], depth: int) -> Way | None:
        """The way of another account's permission; None if it can never be met by keys."""
        actor = take(self._endpoint, permission, str, "actor")
        name = take(self._endpoint, permission, str, "permission")
        if name == _CODE or depth == 1:
            return None
        self._asked += 1
        if self._asked > MOST_ACCOUNTS:
            raise SourceRejectedError(self._endpoint, "names too many accounts as signers")
        account = self._accounts(actor)
        return None if account is None else self._way(account, name, depth - 1)


def _key(text: str) -> PolicyKey | None:
    """A K1 key in either spelling. None for another curve's, or what is none."""
    for prefix in ("PUB_K1_", "EOS"):
        if text.startswith(prefix):
            try:
                data = base58.decode(text.removeprefix(prefix))[:-_CHECKSUM]
            except ValueError:
                return None
            is_key = len(data) == 33 and data[0] in (2, 3)
            return PolicyKey(KeyKind.SECP256K1, data) if is_key else None
    return None
