"""Sui's signatures that hold all keys themselves: of one of another kind, and of several.

A multisig holds all keys with their weights and the threshold, which the address is a hash of; so
it is judged from itself alone. Of zkLogin members the keys are read and the signatures are not.
Source: Sui, "Signatures" and "Multi-Signature" (BCS of MultiSig); checked with what @mysten/sui
signs: tests/vectors/sui_multisig.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import Final

from scanner.model.control import Binding, ControlResult
from scanner.model.key_policy import Way, Weighted
from scanner.ownership import verdicts
from scanner.ownership.ed25519.signing import NOT_SHOWN
from scanner.ownership.interface import Signer
from scanner.ownership.key_policy import judge_group
from scanner.ownership.native.sui_keys import (
    ED25519,
    KEY_SIZE,
    MULTISIG,
    NAMES,
    PASSKEY,
    SECP256K1,
    SECP256R1,
    SIGNATURE,
    ZKLOGIN,
    SuiKey,
    is_by,
    is_high,
    read_signed,
)
from scanner.ownership.primitives import low_s
from scanner.ownership.primitives.bcs import BcsReader
from scanner.ownership.unread import other_key, unread

_FLAGS: Final = (ED25519, SECP256K1, SECP256R1, ZKLOGIN, PASSKEY)
"""Kinds of members in the order of their variants."""
_MOST: Final = 10
_MOST_UNFIT: Final = 3
"""Signatures by none of their members, after which the rest changes nothing: each takes long."""


@dataclass(frozen=True, slots=True)
class _Member:
    signer: SuiKey
    weight: int


@dataclass(frozen=True, slots=True)
class _Multisig:
    """signed: places of members that signed, each with its signature."""

    members: tuple[_Member, ...]
    threshold: int
    signed: tuple[tuple[int, bytes], ...]

    @property
    def account(self) -> bytes:
        """The address that these keys make."""
        listed = b"".join(
            bytes((m.signer.flag,)) + m.signer.key + bytes((m.weight,)) for m in self.members
        )
        data = bytes((MULTISIG,)) + self.threshold.to_bytes(2, "little") + listed
        return blake2b(data, digest_size=32).digest()


def judge_other(scheme: str, data: bytes, digest: bytes, account: bytes) -> ControlResult | None:
    """The verdict about a signature that holds its keys; None for what is not read.

    data: with the flag before it. digest: of the personal message, 32 bytes. account: the row's.
    """
    if data[:1] != bytes((MULTISIG,)):
        return _single(scheme, data, digest, account)
    return judge_together(scheme, (data,), digest, account)


def judge_together(
    scheme: str, wholes: Sequence[bytes], digest: bytes, account: bytes
) -> ControlResult | None:
    """The verdict about multisigs of one account, each of which some members may have signed.

    The rest as `judge_other`. None also where they are not of the same members.
    """
    found = [_read(data) if data[:1] == bytes((MULTISIG,)) else None for data in wholes]
    first, signed = found[0], list[tuple[int, bytes]]()
    for one in found:
        if one is None or first is None or replace(one, signed=first.signed) != first:
            return None
        signed += one.signed
    if first is None:
        return None
    whole = replace(first, signed=tuple(dict.fromkeys(signed)))
    return _judge(scheme, whole, digest, account)


def _single(scheme: str, data: bytes, digest: bytes, account: bytes) -> ControlResult | None:
    found = read_signed(data)
    if found is None:
        return None
    signer, signature = found
    if not is_by(signer, digest, signature):
        return unread(scheme, 1)
    if is_high(signer, signature):
        return verdicts.unsupported(scheme, f"signature 1 {low_s.REFUSED}")
    if signer.account != account:
        return other_key(scheme, NOT_SHOWN["sui"])
    return verdicts.controls(scheme, Binding.DERIVED, (signer.key.hex(),), NAMES[signer.flag])


def _judge(scheme: str, found: _Multisig, digest: bytes, account: bytes) -> ControlResult:
    if found.account != account:
        return verdicts.mismatch(scheme, "the keys in the signature give another address")
    way = Way(
        f"weight {found.threshold} of its {len(found.members)} keys",
        tuple(Weighted(m.signer.named, m.weight) for m in found.members),
        found.threshold,
    )
    signers, others, high, unfit = _makers(found, digest)
    if unfit and not (signers or high):  # as of one key: perhaps in another form
        return unread(scheme, 1)
    if unfit:
        reason = f"the signature of key {unfit[0]} is not by this key over this message"
        return verdicts.mismatch(scheme, reason)
    if high:
        return verdicts.unsupported(scheme, f"the signature of key {high} {low_s.REFUSED}")
    result = judge_group(scheme, signers, way)
    if others and not result.shows_control:
        reason = (
            f"zkLogin made {others} of its signatures, which is not supported: publish those of "
            "its other keys"
        )
        return verdicts.unsupported(scheme, f"{result.reason}; {reason}")
    return result


def _makers(found: _Multisig, digest: bytes) -> tuple[list[Signer], int, int, list[int]]:
    """Who signed; how many signatures zkLogin made; which key's s is the one that does not count
    (0: none); and which keys did not make theirs, the first few. Keys are counted from 1.
    """
    signers: list[Signer] = []
    others, high, unfit = 0, 0, list[int]()
    for place, signature in found.signed:
        signer = found.members[place].signer
        if signer.flag == ZKLOGIN:
            others += 1
        elif not is_by(signer, digest, signature):
            unfit.append(place + 1)
            if len(unfit) == _MOST_UNFIT:
                break
        elif is_high(signer, signature):
            high = high or place + 1
        else:
            signers.append(Signer(signer.key.hex(), frozenset((signer.named,))))
    return signers, others, high, unfit


def _read(data: bytes) -> _Multisig | None:
    """Take a multisig apart; None for what is none, as the chain would refuse it, too."""
    source = BcsReader(data[1:])
    try:
        signatures = [_signature(source) for _ in range(source.count(_MOST))]
        bitmap = source.number(2)
        members = tuple(_member(source) for _ in range(source.count(_MOST)))
        threshold = source.number(2)
        source.end()
    except ValueError:
        return None
    places = [n for n in range(16) if bitmap >> n & 1]
    fits = len(places) == len(signatures) and all(n < len(members) for n in places)
    distinct = len({m.signer for m in members}) == len(members)
    weights = [m.weight for m in members]
    reachable = threshold > 0 and min(weights, default=0) > 0 and sum(weights) >= threshold
    if not (fits and distinct and reachable):
        return None
    made = list(zip(places, signatures, strict=True))
    if any(members[n].signer.flag != flag for n, (flag, _) in made):
        return None
    signed = tuple((n, signature) for n, (_, signature) in made)
    return _Multisig(members, threshold, signed)


def _signature(source: BcsReader) -> tuple[int, bytes]:
    flag = _flag(source)
    return flag, source.sized() if flag in (ZKLOGIN, PASSKEY) else source.take(SIGNATURE)


def _member(source: BcsReader) -> _Member:
    flag = _flag(source)
    key = source.sized() if flag == ZKLOGIN else source.take(KEY_SIZE[flag])
    return _Member(SuiKey(flag, key), source.number())


def _flag(source: BcsReader) -> int:
    kind = source.uleb()
    if kind >= len(_FLAGS):
        raise ValueError("a key of another kind")
    return _FLAGS[kind]
