"""The secp256k1 primitives against coincurve's own classes, and on hostile input."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor

import pytest
from coincurve import PublicKey
from hypothesis import given
from hypothesis import strategies as st
from support.bitcoin_signing import ORDER, Key

from scanner.ownership.primitives import secp256k1

DIGESTS = st.binary(min_size=32, max_size=32)
KEY = Key("secp")


def flip_s(compact: bytes) -> bytes:
    return compact[:32] + (ORDER - int.from_bytes(compact[32:], "big")).to_bytes(32, "big")


@given(DIGESTS, st.text(max_size=5))
def test_recovers_the_signing_key(digest: bytes, name: str) -> None:
    key = Key(name)
    compact, recovery_id = key.compact(digest)
    point = secp256k1.recover(digest, compact, recovery_id)
    assert point == key.uncompressed
    assert secp256k1.compress(point) == key.public


@given(DIGESTS, st.binary(min_size=64, max_size=64), st.integers(0, 3))
def test_agrees_with_coincurve_on_any_signature(digest: bytes, compact: bytes, v: int) -> None:
    try:
        other = PublicKey.from_signature_and_message(compact + bytes((v,)), digest, hasher=None)
        expected = other.format(compressed=False)
    except Exception:
        expected = None
    assert secp256k1.recover(digest, compact, v) == expected
    good, recovery_id = KEY.compact(digest)
    many = [(digest, compact, v), (digest, good, recovery_id), (digest, compact, v)]
    assert secp256k1.recover_many(many) == [expected, KEY.uncompressed, expected]


@given(DIGESTS)
def test_high_s_recovers_with_the_other_parity_and_never_verifies(digest: bytes) -> None:
    compact, recovery_id = KEY.compact(digest)
    high = flip_s(compact)
    assert secp256k1.is_low_s(compact)
    assert not secp256k1.is_low_s(high)
    assert secp256k1.recover(digest, high, recovery_id ^ 1) == KEY.uncompressed
    assert secp256k1.verify_ecdsa(digest, compact, KEY.public)
    assert not secp256k1.verify_ecdsa(digest, high, KEY.public)


@pytest.mark.parametrize("number", [0, ORDER, ORDER + 1, 2**256 - 1])
@pytest.mark.parametrize("place", ["r", "s"])
def test_numbers_outside_the_field_recover_nothing(number: int, place: str) -> None:
    digest = hashlib.sha256(b"x").digest()
    compact, _ = KEY.compact(digest)
    wrong = number.to_bytes(32, "big")
    compact = wrong + compact[32:] if place == "r" else compact[:32] + wrong
    for recovery_id in range(4):
        assert secp256k1.recover(digest, compact, recovery_id) is None
    assert not secp256k1.verify_ecdsa(digest, compact, KEY.public)


@pytest.mark.parametrize(
    ("digest", "compact", "recovery_id"),
    [
        (b"", bytes(64), 0),
        (bytes(32), bytes(63), 0),
        (bytes(32), bytes(64), 4),
        (bytes(33), bytes(64), 0),
    ],
)
def test_wrong_lengths_never_reach_the_library(
    digest: bytes, compact: bytes, recovery_id: int
) -> None:
    with pytest.raises(ValueError, match="recover needs"):
        secp256k1.recover(digest, compact, recovery_id)
    with pytest.raises(ValueError, match="recover needs"):
        secp256k1.recover_many([(digest, compact, recovery_id)])


@given(DIGESTS)
def test_schnorr(digest: bytes) -> None:
    signature = KEY.schnorr(digest)
    assert secp256k1.verify_schnorr(digest, signature, KEY.x_only)
    assert not secp256k1.verify_schnorr(digest, signature[:-1], KEY.x_only)
    assert not secp256k1.verify_schnorr(digest, signature, KEY.x_only[:-1])
    assert (
        not secp256k1.verify_schnorr(digest[::-1], signature, KEY.x_only) or digest == digest[::-1]
    )
    assert not secp256k1.verify_schnorr(digest, signature, b"\xff" * 32)


def test_keys_are_read_strictly() -> None:
    assert secp256k1.parse_key(KEY.public) == KEY.uncompressed
    assert secp256k1.parse_key(KEY.uncompressed) == KEY.uncompressed
    hybrid = bytes((6 | KEY.uncompressed[64] & 1,)) + KEY.uncompressed[1:]
    for wrong in (hybrid, b"", KEY.public[:-1], b"\x04" + KEY.public[1:], b"\x02" + b"\xff" * 32):
        assert secp256k1.parse_key(wrong) is None


def test_threads_do_not_share_buffers() -> None:
    digests = [hashlib.sha256(bytes((n,))).digest() for n in range(200)]
    signed = [(d, *Key(str(n)).compact(d)) for n, d in enumerate(digests)]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda row: secp256k1.recover(*row), signed * 5))
    assert found == [Key(str(n)).uncompressed for n in range(200)] * 5
