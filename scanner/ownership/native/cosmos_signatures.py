"""What a signature column of a Cosmos row holds: one key's signature, or an account's of several.

One is r and s in base64 or hex. Of several keys an account's own signature says by bits which of
its members signed, in their order, and has a signature of each: one of a member that is of several
keys is such a one again. Read are its amino in base64 or hex, and the SDK's JSON of signatures.
Source: Cosmos SDK, AminoMultisignature, CompactBitArray, SignatureDescriptors (`tx sign
--signature-only`, `tx multisign`); signatures that the SDK made: tests/vectors/nested.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from scanner.model.jsontext import read_json
from scanner.model.key_policy import PolicyKey, Way, keys_of
from scanner.model.protobuf import fields
from scanner.ownership.native.cosmos_keys import read_key, ways_in
from scanner.ownership.nested import LONGEST
from scanner.ownership.primitives.base64text import decode_base64
from scanner.ownership.primitives.hextext import decode_hex
from scanner.ownership.primitives.not_proven import NotProvenError, malformed
from scanner.ownership.primitives.plain_signature import hex_or_base64

_SIGNATURE: Final = 64


class Made(NamedTuple):
    """One signature of 64 bytes, and whose it can be: any of these keys, or the one it is for."""

    signature: bytes
    keys: Sequence[bytes]


class _Level(NamedTuple):
    """Which members of a list signed, and what stands for each that did."""

    bits: Sequence[bool]
    parts: Sequence[object]


def signatures_in(text: str, by: PolicyKey | Way) -> list[Made]:
    """The signatures of one column's text, one at least.

    by: the account's keys. Raises NotProvenError for what is no signature, or not of these keys.
    """
    keys = [by.value] if isinstance(by, PolicyKey) else [k.value for k in keys_of((by,))]
    plain = hex_or_base64(text)
    if plain is not None:
        return [Made(plain, keys)]
    found: list[Made] = []
    for part, target in _parts(text, by):
        alone = _alone(part)
        found += [Made(alone, keys)] if alone is not None else _placed(part, target)
    if not found:
        raise malformed("it holds no signature")
    return found


def _parts(text: str, by: PolicyKey | Way) -> list[tuple[object, PolicyKey | Way]]:
    """What a column's text holds, and which of the account's keys it is for."""
    data = decode_hex(text)
    if data is None:
        data = decode_base64(text)
    if data is not None:
        return [(data, by)]
    try:
        document = read_json(text, unique_names=True) if len(text) <= LONGEST else None
    except ValueError:
        document = None
    listed = document.get("signatures") if isinstance(document, Mapping) else None
    if not isinstance(listed, list):
        raise malformed("it is not 64 bytes (r, s) in base64 or hex, nor of several keys")
    return [(_get(item, "data"), _target(_get(item, "public_key"), by)) for item in listed]


def _target(key: object, by: PolicyKey | Way) -> PolicyKey | Way:
    """Which of the account's lists of keys a signature says it is of; the account's own if none."""
    if not isinstance(key, Mapping):
        return by
    try:
        named = read_key(key)
    except NotProvenError:
        return by
    return next((way for way in ways_in(by) if way == named), by)


def _placed(part: object, by: PolicyKey | Way) -> Iterator[Made]:
    """The signatures of an account's one, each with the key whose place it has."""
    if isinstance(by, PolicyKey):
        alone = _alone(part)
        if alone is None:
            raise malformed("what it has in a key's place is not 64 bytes (r, s)")
        yield Made(alone, (by.value,))
        return
    level = _of_json(part) if isinstance(part, Mapping) else _of_amino(part)
    if len(level.bits) != len(by.members) or sum(level.bits) != len(level.parts):
        raise malformed("it does not fit the key: it says of other members who signed")
    who = (member.by for member, bit in zip(by.members, level.bits, strict=True) if bit)
    for member, inside in zip(who, level.parts, strict=True):
        yield from _placed(inside, member)


def _alone(part: object) -> bytes | None:
    """64 bytes of one key's signature; None for anything else."""
    if isinstance(part, Mapping):
        text = _get(_get(part, "single"), "signature")
        part = decode_base64(text) if isinstance(text, str) else None
    return part if isinstance(part, bytes) and len(part) == _SIGNATURE else None


def _get(holder: object, name: str) -> object:
    return holder.get(name) if isinstance(holder, Mapping) else None


def _of_json(part: object) -> _Level:
    """One list of the SDK's JSON. Raises NotProvenError."""
    multi = _get(part, "multi")
    array, parts = _get(multi, "bitarray"), _get(multi, "signatures")
    elems, extra = _get(array, "elems"), _get(array, "extra_bits_stored")
    data = decode_base64(elems) if isinstance(elems, str) else None
    if data is None or type(extra) is not int or not isinstance(parts, list):
        raise malformed("it is no signature of several keys in the SDK's JSON")
    return _Level(_bits(data, extra), parts)


def _of_amino(part: object) -> _Level:
    """One list in amino: field 1 the bits, field 2 each signature. Raises NotProvenError."""
    found = _fields(part if isinstance(part, bytes) else b"")
    arrays = [value for number, value in found if number == 1]
    parts = [value for number, value in found if number == 2]
    told = _fields(arrays[0]) if len(arrays) == 1 and isinstance(arrays[0], bytes) else []
    inside = dict(told)
    data, extra = inside.get(2), inside.get(1, 0)
    if not isinstance(data, bytes) or not isinstance(extra, int) or len(told) > 1 + (1 in inside):
        raise malformed("it is no signature of several keys in amino")
    if len(arrays) + len(parts) != len(found) or not all(isinstance(p, bytes) for p in parts):
        raise malformed("it is no signature of several keys in amino")
    return _Level(_bits(data, extra), parts)


def _bits(data: bytes, extra: int) -> list[bool]:
    """A CompactBitArray: high bits first. extra: bits of the last byte, 0 for all of them."""
    if not 0 <= extra < 8 or (extra and not data):
        raise malformed("it says in no way that is known who signed")
    bits = [bool(data[n >> 3] >> (7 - n % 8) & 1) for n in range(8 * len(data))]
    count = len(bits) - (8 - extra if extra else 0)
    if any(bits[count:]):
        raise malformed("it says of more members than it has that they signed")
    return bits[:count]


def _fields(data: bytes) -> list[tuple[int, int | bytes]]:
    """Numbers and values of a message. Raises NotProvenError."""
    try:
        return list(fields(data))
    except ValueError:
        raise malformed("it is no signature of several keys in amino") from None
