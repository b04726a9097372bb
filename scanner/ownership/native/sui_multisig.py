"""Sui's signatures of other keys than one of Ed25519: of secp256k1, and of several with weights.

A multisig holds all keys with their weights and the threshold, which the address is a hash of; so
it is judged from itself alone. Keys of secp256r1 and of zkLogin are members, whose signatures are
not read. Source: Sui, "Signatures" and "Multi-Signature" (BCS of MultiSig); checked with what
@mysten/sui signs: tests/vectors/sui_multisig.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b, sha256
from typing import Final

from scanner.model.control import Binding, ControlResult
from scanner.model.key_policy import KeyKind, PolicyKey, Way, Weighted
from scanner.ownership import verdicts
from scanner.ownership.ed25519.signing import NOT_SHOWN, is_signed
from scanner.ownership.interface import Signer
from scanner.ownership.key_policy import judge_group
from scanner.ownership.primitives import low_s, secp256k1
from scanner.ownership.unread import other_key, unread

MULTISIG: Final = 3
SECP256K1: Final = 1
_KEY_SIZES: Final = (32, 33, 33)
"""By kind: Ed25519, secp256k1, secp256r1. A zkLogin member (3) has a length before it."""
_MOST: Final = 10
_SIGNATURE: Final = 64
_WHOLE: Final = 98
_KINDS: Final = (KeyKind.ED25519, KeyKind.SECP256K1)


@dataclass(frozen=True, slots=True)
class _Member:
    kind: int
    key: bytes
    weight: int


@dataclass(frozen=True, slots=True)
class _Multisig:
    """signed: members that signed, by place, each with its signature."""

    members: tuple[_Member, ...]
    threshold: int
    signed: dict[int, bytes]

    @property
    def account(self) -> bytes:
        """The address that these keys make."""
        listed = b"".join(bytes((m.kind,)) + m.key + bytes((m.weight,)) for m in self.members)
        data = bytes((MULTISIG,)) + self.threshold.to_bytes(2, "little") + listed
        return blake2b(data, digest_size=32).digest()


def judge_other(scheme: str, data: bytes, digest: bytes, account: bytes) -> ControlResult | None:
    """The verdict about a whole signature of these kinds; None for what is not read.

    data: with the flag before it. digest: of the personal message, 32 bytes. account: the row's.
    """
    if data[0] == SECP256K1 and len(data) == _WHOLE:
        return _single(scheme, data, digest, account)
    found = _read(data) if data[0] == MULTISIG else None
    return None if found is None else _judge(scheme, found, digest, account)


def _single(scheme: str, data: bytes, digest: bytes, account: bytes) -> ControlResult | None:
    key = data[1 + _SIGNATURE :]
    if secp256k1.parse_key(key) is None:
        return None
    signature = data[1 : 1 + _SIGNATURE]
    if not _is_by(_Member(SECP256K1, key, 1), digest, signature):
        return unread(scheme, 1)
    if not secp256k1.is_low_s(signature):
        return verdicts.unsupported(scheme, f"signature 1 {low_s.REFUSED}")
    if blake2b(data[:1] + key, digest_size=32).digest() != account:
        return other_key(scheme, NOT_SHOWN["sui"])
    return verdicts.controls(scheme, Binding.DERIVED, (key.hex(),), "secp256k1")


def _judge(scheme: str, found: _Multisig, digest: bytes, account: bytes) -> ControlResult:
    if found.account != account:
        return verdicts.mismatch(scheme, "the keys in the signature give another address")
    way = Way(
        f"weight {found.threshold} of its {len(found.members)} keys",
        tuple(Weighted(_named(m), m.weight) for m in found.members),
        found.threshold,
    )
    signers, others, unfit, high = [], 0, 0, 0
    for place, signature in found.signed.items():
        member = found.members[place]
        if member.kind >= len(_KINDS):
            others += 1
        elif not _is_by(member, digest, signature):
            unfit = unfit or place + 1
        elif member.kind == SECP256K1 and not secp256k1.is_low_s(signature):
            high = high or place + 1
        else:
            signers.append(Signer(member.key.hex(), frozenset((_named(member),))))
    if (
        unfit and not signers and not high
    ):  # as of one key: in another form, perhaps, or over another text
        return unread(scheme, 1)
    if unfit:
        reason = f"the signature of key {unfit} is not by this key over this message"
        return verdicts.mismatch(scheme, reason)
    if high:
        return verdicts.unsupported(scheme, f"the signature of key {high} {low_s.REFUSED}")
    result = judge_group(scheme, signers, way)
    if others and not result.shows_control:
        reason = f"{others} of its signatures use secp256r1 or zkLogin, which is not supported"
        return verdicts.unsupported(scheme, f"{result.reason}; {reason}")
    return result


def _named(member: _Member) -> PolicyKey:
    if member.kind < len(_KINDS):
        return PolicyKey(_KINDS[member.kind], member.key)
    return PolicyKey(KeyKind.ACCOUNT, bytes((member.kind,)) + member.key)


def _is_by(member: _Member, digest: bytes, signature: bytes) -> bool:
    if member.kind == SECP256K1:
        return low_s.verify(sha256(digest).digest(), signature, member.key)
    return is_signed(member.key, digest, signature)


class _Bytes:
    """Reads BCS. Every method raises ValueError where the bytes end too early."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    def take(self, count: int) -> bytes:
        """The next bytes."""
        if not 0 <= count <= len(self._data) - self._at:
            raise ValueError("ends too early")
        self._at += count
        return self._data[self._at - count : self._at]

    def number(self, size: int = 1) -> int:
        """The next number, low byte first."""
        return int.from_bytes(self.take(size), "little")

    def count(self) -> int:
        """How many members a vector has: one byte is enough for all that is read here."""
        found = self.number()
        if found > _MOST:
            raise ValueError("it has more members than a multisig can have")
        return found

    def long(self) -> bytes:
        """Bytes with their length before them (ULEB128)."""
        size = shift = 0
        while shift < 21:
            byte = self.number()
            size, shift = size | (byte & 0x7F) << shift, shift + 7
            if byte < 0x80:
                return self.take(size)
        raise ValueError("a length field does not end")

    def end(self) -> None:
        """Nothing follows."""
        if self._at != len(self._data):
            raise ValueError("something follows")


def _read(data: bytes) -> _Multisig | None:
    """Take a multisig apart; None for what is none, as the chain would refuse it, too."""
    source = _Bytes(data[1:])
    try:
        signatures = [_signature(source) for _ in range(source.count())]
        bitmap = source.number(2)
        members = tuple(_member(source) for _ in range(source.count()))
        threshold = source.number(2)
        source.end()
    except ValueError:
        return None
    places = [n for n in range(16) if bitmap >> n & 1]
    fits = len(places) == len(signatures) and all(n < len(members) for n in places)
    distinct = len({(m.kind, m.key) for m in members}) == len(members)
    weights = [m.weight for m in members]
    reachable = threshold > 0 and min(weights, default=0) > 0 and sum(weights) >= threshold
    if not (fits and distinct and reachable):
        return None
    if any(members[n].kind != kind for n, (kind, _) in zip(places, signatures, strict=True)):
        return None
    signed = {n: made for n, (_, made) in zip(places, signatures, strict=True)}
    return _Multisig(members, threshold, signed)


def _signature(source: _Bytes) -> tuple[int, bytes]:
    kind = source.number()
    if kind < len(_KEY_SIZES):
        return kind, source.take(_SIGNATURE)
    if kind == len(_KEY_SIZES):
        return kind, source.long()
    raise ValueError("a signature of another kind")


def _member(source: _Bytes) -> _Member:
    kind = source.number()
    if kind < len(_KEY_SIZES):
        key = source.take(_KEY_SIZES[kind])
    elif kind == len(_KEY_SIZES):
        key = source.long()
    else:
        raise ValueError("a key of another kind")
    return _Member(kind, key, source.number())
