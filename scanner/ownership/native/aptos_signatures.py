"""Aptos signatures as its SDK writes them, beside 64 bytes alone: BCS with their kind and place.

AnySignature says which kind of key signed; a MultiKeySignature and a MultiEd25519Signature, by a
bitmap, which of the account's keys did (the first is the highest bit of the first byte); an
AccountAuthenticator holds the keys as well. WebAuthn's and keyless signatures are not read: what a
passkey would sign of a text is laid down nowhere, and keyless ones are proofs about a log-in.
Source: aptos-core, AnySignature, MultiKeyAuthenticator, MultiEd25519Signature and
AccountAuthenticator; what @aptos-labs/ts-sdk writes: tests/vectors/aptos_keys.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from scanner.ownership.interface import Proof
from scanner.ownership.native.aptos_keys import (
    ED25519,
    KEYLESS,
    MOST,
    NAMES,
    POST_QUANTUM,
    SECP256K1,
    SECP256R1,
    AnyKey,
    Keys,
    any_key,
    column_keys,
    decoded,
    multi_ed25519,
    multi_key,
)
from scanner.ownership.primitives.bcs import BcsReader
from scanner.ownership.primitives.ed25519_text import read_key
from scanner.ownership.primitives.key_words import key_words
from scanner.ownership.primitives.not_proven import malformed, unsupported
from scanner.ownership.primitives.plain_signature import hex_or_base64
from scanner.ownership.primitives.undecoded import NoSignature

SIZE: Final = 64
_BEFORE: Final = (b"", bytes((SIZE,)))
"""What may stand before 64 bytes: in BCS their length."""
_BITMAP: Final = 4
_SLH_DSA: Final = 4
"""A variant of AnySignature; those of other kinds have the numbers of their keys."""
_SLH_DSA_SIZE: Final = 7_856
_ZERO_KNOWLEDGE: Final = b"\x00\x00"
"""How a keyless signature begins: a certificate with a proof of Groth16."""


class Made(NamedTuple):
    """One signature: 64 bytes. number: of the row's. kind, place: of its key, None if not told."""

    data: bytes
    number: int = 1
    kind: int | None = None
    place: int | None = None


class Shown(NamedTuple):
    """What a row shows: who may have signed, and what was made."""

    keys: Keys
    made: tuple[Made, ...]


class WholesError(Exception):
    """Signatures hold their keys, and not all the same ones."""


class _Read(NamedTuple):
    made: tuple[Made, ...]
    keys: Keys | None = None


class _UnreadError(ValueError):
    """A signature of a kind that is not read. kind: what a reason calls it."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


def shown_by(proof: Proof) -> Shown | None:
    """What a row shows; None for plain Ed25519 keys and signatures of 64 bytes alone.

    Raises NotProvenError; WholesError for signatures that are to be judged one by one.
    """
    read = [_signature(number, text) for number, text in enumerate(proof.signatures, 1)]
    plain = all(hex_or_base64(text) is not None for text in proof.signatures)
    if plain and all(read_key(word) is not None for word in key_words(proof.script, MOST)):
        return None
    column = column_keys(proof.script) if any(one.keys is None for one in read) else None
    keys = {found for one in read if (found := one.keys or column)}
    if len(keys) > 1:
        raise WholesError
    return Shown(_checked(keys.pop()), tuple(single for one in read for single in one.made))


def read_signature(data: bytes) -> _Read | str:
    """Take a signature's bytes apart: what it holds, or why it is not read ("": no such form)."""
    unread = ""
    for form in _FORMS:
        source = BcsReader(data)
        try:
            found = form(source)
            source.end()
        except _UnreadError as e:
            unread = unread or e.kind
        except ValueError:
            continue
        else:
            return found
    return unread


def _checked(keys: Keys) -> Keys:
    """Keys of which some could have signed in a form that is read. Raises NotProvenError."""
    if all(member.kind in NAMES for member in keys.members):
        raise unsupported(
            f"the published key is {NAMES[keys.members[0].kind]}, whose signatures are not "
            "supported: move to an account of an Ed25519 or secp256k1 key"
        )
    return keys


def _signature(number: int, text: str) -> _Read:
    """One text. Raises NotProvenError."""
    data = decoded(text)
    if data is not None and data[:-SIZE] in _BEFORE:
        return _Read((Made(data[-SIZE:], number),))
    found = "" if data is None else read_signature(data)
    if isinstance(found, _Read):
        return found._replace(made=tuple(one._replace(number=number) for one in found.made))
    if found:
        raise unsupported(
            f"signature {number} is {found}, which is not supported: publish those of the "
            "account's Ed25519 and secp256k1 keys, or move to an account of such"
        )
    if text[:1] in ("{", "["):
        raise unsupported(
            f"signature {number} is in JSON of a form that is not read: publish it in hex, as the "
            "SDK writes it"
        )
    reason = (
        f"signature {number} is not 64 bytes in hex or base64, nor BCS of one (AnySignature), of "
        "several keys or of an AccountAuthenticator"
    )
    raise malformed(NoSignature(reason, number))


def _any(source: BcsReader) -> Made:
    kind = source.uleb()
    if kind in (ED25519, SECP256K1):
        return Made(source.sized(SIZE), kind=kind)
    if kind == SECP256R1 and source.uleb() == 0:
        source.sized(SIZE), source.sized(), source.sized()
        raise _UnreadError(NAMES[SECP256R1])
    if kind == KEYLESS and source.take(2) == _ZERO_KNOWLEDGE:
        raise _UnreadError(NAMES[KEYLESS])
    if kind == _SLH_DSA and source.sized(_SLH_DSA_SIZE):
        raise _UnreadError(NAMES[POST_QUANTUM])
    raise ValueError("a signature of another kind")


def _one(source: BcsReader) -> _Read:
    return _Read((_any(source),))


def _of_multi_key(source: BcsReader) -> _Read:
    made = [_any(source) for _ in range(source.count(MOST))]
    bitmap = source.sized()
    if len(bitmap) > _BITMAP:
        raise ValueError("a bitmap of more keys than an account has")
    return _Read(_placed(made, bitmap))


def _of_multi_ed25519(data: bytes) -> _Read:
    count, rest = divmod(len(data), SIZE)
    if rest != _BITMAP or count > MOST:
        raise ValueError("no MultiEd25519 signature")
    parts = (data[at : at + SIZE] for at in range(0, SIZE * count, SIZE))
    made = [Made(part, kind=ED25519) for part in parts]
    return _Read(_placed(made, data[-_BITMAP:]))


def _placed(made: Sequence[Made], bitmap: bytes) -> tuple[Made, ...]:
    """Signatures with the places that a bitmap has. Raises ValueError if there are not as many."""
    bits = int.from_bytes(bitmap)
    width = 8 * len(bitmap)
    places = [n for n in range(width) if bits >> (width - 1 - n) & 1]
    if not made or len(places) != len(made):
        raise ValueError("a bitmap of another number of signatures")
    return tuple(one._replace(place=place) for one, place in zip(made, places, strict=True))


def _authenticator(source: BcsReader) -> _Read:
    variant = source.uleb()
    if variant == 0:
        keys = Keys((AnyKey(ED25519, b"\x20" + source.sized(32)),))
        return _Read((Made(source.sized(SIZE), kind=ED25519),), keys)
    if variant == 1:
        keys = multi_ed25519(source.sized())
        return _within(_of_multi_ed25519(source.sized()), keys)
    if variant == 2:
        keys = Keys((any_key(source),))
        return _Read((_any(source),), keys)
    if variant == 3:
        keys = multi_key(source)
        return _within(_of_multi_key(source), keys)
    raise ValueError("an authenticator of another kind")


def _within(read: _Read, keys: Keys) -> _Read:
    if any(one.place is not None and one.place >= len(keys.members) for one in read.made):
        raise ValueError("a bitmap with more places than there are keys")
    return read._replace(keys=keys)


_FORMS: Final[tuple[Callable[[BcsReader], _Read], ...]] = (
    _authenticator,
    _one,
    _of_multi_key,
    lambda source: _of_multi_ed25519(source.sized()),
    lambda source: _of_multi_ed25519(source.rest()),
)
"""Tried in turn; no two read the same bytes: their first ones or their lengths differ."""
