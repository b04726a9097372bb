"""Which keys may spend from a Hedera account: one key, a list of them, or a threshold of some.

A mirror node tells a single key as hex, anything else as the protobuf of it.
Source: the mirror node's REST API (accounts, `key`); hedera-protobufs, basic_types.proto (Key).
"""

from __future__ import annotations

from typing import Final

from scanner.chains.shape import take
from scanner.errors import SourceUnavailableError
from scanner.model.key_policy import KeyKind, KeyPolicy, PolicyKey, Way, Weighted
from scanner.model.protobuf import fields, single

_SINGLE: Final = {"ED25519": (KeyKind.ED25519, 32), "ECDSA_SECP256K1": (KeyKind.SECP256K1, 33)}
_FIELDS: Final = {2: (KeyKind.ED25519, 32), 7: (KeyKind.SECP256K1, 33)}
_THRESHOLD, _LIST = 5, 6
_OTHERS: Final = (1, 3, 4, 8)
"""Contracts and kinds of keys whose signatures are not read: somebody may sign, nobody here."""
_DEEPEST: Final = 15
"""Keys one in another: the network takes no deeper ones (hedera-services, JKey.MAX_KEY_DEPTH)."""
_EMPTY: Final = b"\x32\x00"
"""A list of no keys: how the network keeps that an account has none."""
_NO_KEY: Final = (
    "the account shows no key: it is deleted, the network's own, or one that waits for its first "
    "signature by the key of its EVM address: sign a transaction of the account first"
)


def account_key(endpoint: str, key: object, height: int) -> KeyPolicy:
    """Read a mirror node's `key`.

    The policy of an account without one is `disputed`: accounts that were made by a transfer to an
    EVM address are so until that address's key signs for them (HIP-583), and mirrors tell such a
    key as null or as an empty list. Raises SourceUnavailableError for what is no key.
    """
    if key is None:
        return KeyPolicy((), height, disputed=_NO_KEY)
    kind = take(endpoint, key, str, "_type")
    try:
        data = bytes.fromhex(take(endpoint, key, str, "key"))
        if kind in _SINGLE:
            way = Way("key", (Weighted(_sized(*_SINGLE[kind], data)),))
        elif data == _EMPTY:
            return KeyPolicy((), height, disputed=_NO_KEY)
        else:
            member = _member(data, _DEEPEST)
            way = member.by if isinstance(member.by, Way) else Way("key", (member,))
    except ValueError as e:
        raise SourceUnavailableError(endpoint, f"gave an invalid key ({e})") from None
    return KeyPolicy((way,), height)


def _member(data: bytes, depth: int) -> Weighted:
    """One Key message. Raises ValueError for what is none."""
    found = list(fields(data))
    if len(found) != 1 or depth == 0:
        raise ValueError("not one key, or too deep")
    number, value = found[0]
    inside = value if isinstance(value, bytes) else b""
    if number in _FIELDS:
        return Weighted(_sized(*_FIELDS[number], inside))
    if number in _OTHERS:
        return Weighted(PolicyKey(KeyKind.ACCOUNT, inside), hides=True)
    if number == _LIST:
        members = _members(inside, depth)
        return Weighted(Way("key list", members, len(members)))
    if number == _THRESHOLD:
        parts = single(inside)
        threshold, keys = parts.get(1), parts.get(2)
        if len(parts) != 2 or not isinstance(threshold, int) or not isinstance(keys, bytes):
            raise ValueError("a threshold without its parts")
        return Weighted(Way("threshold key", _members(keys, depth), threshold))
    raise ValueError("a kind of key that is not supported")


def _members(data: bytes, depth: int) -> tuple[Weighted, ...]:
    found = []
    for number, inside in fields(data):
        if number != 1 or not isinstance(inside, bytes):
            raise ValueError("a list of something else")
        found.append(_member(inside, depth - 1))
    return tuple(found)


def _sized(kind: KeyKind, size: int, data: bytes) -> PolicyKey:
    if len(data) != size:
        raise ValueError(f"a key of {len(data)} bytes")
    return PolicyKey(kind, data)
