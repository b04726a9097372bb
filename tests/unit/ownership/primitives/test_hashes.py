"""Hashes and length prefixes, with published values."""

from __future__ import annotations

import hashlib
import importlib.util
from types import ModuleType

import pytest

from scanner.ownership.primitives import hashes


def test_published_values() -> None:
    assert hashes.ripemd160(b"abc").hex() == "8eb208f7e05d987a9b044a8e98c6b087f15a0bfc"
    assert hashes.sha256d(b"hello").hex() == (
        "9595c9df90075148eb06860365df33584b75bff782a510c6cd4883a419833d50"
    )
    assert hashes.tagged_hash("BIP0322-signed-message", b"Hello World").hex() == (
        "f0eb03b1a75ac6d9847f55c624a99169b5dccba2a31f5b23bea77ba270de0a7a"
    )


def test_hash160_is_the_genesis_address() -> None:
    key = "0479be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798" + (
        "483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8"
    )
    assert hashes.hash160(bytes.fromhex(key)).hex() == "91b24bf9f5288532960ac687abb035127b1d28a5"


def load_a_copy() -> ModuleType:
    """Run the module's file again, as another module."""
    spec = importlib.util.spec_from_file_location("hashes_copy", hashes.__file__)
    assert spec is not None
    assert spec.loader is not None
    copy = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(copy)
    return copy


def test_without_ripemd160_in_openssl(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(name: str, data: bytes = b"") -> None:
        raise ValueError(f"unsupported hash type {name}")

    monkeypatch.setattr(hashlib, "new", refuse)
    copy = load_a_copy()
    assert copy.ripemd160(b"abc").hex() == "8eb208f7e05d987a9b044a8e98c6b087f15a0bfc"


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (0, "00"),
        (252, "fc"),
        (253, "fdfd00"),
        (65535, "fdffff"),
        (65536, "fe00000100"),
        (2**32, "ff0000000001000000"),
    ],
)
def test_compact_size(number: int, expected: str) -> None:
    assert hashes.compact_size(number).hex() == expected


def test_a_long_message_has_a_three_byte_length() -> None:
    data = hashes.message_bytes("H\n", "x" * 300)
    assert data.startswith(b"\x02H\n\xfd\x2c\x01x")
    assert len(data) == 3 + 3 + 300


def test_text_without_utf8_form() -> None:
    with pytest.raises(UnicodeEncodeError):
        hashes.message_bytes("H", "\ud800")
