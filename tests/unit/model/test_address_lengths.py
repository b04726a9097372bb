"""How long a text is that a codec takes a look at."""

from __future__ import annotations

import pytest

from scanner.errors import AddressFormatError
from scanner.model.addresses import base58
from scanner.model.addresses.base58check import Base58CheckCodec
from scanner.model.addresses.table import decode_address
from scanner.settings.tables import load_registry

REGISTRY = load_registry()


@pytest.mark.parametrize("version", [b"\x00", b"\xff", b"\x00\x00", b"\xff\xff"])
@pytest.mark.parametrize("filled", [0, 0xFF])
def test_no_base58check_address_is_longer_than_its_codec_looks_at(
    version: bytes, filled: int
) -> None:
    text = base58.encode_check(version + bytes((filled,)) * 20)
    assert len(text) <= Base58CheckCodec.longest


def test_a_long_text_is_refused_with_the_reason_of_every_codec() -> None:
    bitcoin = REGISTRY.networks["bitcoin"]
    for text in ("bc1q" + "q" * 60, base58.encode_check(b"\0" * 41), "1" * 200, "x" * 3000):
        with pytest.raises(AddressFormatError) as told:
            decode_address(bitcoin, text)
        assert "as base58check: " in told.value.reason
        assert "as segwit: " in told.value.reason
