"""Which keys may spend from a NEAR account: its access keys with full access.

A key for function calls may not move coins. Source: NEAR's JSON-RPC, view_access_key_list.
"""

from __future__ import annotations

from scanner.chains.shape import take
from scanner.errors import SourceUnavailableError
from scanner.model.addresses import base58
from scanner.model.key_policy import KeyKind, KeyPolicy, PolicyKey, Way, single

_NO_CODE = "1" * 32
"""Base58 of 32 zero bytes."""
_GLOBAL = ("global_contract_hash", "global_contract_account_id")
_BY_CODE = "no key has full access, and only the account's contract decides who may spend from it"
_SIZES = {"ed25519": 32, "secp256k1": 64}


def access_keys(endpoint: str, answer: object, height: int, *, has_code: bool = False) -> KeyPolicy:
    """Read every way to spend; () where the account has no key. Raises SourceUnavailableError.

    has_code: whether there is a contract at the account: without a key only that can spend
    (lockups, contracts of several owners), and who may use it is not known.
    """
    ways: list[Way] = []
    for item in take(endpoint, answer, list, "keys"):
        permission = take(endpoint, item, object, "access_key", "permission")
        if permission == "FullAccess":
            key = _key(endpoint, take(endpoint, item, str, "public_key"))
            ways.append(single("full-access key", key))
    return KeyPolicy(tuple(ways), height, disputed=_BY_CODE if has_code and not ways else "")


def holds_code(endpoint: str, account: object) -> bool:
    """Whether an account's `view_account` shows a contract. Raises SourceUnavailableError."""
    shown = take(endpoint, account, dict)
    is_global = any(shown.get(name) is not None for name in _GLOBAL)
    return is_global or take(endpoint, shown, str, "code_hash") != _NO_CODE


def _key(endpoint: str, text: str) -> PolicyKey:
    kind, _, rest = text.partition(":")
    try:
        data = base58.decode(rest)
    except ValueError:
        data = b""
    if _SIZES.get(kind) != len(data):
        raise SourceUnavailableError(endpoint, "names an invalid access key")
    if kind == "ed25519":
        return PolicyKey(KeyKind.ED25519, data)
    parity = b"\x03" if data[63] & 1 else b"\x02"
    return PolicyKey(KeyKind.SECP256K1, parity + data[:32])
