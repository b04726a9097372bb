"""The keys of a Cosmos account, as wallets and nodes write them: one, or several with a threshold.

The address is the hash of the keys in amino: of a member that is of several keys again, of that
one's members and threshold. Read are keys in hex or base64, in the account's order, and the JSON
of one key in amino (type, value) or as the SDK writes it today (@type), nested as the account is.
Source: Cosmos SDK, LegacyAminoPubKey in amino binary, amino JSON and proto JSON; keys that the SDK
wrote itself: tests/vectors/nested.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Final

from scanner.model import protobuf
from scanner.model.jsontext import read_json
from scanner.model.key_policy import KeyKind, PolicyKey, Way
from scanner.ownership.nested import LONGEST, Several, keys_in, several
from scanner.ownership.primitives import secp256k1
from scanner.ownership.primitives.base64text import decode_base64
from scanner.ownership.primitives.hashes import hash160
from scanner.ownership.primitives.hextext import decode_hex
from scanner.ownership.primitives.key_words import key_words
from scanner.ownership.primitives.not_proven import malformed, unsupported
from scanner.ownership.primitives.undecoded import NoKey

MOST_KEYS: Final = 20
"""Keys of a column that is not JSON."""

_OF_AMINO: Final = re.compile(r'\{[^{}]{0,99}"value"\s*:\s*"([0-9A-Za-z+/=]{1,99})"[^{}]{0,99}\}')
"""A key as wallets give it: an object of type and value."""

_NAMES: Final = {  # kind of an object -> names of a key's text, or of threshold and members
    "tendermint/PubKeySecp256k1": ("value",),
    "/cosmos.crypto.secp256k1.PubKey": ("key",),
    "tendermint/PubKeyMultisigThreshold": ("threshold", "pubkeys"),
    "/cosmos.crypto.multisig.LegacyAminoPubKey": ("threshold", "public_keys"),
}
_SECP256K1: Final = bytes.fromhex("eb5ae98721")
"""Amino: the kind PubKeySecp256k1, and that 33 bytes follow."""
_MULTISIG: Final = bytes.fromhex("22c1f7e208")
"""Amino: the kind PubKeyMultisigThreshold, then field 1, the threshold."""
_MEMBER: Final = 2
"""Amino: the field of a member."""


def account_keys(text: str, account: bytes) -> PolicyKey | Way:
    """The keys of a column that an account is the hash of.

    account: 20 bytes. Raises NotProvenError if it is not of these keys, and for what are none.
    """
    shown = _shown(text)
    found = shown[0] if len(shown) == 1 else None
    if found is not None and address(found) == account:
        return found
    for threshold in range(1, len(shown) + 1) if len(shown) > 1 else ():
        way = several(shown, threshold)
        if address(way) == account:
            return way
    if isinstance(found, Way):
        raise unsupported(
            "the published key of several keys is another account's: it may be one of the "
            "address's own keys, or have them in another order: publish the account's whole key"
        )
    raise unsupported(
        "the published key is not the address's own, which may be of several keys: publish all of "
        "them in the key column, in the account's order"
    )


def address(by: PolicyKey | Way) -> bytes:
    """What an account of these keys commits to: 20 bytes."""
    return hash160(by.value) if isinstance(by, PolicyKey) else sha256(_amino(by)).digest()[:20]


def read_key(document: object) -> PolicyKey | Way:
    """One key's JSON, parsed. Raises NotProvenError."""
    return keys_in(document, _part)


def ways_in(by: PolicyKey | Way) -> Iterator[Way]:
    """A way, and those inside it."""
    if isinstance(by, Way):
        yield by
        for member in by.members:
            yield from ways_in(member.by)


def _amino(by: PolicyKey | Way) -> bytes:
    if isinstance(by, PolicyKey):
        return _SECP256K1 + by.value
    members = (_amino(member.by) for member in by.members)
    return (
        _MULTISIG
        + protobuf.varint(by.threshold)
        + b"".join(protobuf.data(_MEMBER, member) for member in members)
    )


def _shown(text: str) -> Sequence[PolicyKey | Way]:
    """The distinct keys of a column, in order, at least one. Raises NotProvenError."""
    document = _parsed(text) if text[:1] in ("{", "[") else None
    if isinstance(document, dict):
        return (read_key(document),)
    if isinstance(document, list) and document:
        return tuple(dict.fromkeys(map(read_key, document[: MOST_KEYS + 1])))[:MOST_KEYS]
    plain = _OF_AMINO.sub(r"\1 ", text) if text.startswith("{") else text
    texts = key_words(plain, MOST_KEYS)
    if len(texts) > MOST_KEYS:
        raise malformed(NoKey(f"more than {MOST_KEYS} public keys"))
    return tuple(dict.fromkeys(map(_key, texts or [text])))


def _parsed(text: str) -> object:
    if len(text) > LONGEST:
        raise unsupported(
            f"a key column of more than {LONGEST} characters is not read: publish it shorter"
        )
    try:
        return read_json(text, unique_names=True)
    except ValueError:
        return None


def _part(part: object) -> PolicyKey | Several:
    """What one object is. Raises NotProvenError."""
    if not isinstance(part, Mapping):
        raise malformed(NoKey("the public key column is not the JSON of a key"))
    kind = part.get("type", part.get("@type"))
    names = _NAMES.get(kind) if isinstance(kind, str) else None
    if names is None:
        raise unsupported(
            "the public key column has a key of a kind that is not read: move to an account of "
            "secp256k1 keys"
        )
    holder = part.get("value") if "type" in part and len(names) > 1 else part
    given = [holder.get(name) for name in names] if isinstance(holder, Mapping) else [None]
    if len(given) == 1 and isinstance(given[0], str):
        return _key(given[0])
    if len(given) == 2 and isinstance(given[1], list):
        return Several(given[0], given[1])
    raise malformed(NoKey("the public key column is not the JSON of a key"))


def _key(text: str) -> PolicyKey:
    data = decode_hex(text)
    if data is None:
        data = decode_base64(text)
    point = None if data is None else secp256k1.parse_key(data)
    if point is None:
        raise malformed(NoKey("the public key column is not a secp256k1 key"))
    return PolicyKey(KeyKind.SECP256K1, secp256k1.compress(point))
