"""ECDSA on P-256: other people's signatures, and what must not pass."""

from __future__ import annotations

import pytest

from scanner.ownership.primitives.secp256r1 import HALF_ORDER, ORDER, PRIME, verify_ecdsa

KEY = bytes.fromhex("0360fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6")
SAMPLE = (
    "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"
    "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8"
)
TEST = (
    "f1abb023518351cd71d881567b1ea663ed3efcf6c5132b354f28d3b0b7d38367"
    "019f4113742a2b14bd25926b49c649155f267e60d3814b4c0cc84250e46f0083"
)
"""RFC 6979, A.2.5: key, and signatures of "sample" and "test" with SHA-256."""


def low(signature: str) -> bytes:
    data = bytes.fromhex(signature)
    s = int.from_bytes(data[32:])
    return data[:32] + min(s, ORDER - s).to_bytes(32)


def test_published_signatures() -> None:
    assert verify_ecdsa(b"test", bytes.fromhex(TEST), KEY)
    assert verify_ecdsa(b"sample", low(SAMPLE), KEY)
    assert not verify_ecdsa(b"sample", bytes.fromhex(SAMPLE), KEY), "s in the upper half"
    assert not verify_ecdsa(b"sampl", low(SAMPLE), KEY)
    assert not verify_ecdsa(b"test", low(SAMPLE), KEY)


def test_the_upper_half_begins_behind_half_the_order() -> None:
    assert HALF_ORDER * 2 + 1 == ORDER


@pytest.mark.parametrize("place", range(64))
def test_any_changed_byte_of_a_signature(place: int) -> None:
    data = bytes.fromhex(TEST)
    changed = data[:place] + bytes((data[place] ^ 0x10,)) + data[place + 1 :]
    assert not verify_ecdsa(b"test", changed, KEY)


@pytest.mark.parametrize(
    "key",
    [
        b"",
        KEY[1:],
        KEY + b"\0",
        b"\x02" + KEY[1:],  # the other y
        b"\x04" + KEY[1:] + bytes(32),
        b"\x04" + bytes(64),  # a library's spelling of infinity, which signs everything
        bytes(33),
        b"\x02" + bytes(32),
        b"\x02" + b"\xff" * 32,
        b"\x06" + KEY[1:],
    ],
)
def test_other_keys_and_none(key: bytes) -> None:
    for signature in (bytes.fromhex(TEST), bytes(64), bytes(31) + b"\1" + bytes(31) + b"\1"):
        assert not verify_ecdsa(b"test", signature, key)


def test_a_key_has_one_spelling() -> None:
    """x and x + p would be one point: only the smaller is a key."""
    small = next(n for n in range(5, 99) if _is_point(n))
    assert not _is_point(small + PRIME)


def _is_point(x: int) -> bool:
    from scanner.ownership.primitives.secp256r1 import is_key

    return is_key(b"\x02" + x.to_bytes(32))


@pytest.mark.parametrize("number", [0, ORDER, ORDER + 1, (1 << 256) - 1])
def test_numbers_out_of_range(number: int) -> None:
    data, other = bytes.fromhex(TEST), number.to_bytes(32)
    for signature in (other + data[32:], data[:32] + other, other + other):
        assert not verify_ecdsa(b"test", signature, KEY)
    for signature in (data[:-1], data + b"\0", b""):
        assert not verify_ecdsa(b"test", signature, KEY)
