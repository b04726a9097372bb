"""0x addresses, their checksum, and the other spellings of the same 20 bytes."""

from __future__ import annotations

import importlib.util
import sys

import pytest
from eth_utils import to_checksum_address
from hypothesis import given
from hypothesis import strategies as st

from scanner.errors import AddressFormatError
from scanner.model.addresses import keccak
from scanner.model.addresses.evm import Bech32EvmCodec, EvmCodec, checksum_text
from scanner.model.addresses.filecoin import FilecoinCodec
from scanner.model.addresses.keccak import keccak256
from scanner.model.addresses.table import decode_address
from scanner.settings.tables import load_registry

NETWORKS = load_registry().networks
ETHEREUM = NETWORKS["ethereum"]
ACCOUNTS = st.binary(min_size=20, max_size=20)


@given(ACCOUNTS)
def test_eip55_agrees_with_another_library(payload: bytes) -> None:
    assert checksum_text(payload) == to_checksum_address(payload)


@given(ACCOUNTS)
def test_all_spellings_are_one_holder(payload: bytes) -> None:
    text = checksum_text(payload)
    spellings = [text, text.lower(), "0x" + text[2:].upper(), "0X" + text[2:].upper()]
    assert {EvmCodec("e", "").decode(s) for s in spellings} == {EvmCodec("e", "").decode(text)}


@given(ACCOUNTS, st.integers(0, 39))
def test_a_wrong_capital_is_refused(payload: bytes, at: int) -> None:
    text = checksum_text(payload)
    wrong = text[: at + 2] + text[at + 2].swapcase() + text[at + 3 :]
    if wrong == text or wrong[2:] in (wrong[2:].lower(), wrong[2:].upper()):
        return
    with pytest.raises(AddressFormatError, match="EIP-55"):
        EvmCodec("e", "").decode(wrong)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0x",
        "0xab",
        "dac17f958d2ee523a2206206994597c13d831ec7",
        "0xdac17f958d2ee523a2206206994597c13d831ec",
        "0xdac17f958d2ee523a2206206994597c13d831ec70",
        "0xdac17f958d2ee523a2206206994597c13d831eg7",
        "0xdac17f958d2ee523a2206206994597c13d831ec７",  # a full-width 7
        "0xdac17f95 8d2ee523a2206206994597c13d831ec7",
    ],
)
def test_refused(text: str) -> None:
    with pytest.raises(AddressFormatError):
        decode_address(ETHEREUM, text)


@given(ACCOUNTS)
def test_okc_bech32_and_hex_are_one_holder(payload: bytes) -> None:
    okc = NETWORKS["okc"]
    text = Bech32EvmCodec("okc", "ex").encode(payload)
    assert text.startswith("ex1")
    assert decode_address(okc, text) == decode_address(okc, "0x" + payload.hex())


@given(ACCOUNTS)
def test_filecoin_f410_and_hex_are_one_holder(payload: bytes) -> None:
    filecoin = NETWORKS["filecoin"]
    text = FilecoinCodec("filecoin", "").encode(4, payload)
    assert text.startswith("f410f")
    assert decode_address(filecoin, text) == decode_address(filecoin, "0x" + payload.hex())


def test_filecoin_id_and_its_masked_hex_are_one_holder() -> None:
    filecoin = NETWORKS["filecoin"]
    masked = "0xff00000000000000000000000000000000000457"
    by_number, spelled = decode_address(filecoin, "f01111"), decode_address(filecoin, masked)
    assert by_number.key == spelled.key
    assert (spelled.format, spelled.payload) == (by_number.format, by_number.payload)
    assert decode_address(filecoin, masked.upper().replace("X", "x")).format == "filecoin_id"
    assert decode_address(filecoin, "0x" + "ff" * 20).format == "evm", "a key's own"
    assert decode_address(NETWORKS["ethereum"], masked).format == "evm"
    with pytest.raises(AddressFormatError, match="capitals"):
        decode_address(filecoin, "0xfF00000000000000000000000000000000000457")


EMPTY = "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"


def test_keccak_is_not_sha3() -> None:
    assert keccak256(b"").hex() == EMPTY


def test_keccak_without_the_fast_module(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sha3", None)
    spec = importlib.util.spec_from_file_location("keccak_copy", keccak.__file__)
    assert spec is not None
    assert spec.loader is not None
    copy = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(copy)
    assert copy.keccak256(b"").hex() == EMPTY
    assert copy.keccak256(b"x" * 500) == keccak256(b"x" * 500)
