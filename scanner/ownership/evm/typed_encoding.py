"""EIP-712's digest of typed data, and what wallets may make another one of.

Wallets agree about data that are written as the standard has them. About the rest they do not: one
takes the text "false" for false, another for true; one fills in what is missing, another leaves it
out; one adds 0x. Such values are read as eth_account does, and it is said which they were: the
digest that comes out may show who signed, and shows of nobody that they did not.
Time grows with the length of the data: each type is hashed once, however often it is used.

Source: EIP-712 (encodeType, encodeData, hashStruct). Pure.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final, NamedTuple

from scanner.model.addresses.keccak import keccak256

DEEPEST: Final = 60
"""Structs and arrays in each other, at most."""

MOST_VALUES: Final = 5_000
"""Values of one message, those of its structs and arrays counted."""

_MOST_OF_TYPES: Final = 30_000
"""Characters of the types that are hashed, with those that each stands on."""

_LONGEST_NAME: Final = 200
"""Characters of the name of a type, brackets and all."""

_ARRAY: Final = re.compile(r"(.*)\[([0-9]{0,9})\]", re.DOTALL)
_NAME: Final = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*", re.ASCII)
_NUMBER: Final = re.compile(r"0|-?[1-9][0-9]*|0x[0-9a-f]+", re.ASCII)
_HEX: Final = re.compile(r"0x(?:[0-9a-fA-F]{2})*", re.ASCII)
_ODD_HEX: Final = re.compile(r"0x[0-9a-fA-F]*", re.ASCII)
_ADDRESS: Final = re.compile(r"(?:0[xX])?[0-9a-fA-F]{40}", re.ASCII)
_SURE_NUMBER: Final = 2**53
"""Numbers of JSON from here on are rounded by wallets that are written in JavaScript."""

_EMPTY: Final = bytes(32)
_EMPTY_TEXT: Final = {"string": (_EMPTY, False), "bytes": (_EMPTY, False)}
_FALSE: Final = ("False", "false", "0", "")


class NotEncodedError(ValueError):
    """Typed data that have no digest here: the message says why."""


class Encoded(NamedTuple):
    """The 32-byte digest. doubt: what wallets may encode otherwise, "" if nothing."""

    digest: bytes
    doubt: str


def encode(
    types: object, primary: object, domain: Mapping[str, Any], message: Mapping[str, Any]
) -> Encoded:
    """The digest of typed data in parts as JSON gives them (floats as float).

    types: of the message, and of the domain under EIP712Domain. Raises NotEncodedError.
    """
    encoder = _Encoder(_structs(types))
    if not isinstance(primary, str) or primary == _DOMAIN or primary not in encoder.structs:
        raise NotEncodedError("its primaryType is not among its types")
    parts = (encoder.struct(_DOMAIN, domain, 0), encoder.struct(primary, message, 0))
    return Encoded(keccak256(b"\x19\x01" + b"".join(parts)), encoder.doubt)


_DOMAIN: Final = "EIP712Domain"
_Fields = tuple[tuple[str, str], ...]


def _structs(types: object) -> dict[str, _Fields]:
    """Each type as its fields' names and types. Raises NotEncodedError."""
    if not isinstance(types, dict):
        raise NotEncodedError("its types are not an object")
    found: dict[str, _Fields] = {}
    for name, fields in types.items():
        if name in _BASIC or not isinstance(fields, list):
            raise NotEncodedError(f"its type {_short(name)} is not a list of fields")
        told = []
        for field in fields:
            is_field = isinstance(field, dict) and {"name", "type"} <= field.keys()
            if not is_field or not all(isinstance(field[n], str) for n in ("name", "type")):
                raise NotEncodedError(f"a field of its type {_short(name)} has no name and type")
            told.append((field["name"], field["type"]))
        if max(map(len, (name, *(kind for _, kind in told)))) > _LONGEST_NAME:
            raise NotEncodedError(f"its type {_short(name)} has a longer name than is read")
        if len(dict(told)) < len(told):
            raise NotEncodedError(f"its type {_short(name)} has two fields of one name")
        found[name] = tuple(told)
    return found


class _Encoder:
    """One message's encoding. doubt: see Encoded, of what was encoded so far."""

    def __init__(self, structs: dict[str, _Fields]) -> None:
        self.structs = structs
        self.doubt = ""
        self._hashes: dict[str, bytes] = {}
        self._values = MOST_VALUES
        self._of_types = _MOST_OF_TYPES

    def struct(self, name: str, value: object, deep: int) -> bytes:
        """The hash of a struct (hashStruct): 32 bytes."""
        if not isinstance(value, dict):
            raise NotEncodedError(f"a value of its type {_short(name)} is not an object")
        parts = [self._type_hash(name)]
        for field, kind in self.structs[name]:
            if field not in value:
                self._doubtful(field, kind)
            parts.append(self._value(field, kind, value.get(field), deep + 1))
        return keccak256(b"".join(parts))

    def _value(self, field: str, kind: str, value: object, deep: int) -> bytes:
        """The 32 bytes that stand for a value in its struct or array (encodeData)."""
        self._values -= 1
        if self._values < 0:
            raise NotEncodedError(f"it has more than {MOST_VALUES:,} values")
        if deep > DEEPEST:
            raise NotEncodedError(f"its values are more than {DEEPEST} deep")
        if basic := _BASIC.get(kind):
            found = _EMPTY_TEXT.get(kind) if value is None else basic(value)
            if found is None:
                raise NotEncodedError(
                    f"its field {_short(field)} has no such value as its type has"
                )
            if not found[1]:
                self._doubtful(field, kind)
            return found[0]
        if kind in self.structs:
            if value is not None:
                return self.struct(kind, value, deep)
            self._doubtful(field, kind)
            return _EMPTY
        return self._array(field, kind, value, deep)

    def _array(self, field: str, kind: str, value: object, deep: int) -> bytes:
        array = _ARRAY.fullmatch(kind)
        if array is None:
            raise NotEncodedError(f"it has no type {_short(kind)}")
        if not isinstance(value, list):
            raise NotEncodedError(f"its field {_short(field)} is not a list")
        inner, size = array.groups()
        if inner.endswith("]") or (size and int(size) != len(value)):
            self._doubtful(field, kind)  # older libraries hash lists in lists as one
        return keccak256(b"".join(self._value(field, inner, one, deep + 1) for one in value))

    def _type_hash(self, name: str) -> bytes:
        if name not in self._hashes:
            others = self._stands_on(name)
            written = "".join(map(self._written, (name, *sorted(others - {name}))))
            self._hashes[name] = keccak256(_utf8(written))
        return self._hashes[name]

    def _stands_on(self, name: str) -> set[str]:
        """The structs that a type is made of, itself among them."""
        found, left = {name}, [name]
        while left:
            for _, kind in self.structs[left.pop()]:
                base = kind.partition("[")[0] if kind.endswith("]") else kind
                if base not in _BASIC and base not in self.structs:
                    raise NotEncodedError(f"it has no type {_short(base)}")
                if base in self.structs and base not in found:
                    found.add(base)
                    left.append(base)
        return found

    def _written(self, name: str) -> str:
        if not _NAME.fullmatch(name):
            self._doubtful(name, "type")
        fields = ",".join(f"{kind} {field}" for field, kind in self.structs[name])
        self._of_types -= len(name) + len(fields) + 2
        if self._of_types < 0:
            raise NotEncodedError("its types are too many")
        return f"{name}({fields})"

    def _doubtful(self, field: str, kind: str) -> None:
        self.doubt = self.doubt or f"{_short(field)} of type {_short(kind)[1:-1]}"


_Value = tuple[bytes, bool] | None
"""32 bytes and whether all wallets make these of a value; None if none are made."""


def _text(value: object) -> _Value:
    data = _utf8(value) if isinstance(value, str) else _plain_bytes(value)
    return None if data is None else (keccak256(data), isinstance(value, str))


def _data(value: object) -> _Value:
    data, is_sure = _hexed(value)
    return None if data is None else (keccak256(data), is_sure)


def _fixed(size: int, value: object) -> _Value:
    data, is_sure = _hexed(value)
    if data is None or len(data) > size:
        return None
    return data.ljust(32, b"\0"), is_sure and len(data) == size


def _address(value: object) -> _Value:
    if not isinstance(value, str) or not _ADDRESS.fullmatch(value):
        return None
    return bytes.fromhex(value[-40:]).rjust(32, b"\0"), value[:2] == "0x"


def _truth(value: object) -> _Value:
    if not isinstance(value, (bool, str, int, float)):
        return None
    is_true = value not in _FALSE if isinstance(value, str) else bool(value)
    return is_true.to_bytes(32, "big"), isinstance(value, bool)


def _integer(bits: int, is_signed: bool, value: object) -> _Value:
    number, is_sure = None, False
    if isinstance(value, float) and value.is_integer():
        number = int(value)
    elif isinstance(value, int) and not isinstance(value, bool):
        number, is_sure = value, abs(value) < _SURE_NUMBER
    elif isinstance(value, str) and len(value) <= 80:
        number, is_sure = _written_number(value)
    least, end = (-(1 << bits - 1), 1 << bits - 1) if is_signed else (0, 1 << bits)
    if number is None or not least <= number < end:
        return None
    return (number % (1 << 256)).to_bytes(32, "big"), is_sure


def _written_number(text: str) -> tuple[int | None, bool]:
    try:
        number = int(text, 16) if _ODD_HEX.fullmatch(text) else int(text)
    except ValueError:
        return None, False
    return number, _NUMBER.fullmatch(text) is not None


def _hexed(value: object) -> tuple[bytes | None, bool]:
    """Bytes that are written in hex, or somehow else that only some take."""
    if not isinstance(value, str):
        return _plain_bytes(value), False
    if _HEX.fullmatch(value):
        return bytes.fromhex(value[2:]), True
    if _ODD_HEX.fullmatch(value):
        return bytes.fromhex("0" + value[2:]), False
    return _utf8(value), False


def _plain_bytes(value: object) -> bytes | None:
    if not isinstance(value, int):
        return None
    number = max(int(value), 0)
    return number.to_bytes(max(1, -(-number.bit_length() // 8)), "big")


def _utf8(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise NotEncodedError("it has a text that is not valid Unicode") from None


_BASIC: Final[Mapping[str, Callable[[Any], _Value]]] = {
    "string": _text,
    "bytes": _data,
    "address": _address,
    "bool": _truth,
    **{f"bytes{size}": partial(_fixed, size) for size in range(1, 33)},
    **{f"uint{bits or ''}": partial(_integer, bits or 256, False) for bits in range(0, 257, 8)},
    **{f"int{bits or ''}": partial(_integer, bits or 256, True) for bits in range(0, 257, 8)},
}
"""Types of the standard -> what makes the 32 bytes of a value as JSON has it."""


def _short(name: str) -> str:
    """A name of the publisher's, for a reason."""
    plain = "".join(c if c.isprintable() else "?" for c in name)
    return repr(plain[:40])


def domain_fields(names: Sequence[str]) -> list[dict[str, str]]:
    """The type of a domain that has these fields: as EIP-712 orders them, others left out."""
    return [{"name": name, "type": kind} for name, kind in _DOMAIN_FIELDS if name in names]


_DOMAIN_FIELDS: Final = (
    ("name", "string"),
    ("version", "string"),
    ("chainId", "uint256"),
    ("verifyingContract", "address"),
    ("salt", "bytes32"),
)
