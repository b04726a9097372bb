"""Hedera accounts of ECDSA keys, alone and beside Ed25519 keys."""

from __future__ import annotations

import base64

import pytest
from support.signed_rows import claim, ed_key, key, refused

from scanner.model.addresses.keccak import keccak256
from scanner.model.control import Binding, Control, ControlResult
from scanner.model.key_policy import KeyKind, KeyPolicy, PolicyKey, Way, Weighted
from scanner.ownership.judge import judge
from scanner.settings.tables import load_registry

REGISTRY = load_registry()
SIGNER, OTHER, ED = key(1), key(2), ed_key(1)
KEY, ED_KEY = SIGNER.public_key.format(), ED.verify_key.encode()
DER = "302d300706052b8104000a032200"
TEXT = "I am an exchange address"
SAID = b"\x19Hedera Signed Message:\n" + str(len(TEXT)).encode() + TEXT.encode()
ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141


def ecdsa(signer: object = SIGNER, said: bytes = SAID) -> bytes:
    made: bytes = signer.sign_recoverable(keccak256(said), hasher=None)  # type: ignore[attr-defined]
    return made[:64]


def in_map(signature: bytes, tag: bytes = b"\x32", prefix: bytes = KEY) -> str:
    pair = b"\x0a" + bytes((len(prefix),)) + prefix + tag + bytes((len(signature),)) + signature
    return base64.b64encode(b"\x0a" + bytes((len(pair),)) + pair).decode()


def judged(*signatures: str, script: str = KEY.hex(), **more: object) -> ControlResult:
    row = claim("hedera", "0.0.98", *signatures, script=script, **{"message": TEXT, **more})
    return judge(row, REGISTRY)


@pytest.mark.parametrize("script", [KEY.hex(), "0x" + KEY.hex(), DER + KEY.hex()])
@pytest.mark.parametrize("prefix", [KEY, KEY[:3], b""])
def test_an_ecdsa_key_signs(script: str, prefix: bytes) -> None:
    for written in (in_map(ecdsa(), prefix=prefix), ecdsa().hex()):
        found = judged(written, script=script)
        assert (found.control, found.binding) == (Control.CONTROLS, Binding.ASSERTED)
        assert found.signed_by == (KEY.hex(),)
        assert "mirror node" in found.reason


def test_what_must_not_pass() -> None:
    good = ecdsa()
    high = good[:32] + (ORDER - int.from_bytes(good[32:])).to_bytes(32)
    for signature in (ecdsa(OTHER), ecdsa(said=SAID + b"."), ecdsa(said=TEXT.encode())):
        assert refused(judged(in_map(signature)))
    turned = judged(in_map(high))
    assert turned.control is Control.UNSUPPORTED
    assert "upper half" in turned.reason
    assert refused(judged(in_map(good), message=TEXT + "."))
    assert refused(judged(in_map(good, tag=b"\x1a")))  # as if an Ed25519 key had made it
    for spoiled in (good[:-1], good + b"\0", b""):
        assert judged(in_map(spoiled)).control is Control.MALFORMED
    two = base64.b64encode(base64.b64decode(in_map(good)) * 2).decode()
    assert judged(two).control is Control.UNSUPPORTED  # a map of several
    assert not judged(in_map(good), script="02" + "ff" * 32).shows_control  # no point


def test_an_ecdsa_signature_without_its_key_says_so() -> None:
    for public in ("ab" * 32, ED_KEY.hex()):
        found = judged(in_map(ecdsa()), script=public)
        assert found.control is Control.UNSUPPORTED
        assert "ECDSA" in found.reason


def test_one_that_is_good_and_one_that_is_not() -> None:
    both = f"{KEY.hex()} {OTHER.public_key.format().hex()}"
    assert judged(in_map(ecdsa()), in_map(ecdsa(OTHER)), script=both).control is Control.CONTROLS
    third = judged(in_map(ecdsa()), in_map(ecdsa(key(3))), script=both)
    assert third.control is Control.MISMATCH


def by_network(threshold: int, *signatures: str, script: str) -> ControlResult:
    members = (
        Weighted(PolicyKey(KeyKind.SECP256K1, KEY)),
        Weighted(PolicyKey(KeyKind.ED25519, ED_KEY)),
    )
    policy = KeyPolicy((Way("threshold key", members, threshold),), 7)
    row = claim("hedera", "0.0.98", *signatures, script=script, message=TEXT)
    return judge(row, REGISTRY, keys=lambda _: policy)


def test_the_network_says_whose_account_it_is() -> None:
    mixed = f"{KEY.hex()}, {ED_KEY.hex()}"
    edwards = ED.sign(SAID).signature.hex()
    both = by_network(2, in_map(ecdsa()), edwards, script=mixed)
    assert (both.control, both.binding) == (Control.CONTROLS, Binding.ON_CHAIN)
    assert by_network(1, ecdsa().hex(), script=KEY.hex()).binding is Binding.ON_CHAIN
    assert by_network(2, in_map(ecdsa()), script=KEY.hex()).control is Control.MISMATCH
    twice = by_network(2, in_map(ecdsa()), ecdsa().hex(), script=mixed)
    assert twice.control is Control.MISMATCH
    stranger = OTHER.public_key.format().hex()
    assert by_network(1, in_map(ecdsa(OTHER)), script=stranger).control is Control.MISMATCH
