"""Which keys may spend from a NEAR account: its access keys with full access.

A key for function calls may not move coins; a gas key with full access may. What is not known of a
key (a permission, keys on a further page) may be anybody's: no row is false because of it. A key
of a kind whose signatures are not read is a key, and nobody's here.
Source: NEAR's JSON-RPC, view_access_key_list; nearcore 2.13, AccessKeyPermissionView, KeyType.
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
_FULL = frozenset(("FullAccess", "GasKeyFullAccess"))
_CALLS = frozenset(("FunctionCall", "GasKeyFunctionCall"))


def access_keys(endpoint: str, answer: object, height: int, *, has_code: bool = False) -> KeyPolicy:
    """Read every way to spend; () where the account has no key. Raises SourceUnavailableError.

    has_code: whether there is a contract at the account: without a key only that can spend
    (lockups, contracts of several owners), and who may use it is not known.
    """
    ways: list[Way] = []
    for item in take(endpoint, answer, list, "keys"):
        named = _permission(take(endpoint, item, object, "access_key", "permission"))
        text = take(endpoint, item, str, "public_key")
        if named in _FULL:
            ways.append(single("full-access key", _key(endpoint, text)))
        elif named not in _CALLS:
            ways.append(_unknown("key of an unknown permission", text))
    if take(endpoint, answer, dict).get("last_key") is not None:
        ways.append(_unknown("key on a further page of its access keys", "more"))
    return KeyPolicy(tuple(ways), height, disputed=_BY_CODE if has_code and not ways else "")


def _permission(told: object) -> str:
    """What a permission is called: a word, or the one name of an object; "" for neither."""
    if isinstance(told, dict) and len(told) == 1:
        return str(next(iter(told)))
    return told if isinstance(told, str) else ""


def _unknown(name: str, text: str) -> Way:
    return single(name, PolicyKey(KeyKind.ACCOUNT, text.encode()), hides=True)


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
    if kind and data and kind not in _SIZES:
        return PolicyKey(KeyKind.ACCOUNT, text.encode())
    if _SIZES.get(kind) != len(data):
        raise SourceUnavailableError(endpoint, "names an invalid access key")
    if kind == "ed25519":
        return PolicyKey(KeyKind.ED25519, data)
    parity = b"\x03" if data[63] & 1 else b"\x02"
    return PolicyKey(KeyKind.SECP256K1, parity + data[:32])
