"""Accounts of the XRP Ledger for which several keys sign: each signature is one published key's."""

from __future__ import annotations

from hashlib import sha512

import pytest
from coincurve import PrivateKey
from coincurve._libsecp256k1 import ffi
from support.signed_rows import MESSAGE, claim, ed_key, key

from scanner.model.addresses.base58_keys import RippleCodec
from scanner.model.addresses.interface import Address
from scanner.model.claim import Claim
from scanner.model.control import Binding, Control, ControlResult
from scanner.model.key_policy import KeyKind, KeyPolicy, PolicyKey, Way, Weighted
from scanner.ownership.judge import judge
from scanner.ownership.primitives.hashes import hash160
from scanner.settings.tables import load_registry

REGISTRY = load_registry()
TEXT = MESSAGE.encode()
ACCOUNT = RippleCodec("xrpl", "").encode(hash160(b"an account with a signer list"))
A, B, ED = key(1), key(2), ed_key(1)


def der(signer: PrivateKey) -> str:
    return signer.sign(sha512(TEXT).digest()[:32], hasher=None).hex().upper()


def public(signer: PrivateKey) -> bytes:
    return bytes(signer.public_key.format())


ED_KEY = b"\xed" + ED.verify_key.encode()
ED_SIGNED = ED.sign(TEXT).signature.hex()


def row(*signatures: str, keys: tuple[bytes, ...], address: str = ACCOUNT) -> Claim:
    return claim("xrpl", address, *signatures, script=" ".join(k.hex().upper() for k in keys))


def listed(*members: bytes, quorum: int) -> KeyPolicy:
    named = tuple(Weighted(PolicyKey(KeyKind.ACCOUNT, hash160(m))) for m in members)
    return KeyPolicy((Way("signer list", named, quorum),), 7)


def asked(claimed: Claim, policy: KeyPolicy) -> ControlResult:
    def keys(address: Address) -> KeyPolicy:
        return policy

    return judge(claimed, REGISTRY, None, keys)


def test_members_of_a_signer_list_with_keys_of_both_kinds() -> None:
    two = row(der(A), ED_SIGNED, keys=(public(A), ED_KEY))
    alone = judge(two, REGISTRY)
    assert (alone.control, alone.binding) == (Control.CONTROLS, Binding.ASSERTED), alone.reason
    good = asked(two, listed(public(A), ED_KEY, public(B), quorum=2))
    assert (good.control, good.binding) == (Control.CONTROLS, Binding.ON_CHAIN), good.reason
    assert set(good.signed_by) == {public(A).hex(), ED.verify_key.encode().hex()}
    for policy in (
        listed(public(A), ED_KEY, public(B), quorum=3),
        listed(public(A), public(B), quorum=2),
        listed(public(A), public(B), quorum=1),  # a stranger signed, too
    ):
        assert asked(two, policy).control is Control.MISMATCH


def test_one_key_is_one_signer_however_often_it_signs() -> None:
    nonce = ffi.NULL, ffi.new("unsigned char[32]", b"another nonce".ljust(32, b"."))
    again = A.sign(sha512(TEXT).digest()[:32], hasher=None, custom_nonce=nonce).hex()
    assert again.upper() != der(A)
    twice = row(der(A), again, keys=(public(A), public(A), public(B)))
    assert asked(twice, listed(public(A), public(B), quorum=2)).control is Control.MISMATCH


@pytest.mark.parametrize(
    ("signatures", "control"),
    [
        ((der(A), der(B)), Control.MISMATCH),  # one of them is by no published key
        ((der(B), der(B)), Control.UNSUPPORTED),  # none is
        ((der(A), "00" * 64), Control.MISMATCH),
        ((der(A), "zz"), Control.MALFORMED),
    ],
)
def test_every_signature_must_be_by_a_published_key(
    signatures: tuple[str, ...], control: Control
) -> None:
    assert judge(row(*signatures, keys=(public(A), ED_KEY)), REGISTRY).control is control


def test_the_accounts_own_key_beside_another_is_not_the_accounts_alone() -> None:
    own = RippleCodec("xrpl", "").encode(hash160(public(A)))
    assert judge(row(der(A), keys=(public(A),), address=own), REGISTRY).shows_control
    assert judge(row(der(A), keys=(public(A), public(B)), address=own), REGISTRY).shows_control
    both = judge(row(der(A), der(B), keys=(public(A), public(B)), address=own), REGISTRY)
    assert (both.control, both.binding) == (Control.CONTROLS, Binding.ASSERTED)
