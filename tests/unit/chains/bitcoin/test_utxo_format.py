from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.utxo_file import GENERATOR, any_group, any_script, write_coin, write_group

from scanner.chains.bitcoin.utxo_format import (
    MAX_SCRIPT,
    Header,
    MalformedError,
    RawCoin,
    TruncatedError,
    compress_amount,
    compress_script,
    decompress_amount,
    decompress_script,
    read_coin,
    read_compact,
    read_group,
    read_header,
    read_varint,
    write_header,
    write_varint,
)
from scanner.model.addresses.scripts import p2pkh, p2sh


@pytest.mark.parametrize(
    # From the comment that defines the encoding in Bitcoin Core's serialize.h.
    ("value", "written"),
    [
        (0, "00"),
        (1, "01"),
        (127, "7f"),
        (128, "8000"),
        (255, "807f"),
        (256, "8100"),
        (16383, "fe7f"),
        (16384, "ff00"),
        (16511, "ff7f"),
        (65535, "82fe7f"),
        (2**32, "8efefeff00"),
    ],
)
def test_varint(value: int, written: str) -> None:
    assert write_varint(value).hex() == written
    assert read_varint(bytes.fromhex(written) + b"x", 0, 2**40) == (value, len(written) // 2)


def test_varint_overflow_and_end() -> None:
    with pytest.raises(MalformedError, match="too large"):
        read_varint(b"\xff" * 30, 0, 2**64 - 1)
    with pytest.raises(MalformedError):
        read_varint(write_varint(2**32), 0, 2**32 - 1)
    with pytest.raises(TruncatedError):
        read_varint(b"\x80", 0, 2**32)
    with pytest.raises(TruncatedError):
        read_varint(b"", 0, 2**32)


@pytest.mark.parametrize(
    # Facts of Bitcoin Core's compress_tests: 1 satoshi, a cent, a coin, 50 coins, all coins.
    ("amount", "stored"),
    [(0, 0), (1, 1), (10**6, 7), (10**8, 9), (50 * 10**8, 50), (21 * 10**14, 21_000_000)],
)
def test_amounts(amount: int, stored: int) -> None:
    assert compress_amount(amount) == stored
    assert decompress_amount(stored) == amount


@given(st.integers(0, 2**63 - 1))
def test_amounts_there_and_back(amount: int) -> None:
    assert decompress_amount(compress_amount(amount)) == amount


@given(st.integers(0, 2**64))
def test_stored_amounts_there_and_back(stored: int) -> None:
    assert compress_amount(decompress_amount(stored)) == stored


def test_scripts_have_one_stored_form() -> None:
    key = b"\x02" + GENERATOR[:32]
    full = b"\x41\x04" + GENERATOR + b"\xac"
    assert compress_script(p2pkh(b"a" * 20)) == b"\0" + b"a" * 20
    assert compress_script(p2sh(b"a" * 20)) == b"\1" + b"a" * 20
    assert compress_script(b"\x21" + key + b"\xac") == key
    assert compress_script(full) == b"\x04" + GENERATOR[:32]  # the generator's y is even
    odd = GENERATOR[:32] + (2**256 - 2**32 - 977 - int.from_bytes(GENERATOR[32:], "big")).to_bytes(
        32, "big"
    )
    assert compress_script(b"\x41\x04" + odd + b"\xac") == b"\x05" + GENERATOR[:32]
    assert compress_script(b"") == b"\x06"
    off = b"\x41\x04" + bytes(64) + b"\xac"
    assert compress_script(off) == write_varint(67 + 6) + off


def test_scripts_there_and_back() -> None:
    r = random.Random(1)
    for script in (any_script(r) for _ in range(3000)):
        assert decompress_script(compress_script(script)) == script


def test_a_key_off_the_curve_cannot_be_stored() -> None:
    with pytest.raises(MalformedError, match="not on the curve"):
        decompress_script(b"\x04" + b"\xff" * 32)


def test_header_there_and_back_and_broken() -> None:
    header = Header(b"abcd", "12" * 32, 7)
    data = write_header(header)
    assert len(data) == 51
    assert read_header(data) == header
    with pytest.raises(TruncatedError):
        read_header(data[:-1])
    with pytest.raises(MalformedError, match="not a UTXO snapshot"):
        read_header(b"x" + data[1:])
    with pytest.raises(MalformedError, match="version 3"):
        read_header(data[:5] + b"\x03\x00" + data[7:])


@pytest.mark.parametrize("data", ["fdfc00", "feffff0000", "ffffffffff00000000"])
def test_compact_sizes_must_be_shortest(data: str) -> None:
    with pytest.raises(MalformedError, match="longer than it needs"):
        read_compact(bytes.fromhex(data), 0)


def test_groups_there_and_back() -> None:
    r = random.Random(2)
    for _ in range(300):
        group = any_group(r)
        data = write_group(group)
        assert read_group(data, 0) == (group.txid, group.coins, len(data))
        with pytest.raises(TruncatedError):
            read_group(data[: r.randrange(len(data))], 0)


def test_groups_that_no_node_writes() -> None:
    coin = RawCoin(3, 10, False, 5, b"\x06")
    txid = bytes(32)

    def group(*coins: bytes) -> bytes:
        return txid + bytes([len(coins)]) + b"".join(coins)

    one = write_coin(coin)
    for data, words in [
        (group(), "without coins"),
        (group(one, one), "out of order, or twice"),
        (group(b"\xff" + (2**32).to_bytes(8, "little") + one[1:]), "over 32 bits"),
        (group(b"\0\0" + write_varint(2**64 - 1) + b"\x06"), "amount"),
        (group(b"\0\0\0" + write_varint(MAX_SCRIPT + 7)), "too large"),
        (group(b"\0" + write_varint(2**32) + b"\0\x06"), "too large"),
    ]:
        with pytest.raises(MalformedError, match=words):
            read_group(data + bytes(20_000), 0)


def test_database_order_is_not_numeric_order() -> None:
    # Seen in real files: 16512 is written 80 80 00, which sorts after 255 (80 7f), before 256 (81 00).
    coins = [RawCoin(v, 1, False, 1, b"\x06") for v in (0, 255, 16512, 256)]
    data = bytes(32) + bytes([4]) + b"".join(map(write_coin, coins))
    assert [c.vout for c in read_group(data, 0)[1]] == [0, 255, 16512, 256]
    assert read_coin(write_coin(coins[2]), 0)[0] == coins[2]
