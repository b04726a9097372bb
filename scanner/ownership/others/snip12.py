"""The hash of Starknet's typed data (SNIP-12), which an account signs: revisions 0 and 1.

Read are structs, lists and plain values; merkle trees and enums are not. Texts of digits, or of 0x
and hex, are numbers wherever an element is wanted, as wallets take them.
Source: SNIP-12; vectors made with starknet.js: tests/vectors/starknet.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, NamedTuple

from scanner.model.addresses.keccak import keccak256
from scanner.model.jsontext import read_json
from scanner.ownership.primitives.poseidon import poseidon_many
from scanner.ownership.primitives.stark_curve import P, pedersen

LONGEST: Final = 8_192
"""Characters of the longest typed data that is read: hashing takes time by types times values."""
SHORT_STRING: Final = 31
"""Characters that one field element holds."""

_PARTS: Final = ("types", "primaryType", "domain", "message")
_DOMAINS: Final = {
    0: ("StarkNetDomain", ("name", "version", "chainId")),
    1: ("StarknetDomain", ("name", "version", "chainId", "revision")),
}
_CHAINS: Final = frozenset(
    int.from_bytes(name)
    for name in (
        b"SN_MAIN",
        b"SN_SEPOLIA",
        b"SN_INTEGRATION_SEPOLIA",
        b"SN_GOERLI",
        b"SN_GOERLI2",
    )
)
"""Chains that typed data is certainly for: wallets sign whatever number a page gives."""
_U256: Final = (("low", "u128"), ("high", "u128"))
_PRESETS: Final = {
    "u256": _U256,
    "TokenAmount": (("token_address", "ContractAddress"), ("amount", "u256")),
    "NftId": (("collection_address", "ContractAddress"), ("token_id", "u256")),
}
_FELTS: Final = {
    0: frozenset(("felt", "string", "bool")),
    1: frozenset(("felt", "shortstring", "ContractAddress", "ClassHash")),
}
_DEEPEST: Final = 8
_MOST_VALUES: Final = 500
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_ -]{0,60}")


class Typed(NamedTuple):
    """Typed data as it is hashed. chain: one of Starknet's, which its domain names."""

    revision: int
    types: dict[str, tuple[tuple[str, str], ...]]
    primary: str
    domain: dict[str, Any]
    message: dict[str, Any]
    chain: int


def read_typed(text: str) -> Typed | None:
    """Typed data in JSON; None if the text is none. Raises ValueError for what is not read."""
    if text[:1] != "{" or len(text) > LONGEST:
        return None
    try:
        data: Any = read_json(text)
    except ValueError:
        return None
    if not isinstance(data, dict) or any(part not in data for part in _PARTS):
        return None
    read_json(text, unique_names=True)
    domain, message, primary = data["domain"], data["message"], data["primaryType"]
    parts_are_structs = isinstance(domain, dict) and isinstance(message, dict)
    if not parts_are_structs or not isinstance(primary, str) or set(data) != set(_PARTS):
        raise ValueError("its parts are not those of typed data")
    types = _types(data["types"])
    revision = 1 if "StarknetDomain" in types else 0
    name, fields = _DOMAINS[revision]
    told = tuple(field for field, _ in types.get(name, ()))
    if told != fields or set(domain) != set(fields) or primary not in types or primary == name:
        raise ValueError("its domain has other fields than SNIP-12 gives")
    if revision == 1 and (domain["revision"] not in (1, "1") or domain["revision"] is True):
        raise ValueError("its revision is not 1")
    chain = _felt(domain["chainId"])
    if chain not in _CHAINS:
        raise ValueError("its chainId is that of no chain of Starknet")
    return Typed(revision, types, primary, domain, message, chain)


def message_hash(data: Typed, account: int) -> int:
    """What an account signs for typed data. Raises ValueError for what is not read."""
    hashing = _Hashing(data)
    name, _ = _DOMAINS[data.revision]
    parts = (
        int.from_bytes(b"StarkNet Message"),
        hashing.struct(name, data.domain),
        account,
        hashing.struct(data.primary, data.message),
    )
    return hashing.many(parts)


def starknet_keccak(text: str) -> int:
    """Starknet's Keccak of a name: the low 250 bits."""
    return int.from_bytes(keccak256(text.encode()), "big") & (2**250 - 1)


def pedersen_many(elements: Sequence[int]) -> int:
    """Pedersen over a list: each element in turn, then how many there were."""
    total = 0
    for element in (*elements, len(elements)):
        total = pedersen(total, element)
    return total


def _types(given: object) -> dict[str, tuple[tuple[str, str], ...]]:
    if not isinstance(given, dict) or len(given) > 50:
        raise ValueError("its types are not a few structs")
    found: dict[str, tuple[tuple[str, str], ...]] = {}
    for name, fields in given.items():
        if not _NAME.fullmatch(name) or not isinstance(fields, list) or len(fields) > 50:
            raise ValueError("a type of it is no struct")
        for field in fields:
            if not isinstance(field, dict) or set(field) != {"name", "type"}:
                raise ValueError("a field of it is not a name and a type")
            kind = field["type"].removesuffix("*") if isinstance(field["type"], str) else ""
            if not isinstance(field["name"], str) or not _NAME.fullmatch(kind):
                raise ValueError("a field of it is not a name and a type")
            if not _NAME.fullmatch(field["name"]):
                raise ValueError("a field of it has a name of other letters")
        found[name] = tuple((field["name"], field["type"]) for field in fields)
        if len(dict(found[name])) < len(fields):
            raise ValueError("a struct of it has two fields of one name")
    return found


_Hash = Callable[[Sequence[int]], int]


class _Hashing:
    """One typed data's hashing: its revision decides the hash and how types are written."""

    def __init__(self, data: Typed) -> None:
        self._revision = data.revision
        self._types = data.types if data.revision == 0 else {**_PRESETS, **data.types}
        if data.revision == 1 and any(name in data.types for name in _PRESETS):
            raise ValueError("it gives a type of SNIP-12 another meaning")
        if any(name in _PLAIN or name in _FELTS[data.revision] for name in data.types):
            raise ValueError("it gives a type of SNIP-12 another meaning")
        self.many: _Hash = poseidon_many if data.revision else pedersen_many
        self._left = _MOST_VALUES

    def struct(self, name: str, value: object, depth: int = 0) -> int:
        """Hash a struct: its type's hash, then its fields'. Raises ValueError."""
        fields = self._types[name]
        if not isinstance(value, dict) or set(value) != {field for field, _ in fields}:
            raise ValueError(f"a {name} of it has other fields than its type")
        parts = [starknet_keccak(self._written(name))]
        parts += [self._value(kind, value[field], depth + 1) for field, kind in fields]
        return self.many(parts)

    def _value(self, kind: str, value: object, depth: int) -> int:
        self._left -= 1
        if depth > _DEEPEST or self._left < 0:
            raise ValueError("it is too large")
        if kind.endswith("*"):
            if not isinstance(value, list):
                raise ValueError("a list of it is none")
            return self.many([self._value(kind[:-1], item, depth + 1) for item in value])
        if kind in self._types:
            return self.struct(kind, value, depth)
        if kind in _FELTS[self._revision]:
            return _bool(value) if kind == "bool" else _felt(value)
        plain = _PLAIN.get(kind) if self._revision or kind == "selector" else None
        if plain is None:
            raise ValueError(f"a type of it, {kind[:40]}, is not read")
        return plain(value)

    def _written(self, name: str) -> str:
        """A struct's type with all that it refers to, by name, as it is hashed."""
        others = sorted(set(self._referred(name)) - {name})
        mark = '"' if self._revision else ""
        return "".join(
            f"{mark}{n}{mark}("
            + ",".join(f"{mark}{f}{mark}:{mark}{kind}{mark}" for f, kind in self._types[n])
            + ")"
            for n in (name, *others)
        )

    def _referred(self, name: str) -> Iterator[str]:
        seen, waiting = {name}, [name]
        while waiting:
            for _, kind in self._types[waiting.pop()]:
                inner = kind.removesuffix("*")
                if inner in self._types and inner not in seen:
                    seen.add(inner)
                    waiting.append(inner)
                    yield inner


def _unread(why: str) -> ValueError:
    return ValueError(why)


def _felt(value: object) -> int:
    """A field element: a number, a text of one, or a short text."""
    if isinstance(value, bool):
        raise _unread("a number of it is a truth")
    if isinstance(value, int):
        number = value
    elif isinstance(value, str) and re.fullmatch(r"0x[0-9a-fA-F]{1,64}", value):
        number = int(value, 16)
    elif isinstance(value, str) and re.fullmatch(r"0|[1-9][0-9]{0,79}", value):
        number = int(value)
    elif isinstance(value, str) and value.isascii() and len(value) <= SHORT_STRING:
        number = int.from_bytes(value.encode())
    else:
        raise ValueError(f"a value of it is not one element (a text of {SHORT_STRING} characters)")
    if not 0 <= number < P:
        raise ValueError("a number of it is out of range")
    return number


def _bool(value: object) -> int:
    if not isinstance(value, bool):
        raise _unread("a truth of it is none")
    return int(value)


def _below(limit: int) -> Callable[[object], int]:
    def number(value: object) -> int:
        found = _felt(value)
        if found >= limit:
            raise ValueError("a number of it is out of range")
        return found

    return number


def _selector(value: object) -> int:
    if not isinstance(value, str):
        raise _unread("a selector of it is no text")
    if re.fullmatch(r"0x[0-9a-fA-F]{1,64}", value):
        return _felt(value)
    return starknet_keccak(value)


def _long_string(value: object) -> int:
    """Cairo's ByteArray: words of 31 bytes, the rest, and how long the rest is."""
    if not isinstance(value, str) or not value.isascii():
        raise ValueError("a text of it is none, or has letters that wallets write in several ways")
    data = value.encode()
    whole = len(data) // SHORT_STRING
    words = [data[n * SHORT_STRING : (n + 1) * SHORT_STRING] for n in range(whole)]
    rest = data[whole * SHORT_STRING :]
    return poseidon_many([whole, *map(int.from_bytes, words), int.from_bytes(rest), len(rest)])


_PLAIN: Final[dict[str, Callable[[object], int]]] = {
    "bool": _bool,
    "selector": _selector,
    "string": _long_string,
    "timestamp": _below(1 << 128),
    "u128": _below(1 << 128),
}
"""Types of revision 1 that are more than an element; of them revision 0 has `selector`."""
